/** The kernel's own sysctls, as files below /proc/sys/net. */
import { readFileSync, writeFileSync } from 'node:fs';
import type { Netns } from '../../libc/index.js';
import { IfnetError } from '../index.js';

const ROOT = '/proc/sys/net';

export class SysctlFiles {
  constructor(private readonly netns: Netns) {}

  /** `path` below /proc/sys/net, such as ipv4/conf/eth0/arp_notify; undefined where there is no such file. */
  read(path: string): number | undefined {
    try {
      return Number(this.netns.run(() => readFileSync(`${ROOT}/${path}`, 'utf8')));
    } catch {
      return undefined;
    }
  }

  /** Throws IfnetError. */
  write(ifname: string, path: string, value: number): void {
    try {
      this.netns.run(() => writeFileSync(`${ROOT}/${path}`, String(value)));
    } catch (cause) {
      const code = (cause as NodeJS.ErrnoException).code ?? 'EIO';
      throw new IfnetError(code, ifname, `cannot set sysctl net/${path} to ${value}: ${code}`, { cause });
    }
  }
}
