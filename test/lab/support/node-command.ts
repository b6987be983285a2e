import { readFileSync } from 'node:fs';

/** The arguments with which this Node runs a program as its first line asks for: what users run who type its name. */
export function nodeCommand(file: string): string[] {
  return [process.execPath, ...nodeOptions(file), file];
}

/** Those of `#!/usr/bin/env -S node --option …`; none if the file does not begin so. */
export function nodeOptions(file: string): string[] {
  const first = readFileSync(file, 'utf8').split('\n', 1)[0]!;
  return first.startsWith('#!/usr/bin/env -S node ') ? first.split(' ').slice(3) : [];
}
