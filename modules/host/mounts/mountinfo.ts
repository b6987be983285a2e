/** /proc/PID/mountinfo: proc(5). */
/** A mounted file system. */
export interface MountPoint {
  /** What is mounted: a device, or the source that the file system names. */
  readonly from: string;
  readonly on: string;
  readonly fstype: string;
}

/** One line of mountinfo. */
export interface Mount extends MountPoint {
  /** The kernel's number of it, which it uses again when the mount is gone. */
  readonly id: number;
  /** Its device, type and source, which stay the same as long as it lives. */
  readonly identity: string;
  /** What of the file system is mounted. When that is renamed or removed, the kernel shows another path here. */
  readonly root: string;
}

/**
 * Whether a mount is the one that had its number before. It may have been moved, or its root renamed or removed; where
 * both differ, the number is used again.
 */
export function isSameMount(mount: Mount, before: Mount): boolean {
  return mount.identity === before.identity && (mount.on === before.on || mount.root === before.root);
}

/** Parses the file; lines of another form are left out. */
export function parseMountinfo(text: string): Mount[] {
  return text.split('\n').flatMap((line) => {
    const fields = line.split(' ');
    const separator = fields.indexOf('-', 6);
    const [id, , device, root, on] = fields;
    const [fstype, from] = fields.slice(separator + 1);
    if (separator < 0 || from === undefined) return [];
    const identity = [device, fstype, from].join(' ');
    const mount = { from: unescape(from), on: unescape(on!), fstype: unescape(fstype!) };
    return [{ ...mount, id: Number(id), identity, root: root! }];
  });
}

/** The kernel writes space, tab, line feed and backslash in octal. */
function unescape(field: string): string {
  return field.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}
