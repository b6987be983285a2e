/**
 * Debounces sources that flap: rules see only the state in which a source settles. Off by default (devd.debounce is 0),
 * since it delays every action for such a source.
 *
 * Records are held per source if their types undo each other (LINK_UP and LINK_DOWN, MASTER and BACKUP). Clients get
 * every record at once.
 *
 * @module
 */
import type { Callout, Clock } from '../../../core/index.js';

/** The latest record of a source, and the number of those it replaced. */
interface Held<T> {
  readonly callout: Callout;
  latest: T;
  suppressed: number;
}

/** Types that undo each other, under a common name. */
const TOPICS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    link: ['LINK_UP', 'LINK_DOWN'],
    presence: ['ATTACH', 'DETACH'],
    address: ['ADDR_ADD', 'ADDR_DEL'],
    node: ['CREATE', 'DESTROY'],
    carp: ['MASTER', 'BACKUP', 'INIT'],
    'carp-ifnet': ['CARP_MASTER', 'CARP_SLAVE', 'CARP_UNKNOWN'],
  }).flatMap(([topic, types]) => types.map((type) => [type, topic] as const)),
);

/** Variables that tell sources apart. */
const DETAILS = 'system subsystem address cdev ugen bus port parent interface vhid'.split(' ');

/** Holds records of flapping sources until they settle. */
export class Debouncer<T> implements Disposable {
  readonly #held = new Map<string, Held<T>>();
  readonly #clock: Clock;
  readonly #act: (latest: T, suppressed: number) => void;

  /** @param act called with the record in which a source settled, and the number of records that it replaced */
  constructor(clock: Clock, act: (latest: T, suppressed: number) => void) {
    this.#clock = clock;
    this.#act = act;
  }

  /**
   * Holds the record until its source was silent for `ms`; acts at once for a source that cannot flap. For 0 ms it acts at
   * once too, behind what is held from before: the older record of a source must not be the last one.
   */
  push(variables: ReadonlyMap<string, string>, record: T, ms: number): void {
    if (ms === 0) this.flush();
    const source = ms > 0 ? sourceOf(variables) : undefined;
    if (source === undefined) {
      this.#act(record, 0);
      return;
    }
    let held = this.#held.get(source);
    if (held === undefined) {
      const callout = this.#clock.callout(`devd debounce ${source}`, () => this.#release(source));
      held = { callout, latest: record, suppressed: -1 };
      this.#held.set(source, held);
    }
    held.latest = record;
    held.suppressed++;
    held.callout.reset(ms);
  }

  /** Acts on every held record now. */
  flush(): void {
    for (const source of this.#held.keys()) this.#release(source);
  }

  [Symbol.dispose](): void {
    for (const { callout } of this.#held.values()) callout.stop();
    this.#held.clear();
  }

  #release(source: string): void {
    const held = this.#held.get(source);
    if (held === undefined) return;
    held.callout.stop();
    this.#held.delete(source);
    this.#act(held.latest, held.suppressed);
  }
}

function sourceOf(variables: ReadonlyMap<string, string>): string | undefined {
  const topic = TOPICS.get(variables.get('type') ?? '');
  if (topic === undefined) return undefined;
  return JSON.stringify([topic, ...DETAILS.map((name) => variables.get(name) ?? '')]);
}
