import { readFileSync } from 'node:fs';

/** A group's number by its name, from /etc/group; undefined where there is no such group. */
export function groupId(name: string, file = '/etc/group'): number | undefined {
  if (/^\d+$/.test(name)) return Number(name);
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
  const line = text.split('\n').find((each) => each.startsWith(`${name}:`));
  const id = Number(line?.split(':')[2]);
  return line === undefined || Number.isNaN(id) ? undefined : id;
}
