import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

/** proc(5): the mount point is the fifth word of a line. */
const MOUNT_POINT = 4;

/**
 * Where the file system of a path is mounted, as far as its words say, since to ask the disk may hang; without /proc, the path.
 *
 * @param table /proc/self/mountinfo
 */
export function mountOf(path: string, table = mountTable()): string {
  const whole = resolve(path);
  let longest = '';
  for (const line of table.split('\n')) {
    const mount = unescaped(line.split(' ', MOUNT_POINT + 1)[MOUNT_POINT] ?? '');
    const within = mount === '/' || whole === mount || whole.startsWith(`${mount}/`);
    if (within && mount.length > longest.length) longest = mount;
  }
  return longest === '' ? whole : longest;
}

/** Blanks are octal numbers there. */
function unescaped(word: string): string {
  return word.replace(/\\([0-7]{3})/g, (_all, octal: string) =>
    String.fromCharCode(Number.parseInt(octal, 8)),
  );
}

function mountTable(): string {
  try {
    return readFileSync('/proc/self/mountinfo', 'utf8');
  } catch {
    return '';
  }
}
