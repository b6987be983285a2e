/** Strings and what gives them their places; in valid JSON nothing else matters here. */
const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],:]/g;

/** A key that an object has twice. */
export interface DuplicateKey {
  readonly key: string;
  /** Of its second place, from 1 on. */
  readonly line: number;
}

/**
 * The first key that an object of a JSON text has twice. JSON.parse keeps the last value and drops the others in
 * silence.
 *
 * @param text valid JSON
 */
export function duplicateKey(text: string): DuplicateKey | undefined {
  const objects: (Set<string> | undefined)[] = []; // undefined: an array
  let last = '';
  let position = 0;
  for (const { 0: token, index } of text.matchAll(TOKEN)) {
    if (token === '{') objects.push(new Set());
    else if (token === '[') objects.push(undefined);
    else if (token === '}' || token === ']') objects.pop();
    else if (token === ':') {
      const key = JSON.parse(last) as string;
      const keys = objects.at(-1)!;
      if (keys.has(key)) return { key, line: text.slice(0, position).split('\n').length };
      keys.add(key);
    } else if (token !== ',') [last, position] = [token, index];
  }
  return undefined;
}
