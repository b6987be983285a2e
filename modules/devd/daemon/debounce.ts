/**
 * Debounce: of a source that flaps, only the state in which it comes to rest is acted on. Off by default
 * (devd.debounce is 0): it delays every action of such a source.
 *
 * Held back are records whose types are each other's opposites (LINK_UP and LINK_DOWN, MASTER and BACKUP), per
 * source. Clients get every record at once; this is about rules only.
 */
import type { Callout, Clock } from '../../../core/index.js';

/** What is held for a source: the latest record, and how many came before it. */
interface Held<T> {
  readonly callout: Callout;
  latest: T;
  suppressed: number;
}

/** Types that undo each other, under a name for all of them. */
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

export class Debouncer<T> implements Disposable {
  readonly #held = new Map<string, Held<T>>();
  readonly #clock: Clock;
  readonly #act: (latest: T, suppressed: number) => void;

  /** @param act gets what came to rest, and how many records of the source it stands for besides */
  constructor(clock: Clock, act: (latest: T, suppressed: number) => void) {
    this.#clock = clock;
    this.#act = act;
  }

  /** Holds the record for `ms` after the source's last one, or acts at once: for 0 ms, or a source that cannot flap. */
  push(variables: ReadonlyMap<string, string>, record: T, ms: number): void {
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

  /** Acts now on everything that is held, as before a reload or the end. */
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
  const details = ['system', 'subsystem', 'address', 'cdev', 'ugen', 'interface', 'vhid'].map(
    (name) => variables.get(name) ?? '',
  );
  return JSON.stringify([topic, ...details]);
}
