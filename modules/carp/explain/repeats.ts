import { advertInterval } from '../election/interval.js';
import { CounterStreams } from '../link/replay/streams.js';
import { highWord, lowWord } from '../wire/counter.js';
import type { Fault, SeenPacket, SeenWords } from './explanation.js';

/** What comes again within this time was not replayed by somebody. */
const ECHO_MS = 1000;

interface Remembered {
  readonly words: SeenWords;
  readonly source: string;
  readonly passed: string;
  /** When it came last. */
  time: number;
}

/** Finds advertisements of one vhid in one family that came before, whole or altered. */
export class Repeats {
  readonly #limit: () => number;
  readonly #seen = new Map<bigint, Remembered>();
  readonly #streams = new CounterStreams(() => undefined);
  /** The only counter of each sender that has sent no other, as OpenBSD does; undefined: it has sent several. */
  readonly #only = new Map<string, bigint | undefined>();

  /** @param limit advertisements, and senders, that are remembered; asked for each, it may fall meanwhile */
  constructor(limit: () => number) {
    this.#limit = limit;
  }

  /** Judges an advertisement with a right digest, or one whose digest cannot be checked. @returns undefined if it is new */
  judge(words: SeenWords, packet: SeenPacket): Fault | 'elsewhere' | undefined {
    const source = packet.source.toString();
    const before = this.#seen.get(words.counter);
    if (before !== undefined) return this.#again(before, words, packet);
    const old = this.#streams.judge(highWord(words.counter), lowWord(words.counter)) === 'old';
    this.#remember(words, source, packet);
    if (old) return { kind: 'replayed', text: `${source} has sent later ones: this one is from before them` };
    this.#streams.accept();
    return undefined;
  }

  /** Whether a peer that counts sent it: then what looks like a seal in it does so by chance. Before `judge`. */
  continues(counter: bigint): boolean {
    return this.#streams.continues(counter);
  }

  #again(before: Remembered, words: SeenWords, packet: SeenPacket): Fault | 'elsewhere' | undefined {
    const { time, source } = before;
    const gap = packet.time - time;
    const changed = (['advskew', 'advbase', 'demote'] as const).filter(
      (name) => before.words[name] !== words[name],
    );
    if (changed.length > 0) {
      const was = changed.map((name) => `${name} ${before.words[name]}`).join(', ');
      return { kind: 'altered', text: `it is a copy of one ${ago(gap)} earlier, which said ${was}` };
    }
    if (source !== packet.source.toString())
      return {
        kind: 'replayed',
        text: `${source} sent it ${ago(gap)} earlier; this copy claims another sender`,
      };
    if (before.passed !== packet.passed && gap < ECHO_MS) return 'elsewhere';
    const interval = advertInterval(words.advbase, words.advskew);
    before.time = packet.time;
    if (this.#only.get(source) === words.counter && gap > interval / 2) return undefined;
    if (gap < Math.min(ECHO_MS, interval / 2))
      return {
        kind: 'looped',
        text: `the same packet came ${ago(gap)} earlier: the network hands frames back, or it was captured twice`,
      };
    return { kind: 'replayed', text: `it came before, ${ago(gap)} earlier` };
  }

  #remember(words: SeenWords, source: string, { passed, time }: SeenPacket): void {
    const limit = this.#limit();
    shrink(this.#seen, limit);
    this.#seen.set(words.counter, { words, source, passed, time });
    shrink(this.#only, limit);
    this.#only.set(source, this.#only.has(source) ? undefined : words.counter);
  }
}

/** Makes room for one more. Maps iterate in the order of insertion: the first is the oldest. */
function shrink<K>(map: Map<K, unknown>, limit: number): void {
  for (const oldest of map.keys()) {
    if (map.size < limit) return;
    map.delete(oldest);
  }
}

function ago(ms: number): string {
  if (Math.abs(ms) < 1000) return `${ms.toFixed(1)} ms`;
  return ms < 600_000 ? `${(ms / 1000).toFixed(1)} s` : `${(ms / 3_600_000).toFixed(1)} h`;
}
