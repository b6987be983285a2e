/** How many edits apart two names may be to be taken for a slip of the other: a third of the shorter one. */
const allowed = (a: string, b: string): number => Math.max(1, Math.floor(Math.min(a.length, b.length) / 3));

/** The name that `written` was probably meant to be, upper and lower case aside. */
export function nearest(written: string, names: Iterable<string>): string | undefined {
  let best: string | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const name of names) {
    const edits = distance(written.toLowerCase(), name.toLowerCase());
    if (edits < least && edits <= allowed(written, name)) [best, least] = [name, edits];
  }
  return best;
}

/** `; did you mean advskew?`, or nothing. */
export function suggestion(written: string, names: Iterable<string>): string {
  const name = nearest(written, names);
  return name === undefined ? '' : `; did you mean ${name}?`;
}

/** Optimal string alignment: insertions, deletions, replacements, and two neighbours swapped. */
function distance(a: string, b: string): number {
  const swapped = (i: number, j: number): boolean =>
    i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
  let before: number[] = [];
  let above = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = above[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      row[j] = Math.min(
        replaced,
        above[j]! + 1,
        row[j - 1]! + 1,
        swapped(i, j) ? before[j - 2]! + 1 : replaced,
      );
    }
    before = above;
    above = row;
  }
  return above[b.length]!;
}
