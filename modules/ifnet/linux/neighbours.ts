import { type LleEvent, sameBytes } from '../index.js';
import * as nl from './netlink/constants.js';
import type { NeighbourReport } from './netlink/neighbour.js';

const VALID = nl.NUD_REACHABLE | nl.NUD_STALE | nl.NUD_DELAY | nl.NUD_PROBE | nl.NUD_PERMANENT | nl.NUD_NOARP;

/**
 * The ARP and neighbour-discovery caches as last reported. The kernel reports an entry at every change of its state; this
 * tells which event of lle_event a report means, if any.
 */
export class Neighbours {
  readonly #known = new Map<string, NeighbourReport>();

  /** Stores a report. Returns the event it means; undefined if none. */
  update(report: NeighbourReport): LleEvent | undefined {
    if (report.address.isMulticast || (report.state & nl.NUD_NOARP) !== 0) return undefined;
    const key = keyOf(report);
    const old = this.#known.get(key);
    this.#known.set(key, report);
    return meaning(old, report);
  }

  /** Removes an entry. Returns false if it was not known. */
  remove(report: NeighbourReport): boolean {
    return this.#known.delete(keyOf(report));
  }

  /** The known entries that are missing from a complete dump. */
  missingFrom(dump: readonly NeighbourReport[]): NeighbourReport[] {
    const present = new Set(dump.map(keyOf));
    return [...this.#known].filter(([key]) => !present.has(key)).map(([, report]) => report);
  }

  /** Removes the entries of an interface that departed. */
  forget(index: number): void {
    for (const [key, report] of this.#known) if (report.index === index) this.#known.delete(key);
  }
}

function meaning(old: NeighbourReport | undefined, report: NeighbourReport): LleEvent | undefined {
  if (report.state & nl.NUD_FAILED) return old && old.state & nl.NUD_FAILED ? undefined : 'TIMEDOUT';
  if ((report.state & VALID) === 0) return undefined;
  if (old === undefined || (old.state & VALID) === 0 || !sameLladdr(old, report)) return 'RESOLVED';
  const expired = (report.state & nl.NUD_STALE) !== 0 && (old.state & nl.NUD_STALE) === 0;
  return expired ? 'EXPIRED' : undefined;
}

function sameLladdr(a: NeighbourReport, b: NeighbourReport): boolean {
  if (a.lladdr === undefined || b.lladdr === undefined) return a.lladdr === b.lladdr;
  return sameBytes(a.lladdr, b.lladdr);
}

function keyOf({ index, address }: NeighbourReport): string {
  return `${index} ${address.toString()}`;
}
