import { readFileSync } from 'node:fs';

const FILES = ['/usr/share/iproute2/group', '/etc/iproute2/group'];
const NONE: ReadonlySet<string> = new Set();

/**
 * Names of interface groups. Linux gives each interface one group, by number, and iproute2 names the numbers. FreeBSD puts
 * a cloned interface into the group of its cloner. Here both count: a VLAN of group 7 "guests" is in `vlan` and `guests`.
 */
export class GroupNames {
  readonly #names = new Map<number, string>();
  readonly #sets = new Map<string, ReadonlySet<string>>();

  constructor(files: readonly string[] = FILES) {
    for (const file of files) this.#read(file);
  }

  /** The groups of an interface. Linux's group 0, `default`, is none. */
  of(groupId: number, kind: string | undefined): ReadonlySet<string> {
    if (groupId === 0 && kind === undefined) return NONE;
    const key = `${groupId} ${kind ?? ''}`;
    let set = this.#sets.get(key);
    if (set === undefined) {
      const name = groupId === 0 ? [] : [this.#names.get(groupId) ?? String(groupId)];
      set = new Set([...(kind === undefined ? [] : [kind]), ...name]);
      this.#sets.set(key, set);
    }
    return set;
  }

  #read(file: string): void {
    for (const line of lines(file)) {
      const [, number, name] = /^\s*(0x[0-9a-f]+|\d+)\s+(\S+)/i.exec(line) ?? [];
      if (number !== undefined && name !== undefined) this.#names.set(Number(number), name);
    }
  }
}

function lines(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').split('\n');
  } catch {
    return [];
  }
}
