import { readFileSync, writeFileSync } from 'node:fs';
import type { Netns } from '../../libc/index.js';
import { IfnetError } from '../index.js';

const ROOT = '/proc/sys/net';

/** The kernel's sysctls below /proc/sys/net, in one network namespace. */
export class SysctlFiles {
  constructor(private readonly netns: Netns) {}

  /** Reads a sysctl, such as `ipv4/conf/eth0/arp_notify`; undefined if the kernel lacks it. */
  read(path: string): number | undefined {
    try {
      return Number(this.netns.run(() => readFileSync(`${ROOT}/${path}`, 'utf8')));
    } catch {
      return undefined;
    }
  }

  /** @throws IfnetError EACCES, EINVAL … */
  write(ifname: string, path: string, value: number): void {
    try {
      this.netns.run(() => writeFileSync(`${ROOT}/${path}`, String(value)));
    } catch (cause) {
      const code = (cause as NodeJS.ErrnoException).code ?? 'EIO';
      throw new IfnetError(code, ifname, `cannot set sysctl net/${path} to ${value}: ${code}`, { cause });
    }
  }
}
