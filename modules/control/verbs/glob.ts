/** Whether a name fits one of the patterns, in which `*` stands for any characters; without patterns every name does. */
export function globs(patterns: readonly string[] | undefined): (name: string) => boolean {
  if (patterns === undefined || patterns.length === 0) return () => true;
  const parts = patterns.map((pattern) => pattern.split('*'));
  return (name) => parts.some((each) => fits(name, each));
}

/** In one pass, without backtracking: the texts between the stars follow each other in the name. */
function fits(name: string, parts: readonly string[]): boolean {
  const [first = '', ...rest] = parts;
  const last = rest.pop();
  if (last === undefined) return name === first;
  if (!name.startsWith(first) || !name.endsWith(last) || name.length < first.length + last.length)
    return false;
  let at = first.length;
  const end = name.length - last.length;
  for (const part of rest) {
    const found = name.indexOf(part, at);
    if (found < 0 || found + part.length > end) return false;
    at = found + part.length;
  }
  return true;
}
