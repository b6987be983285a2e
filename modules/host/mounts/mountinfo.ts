/** /proc/PID/mountinfo: proc(5). */
import type { MountPoint } from '../../../core/index.js';

/** One line of mountinfo. */
export interface Mount extends MountPoint {
  /** The kernel's number of it, which it uses again when the mount is gone. */
  readonly id: number;
  /** `id`, and all that stays the same as long as the mount lives: its device, root, type and source. */
  readonly key: string;
}

/** Parses the file; lines of another form are left out. */
export function parseMountinfo(text: string): Mount[] {
  return text.split('\n').flatMap((line) => {
    const fields = line.split(' ');
    const separator = fields.indexOf('-', 6);
    const [id, , device, root, on] = fields;
    const [fstype, from] = fields.slice(separator + 1);
    if (separator < 0 || from === undefined) return [];
    const key = [id, device, root, fstype, from].join(' ');
    return [{ id: Number(id), key, from: unescape(from), on: unescape(on!), fstype: unescape(fstype!) }];
  });
}

/** The kernel writes space, tab, line feed and backslash in octal. */
function unescape(field: string): string {
  return field.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}
