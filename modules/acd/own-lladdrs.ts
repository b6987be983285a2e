import { type IfnetModule, lladdrKey, sameBytes } from '../ifnet/index.js';
import type { Vip } from '../vip/index.js';

/**
 * The link-layer addresses of this host: those of all interfaces, since frames of a port of a bridge or a bond may come
 * back by another, and the virtual one of a vhid, which its peers have too.
 */
export class OwnLladdrs {
  readonly #interfaces: IfnetModule;
  #keys: Set<number> | undefined;

  constructor(interfaces: IfnetModule) {
    this.#interfaces = interfaces;
  }

  /** An interface came, went, or has another address. */
  changed(): void {
    this.#keys = undefined;
  }

  /** Whether a claim of this address to an address of the vhid puts nothing wrong. */
  has(lladdr: Uint8Array, { servedLladdr: served }: Vip): boolean {
    if (served !== undefined && sameBytes(lladdr, served)) return true;
    this.#keys ??= this.#read();
    return this.#keys.has(lladdrKey(lladdr));
  }

  #read(): Set<number> {
    const ethernet = this.#interfaces.list().filter(({ lladdr }) => lladdr.length === 6);
    return new Set(ethernet.map(({ lladdr }) => lladdrKey(lladdr)));
  }
}
