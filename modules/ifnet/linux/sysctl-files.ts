/**
 * The kernel's own sysctls, as files below /proc/sys/net: read, set, and put back as they were.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { IfnetError, type IfnetSetting } from '../index.js';
import type { Netns } from './netns.js';

const ROOT = '/proc/sys/net';

export class SysctlFiles implements Disposable {
  /** What stood there before the first change, and how many changes are in force. */
  readonly #saved = new Map<string, { value: string; users: number }>();

  constructor(private readonly netns: Netns) {}

  /** `path` below /proc/sys/net, such as ipv4/conf/eth0/arp_notify; undefined where there is no such file. */
  read(path: string): string | undefined {
    try {
      return this.netns.run(() => readFileSync(`${ROOT}/${path}`, 'utf8')).trim();
    } catch {
      return undefined;
    }
  }

  /**
   * Sets it; disposing of the result puts back `before`, by default what stood there, when the last who set it is
   * done. Where somebody else changed it meanwhile, their value stays.
   */
  set(ifname: string, path: string, value: string, before?: string): IfnetSetting {
    const now = this.read(path);
    if (now === undefined) throw new IfnetError('ENOENT', ifname, `this kernel has no sysctl net/${path}`);
    this.#write(ifname, path, value);
    const saved = this.#saved.get(path);
    if (saved) saved.users++;
    else this.#saved.set(path, { value: before ?? now, users: 1 });
    let done = false;
    const end = (restore: boolean): void => {
      if (!done) this.#end(path, value, restore);
      done = true;
    };
    return { keep: () => end(false), [Symbol.dispose]: () => end(true) };
  }

  /** Puts everything back. */
  [Symbol.dispose](): void {
    for (const [path, saved] of this.#saved) this.#tryWrite(path, saved.value);
    this.#saved.clear();
  }

  #end(path: string, value: string, restore: boolean): void {
    const saved = this.#saved.get(path);
    if (saved === undefined || --saved.users > 0) return;
    this.#saved.delete(path);
    if (restore && this.read(path) === value) this.#tryWrite(path, saved.value);
  }

  #write(ifname: string, path: string, value: string): void {
    try {
      this.netns.run(() => writeFileSync(`${ROOT}/${path}`, value));
    } catch (cause) {
      const code = (cause as NodeJS.ErrnoException).code ?? 'EIO';
      throw new IfnetError(code, ifname, `cannot set sysctl net/${path} to ${value}: ${code}`, { cause });
    }
  }

  /** The interface, and its sysctls with it, may be gone by now. */
  #tryWrite(path: string, value: string): void {
    try {
      this.#write('', path, value);
    } catch {
      // nothing left to restore
    }
  }
}
