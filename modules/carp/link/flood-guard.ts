import type { Callout, Clock } from '../../../core/time/index.js';
import type { InetAddress } from '../../ifnet/index.js';

/** Refusals of one source within a window, beyond which it is muted. */
const MAX_REFUSALS = 1000;
const WINDOW_MS = 1000;
/** How long a source stays muted. */
const MUTE_MS = 30_000;
/** Sources can be forged without limit: count this many per window, and mute this many at a time. */
const MAX_SOURCES = 64;

/**
 * Mutes a source that floods us with bad advertisements, in the kernel's packet filter and for a while: each refusal
 * costs a digest. A source that ever sent a good one is never muted, since its address may have been forged to silence
 * it; and an honest peer with a wrong password sends far less than a flood.
 */
export class FloodGuard implements Disposable {
  readonly #refused = new Map<string, { source: InetAddress; count: number }>();
  readonly #muted = new Map<string, { source: InetAddress; until: number }>();
  readonly #unmute: Callout;
  #windowEnd = 0;
  #total = 0;

  /**
   * @param name the interface's name
   * @param trusted whether a good advertisement was heard from the source
   * @param changed called when the set of muted sources changes, with the source that was added, if any
   */
  constructor(
    private readonly clock: Clock,
    name: string,
    private readonly trusted: (source: InetAddress) => boolean,
    private readonly changed: (source: InetAddress | undefined) => void,
  ) {
    this.#unmute = clock.callout(`carp ${name} unmute`, () => this.#expire());
  }

  /** The sources to drop now. */
  get muted(): InetAddress[] {
    return [...this.#muted.values()].map(({ source }) => source);
  }

  /** An advertisement from `source` was refused. */
  refused(source: InetAddress): void {
    const now = this.clock.now();
    if (now >= this.#windowEnd) {
      this.#windowEnd = now + WINDOW_MS;
      this.#total = 0;
      this.#refused.clear();
    }
    // Sources are told apart only in a flood.
    if (++this.#total < MAX_REFUSALS / 4) return;
    const key = source.toString();
    const known = this.#refused.get(key);
    if (known === undefined) {
      if (this.#refused.size < MAX_SOURCES) this.#refused.set(key, { source, count: 1 });
    } else if (++known.count === MAX_REFUSALS) this.#mute(key, source, now);
  }

  [Symbol.dispose](): void {
    this.#unmute.stop();
  }

  #mute(key: string, source: InetAddress, now: number): void {
    if (this.#muted.has(key) || this.#muted.size >= MAX_SOURCES || this.trusted(source)) return;
    this.#muted.set(key, { source, until: now + MUTE_MS });
    if (!this.#unmute.pending) this.#unmute.reset(MUTE_MS);
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
