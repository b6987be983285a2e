import { lladdrKey } from '../wire/index.js';
import type { LanPort } from './port.js';

/** Addresses that a switch holds, as a small one does. */
const TABLE_SIZE = 4096;
/** Where the source stands in a frame. */
const SOURCE = 6;

interface Learnt {
  port: LanPort;
  seen: number;
}

/**
 * The ports that can reach each other, as one learning switch (IEEE 802.1D section 7.8 and 7.9): a frame's source
 * is learnt where it came in, a known destination goes out there alone, everything else is flooded. Undivided, a
 * segment is one island; a partition makes several, each with a forwarding table of its own.
 */
export class Island {
  readonly ports = new Set<LanPort>();
  readonly #table = new Map<number, Learnt>();

  /** `ageingMs`: how long an address is remembered after it was last seen as a source. */
  constructor(private readonly ageingMs: number) {}

  learn(frame: Uint8Array, port: LanPort, now: number): void {
    if (isGroup(frame, SOURCE)) return;
    const key = lladdrKey(frame, SOURCE);
    const known = this.#table.get(key);
    if (known === undefined) {
      if (this.#table.size >= TABLE_SIZE) this.#forgetFirst();
      this.#table.set(key, { port, seen: now });
    } else {
      known.port = port;
      known.seen = now;
    }
  }

  /** The port behind which the address was seen, or `undefined` when it is unknown or too long ago. */
  lookup(lladdr: Uint8Array, now: number): LanPort | undefined {
    return this.#lookup(lladdrKey(lladdr), now);
  }

  #lookup(key: number, now: number): LanPort | undefined {
    const known = this.#table.get(key);
    if (known === undefined) return undefined;
    if (now - known.seen <= this.ageingMs) return known.port;
    this.#table.delete(key);
    return undefined;
  }

  /** The ports with a carrier that a frame from `from` leaves by, in the order in which they were connected. */
  egress(frame: Uint8Array, from: LanPort, now: number): LanPort[] {
    const known = isGroup(frame, 0) ? undefined : this.#lookup(lladdrKey(frame), now);
    if (known !== undefined) return known !== from && known.carrier ? [known] : [];
    const flooded: LanPort[] = [];
    for (const port of this.ports) if (port !== from && port.carrier) flooded.push(port);
    return flooded;
  }

  remove(port: LanPort): void {
    this.ports.delete(port);
    this.forget(port);
  }

  /** A switch flushes what it learnt behind a port that lost its link. */
  forget(port: LanPort): void {
    for (const [key, learnt] of this.#table) if (learnt.port === port) this.#table.delete(key);
  }

  /** The table is full of what a flood invents: an address that is alive is learnt again with its next frame. */
  #forgetFirst(): void {
    const [first] = this.#table.keys();
    this.#table.delete(first!);
  }
}

/** Whether the link-layer address at this offset is a group's, as `isGroupLladdr` has it. */
function isGroup(frame: Uint8Array, offset: number): boolean {
  return (frame[offset]! & 1) === 1;
}
