/**
 * Who sends bad advertisements by the hundred is muted in the kernel's packet filter for a while: refusing each costs a
 * digest. A source that was ever heard with a good one is never muted, since its address may be forged to have it
 * silenced; and an honest peer with a wrong password sends far less than what counts as a flood.
 */
import type { Callout, Clock } from '../../../core/time/index.js';
import type { InetAddress } from '../../ifnet/index.js';

/** Refusals per second of one interface from which on sources are looked at, and per source. */
const FLOOD = 1000;
const WINDOW = 1000;
/** How long a source stays muted, in ms. */
const MUTED = 30_000;
/** Forged sources are as many as one likes: tell apart this many per second, and mute this many at a time. */
const MOST_SOURCES = 64;

export class FloodGuard implements Disposable {
  readonly #refused = new Map<string, { source: InetAddress; count: number }>();
  readonly #muted = new Map<string, { source: InetAddress; until: number }>();
  readonly #unmute: Callout;
  #windowEnd = 0;
  #total = 0;

  /** `trusted`: whether the source was heard with a good one; `changed`: whom to mute now is another. */
  constructor(
    private readonly clock: Clock,
    name: string,
    private readonly trusted: (source: InetAddress) => boolean,
    private readonly changed: (source: InetAddress | undefined) => void,
  ) {
    this.#unmute = clock.callout(`carp ${name} unmute`, () => this.#expire());
  }

  get muted(): InetAddress[] {
    return [...this.#muted.values()].map(({ source }) => source);
  }

  /** An advertisement from there was refused. */
  refused(source: InetAddress): void {
    const now = this.clock.now();
    if (now >= this.#windowEnd) {
      this.#windowEnd = now + WINDOW;
      this.#total = 0;
      this.#refused.clear();
    }
    // Only a flood is worth knowing sources by name.
    if (++this.#total < FLOOD / 4) return;
    const key = source.toString();
    const known = this.#refused.get(key);
    if (known === undefined) {
      if (this.#refused.size < MOST_SOURCES) this.#refused.set(key, { source, count: 1 });
    } else if (++known.count === FLOOD) this.#mute(key, source, now);
  }

  [Symbol.dispose](): void {
    this.#unmute.stop();
  }

  #mute(key: string, source: InetAddress, now: number): void {
    if (this.#muted.has(key) || this.#muted.size >= MOST_SOURCES || this.trusted(source)) return;
    this.#muted.set(key, { source, until: now + MUTED });
    if (!this.#unmute.pending) this.#unmute.reset(MUTED);
    this.changed(source);
  }

  #expire(): void {
    const now = this.clock.now();
    let next = Number.POSITIVE_INFINITY;
    for (const [key, { until }] of this.#muted) {
      if (until <= now) this.#muted.delete(key);
      else next = Math.min(next, until);
    }
    if (next !== Number.POSITIVE_INFINITY) this.#unmute.resetAt(next);
    this.changed(undefined);
  }
}
