/** A mapping from names that a user has chosen. */
type Named<T> = Readonly<Record<string, T>>;

/** The member of that name; undefined for what every object inherits, as `toString`. */
export function ownMember<T>(of: Named<T>, name: string): T | undefined {
  return Object.hasOwn(of, name) ? of[name] : undefined;
}

/** The names whose members differ, as JSON has them, or that one of the two lacks. */
export function changedMembers<T>(before: Named<T>, after: Named<T>): string[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  const textOf = (of: Named<T>, name: string): string | undefined => JSON.stringify(ownMember(of, name));
  return [...names].filter((name) => textOf(before, name) !== textOf(after, name));
}

/** For a module's `changes`, where its settings name parts that change one by one: `web: new`, `web: removed`, `web: changed`. */
export function describeChangedMembers<T>(before: Named<T>, after: Named<T>): string[] {
  return changedMembers(before, after).map((name) => {
    if (ownMember(after, name) === undefined) return `${name}: removed`;
    return `${name}: ${ownMember(before, name) === undefined ? 'new' : 'changed'}`;
  });
}
