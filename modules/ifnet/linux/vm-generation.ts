/**
 * The generation id of a virtual machine: the hypervisor changes it when the machine was restored, cloned or migrated
 * from a snapshot, and the kernel's vmgenid driver tells by a uevent (NETLINK_KOBJECT_UEVENT; reference: kernel
 * drivers/virt/vmgenid.c, since Linux 6.8). Other uevents are dropped in the kernel, as far as their first word tells.
 */

import {
  AF_NETLINK,
  isFromKernel,
  MessageRing,
  NETLINK_KOBJECT_UEVENT,
  netlinkAddress,
  Poller,
  SOCK_NONBLOCK,
  SOCK_RAW,
  SOCKADDR_NL,
  SystemError,
} from '../../libc/index.js';
import { encodeProgram } from './bpf.js';
import type { Host } from './host.js';
import { attachProgram } from './ip-options.js';

const FROM_KERNEL = 1; // multicast group; 2 is udevd's

/** ld [0]; jeq "chan"; ret all; ret none: passes `change@…` only. */
const ONLY_CHANGES = encodeProgram([
  { code: 0x20, jt: 0, jf: 0, k: 0 },
  { code: 0x15, jt: 0, jf: 1, k: 0x6368616e },
  { code: 0x06, jt: 0, jf: 0, k: 0x40000 },
  { code: 0x06, jt: 0, jf: 0, k: 0 },
]);

export class VmGeneration implements Disposable {
  readonly #fd: number;
  readonly #ring: MessageRing;
  readonly #poller: Poller;

  constructor(
    private readonly host: Host,
    private readonly changed: () => void,
  ) {
    const { libc, netns } = host;
    this.#ring = new MessageRing(libc, { count: 8, size: 4096, name: SOCKADDR_NL });
    this.#fd = netns.run(() => libc.socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK, NETLINK_KOBJECT_UEVENT));
    attachProgram(libc, this.#fd, ONLY_CHANGES);
    libc.bind(this.#fd, netlinkAddress(FROM_KERNEL));
    this.#poller = new Poller(libc, this.#fd, () => this.#read());
  }

  [Symbol.dispose](): void {
    this.#poller[Symbol.dispose]();
    this.host.libc.close(this.#fd);
  }

  #read(): void {
    const count = this.#receive();
    let changed = false;
    for (let slot = 0; slot < count; slot++) {
      const uevent = this.#ring.datagram(slot);
      if (uevent !== undefined && isFromKernel(this.#ring.sender(slot))) changed ||= isNewGeneration(uevent);
    }
    if (changed) this.changed();
  }

  /** An overrun may have lost the one that matters; an announcement too many does no harm, one too few does. */
  #receive(): number {
    try {
      return this.#ring.read(this.#fd);
    } catch (error) {
      if (!(error instanceof SystemError && error.code === 'ENOBUFS')) throw error;
      this.changed();
      return 0;
    }
  }
}

/** `change@DEVPATH`, then `KEY=VALUE`, each ended by a NUL. */
export function isNewGeneration(uevent: Buffer): boolean {
  const [head, ...variables] = uevent.toString('latin1').split('\0');
  return head!.startsWith('change@') && variables.includes('NEW_VMGENID=1');
}
