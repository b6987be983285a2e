import type { InetAddress } from '../index.js';

interface Entry {
  readonly vhid: number;
  /** The kernel has reported the address since it was added. */
  reported: boolean;
}

/**
 * The vhids for which this process has put addresses on one interface. A report that an address has gone may be about an
 * earlier one, which expired or was removed just before it was added anew: so it counts only after a report that it is
 * there.
 */
export class AddressVhids {
  readonly #entries = new Map<string, Entry>();

  /** An address is about to be added for a vhid. @returns undoes it */
  expect(address: InetAddress, vhid: number | undefined): () => void {
    const text = address.toString();
    const before = this.#entries.get(text);
    if (vhid !== undefined) this.#entries.set(text, { vhid, reported: false });
    return () => {
      if (before === undefined) this.#entries.delete(text);
      else this.#entries.set(text, before);
    };
  }

  /** An address that is there belongs to a vhid. */
  set(address: InetAddress, vhid: number): void {
    this.#entries.set(address.toString(), { vhid, reported: true });
  }

  /** The address was reported. @returns its vhid */
  reported(address: InetAddress): number | undefined {
    if (this.#entries.size === 0) return undefined;
    const entry = this.#entries.get(address.toString());
    if (entry !== undefined) entry.reported = true;
    return entry?.vhid;
  }

  /** The address was reported gone. @param remains whether it is still there, in whatever form */
  removed(address: InetAddress, remains: () => boolean): void {
    if (this.#entries.size === 0) return;
    const text = address.toString();
    if (this.#entries.get(text)?.reported === true && !remains()) this.#entries.delete(text);
  }
}
