import type { Ifnet, InetPrefix } from '../../ifnet/index.js';

/** The parent's own ARP settings, as they were before its first virtual interface was made. */
export interface ParentSettings {
  readonly arpIgnore: number;
  readonly arpAnnounce: number;
}

/** One virtual interface, as the others on its parent and the module's event handlers see it. */
export interface Virtual {
  /** The name of its vhid. */
  readonly name: string;
  /** The macvlan, while it exists. */
  readonly ifp: Ifnet | undefined;
  readonly parent: Ifnet;
  readonly lladdr: Uint8Array;
  readonly before: ParentSettings;
  /** Its interface was removed. */
  departed(): void;
  /** The flags of its interface changed. */
  administrative(ifp: Ifnet): void;
  /** An address was removed from its interface. */
  addressRemoved(ifp: Ifnet, prefix: InetPrefix): void;
}

/** The virtual interfaces of all vhids of a kernel. Most vhids have none. */
export class VirtualTable {
  readonly #entries = new Set<Virtual>();

  add(entry: Virtual): void {
    this.#entries.add(entry);
  }

  delete(entry: Virtual): void {
    this.#entries.delete(entry);
  }

  /** The entry whose interface is `ifp`. */
  find(ifp: Ifnet): Virtual | undefined {
    for (const entry of this.#entries) if (entry.ifp === ifp) return entry;
    return undefined;
  }

  /** The entries on one parent. */
  on(parent: Ifnet): Virtual[] {
    return [...this.#entries].filter((entry) => entry.parent === parent);
  }
}
