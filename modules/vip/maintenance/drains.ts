import * as v from 'valibot';
import type { Json } from '../../../core/json.js';
import { forgetful, type StateStore } from '../../../core/store.js';
import type { DemotionLedger } from '../demotion/ledger.js';
import { DemotionEntry, type DemotionLine, DRAIN } from '../demotion/line.js';

/** What a drain weighs: every peer that can serve is preferred. */
const DRAINED = 240;
/** Between the names of several. */
const SEPARATOR = ', ';

const schema = v.array(
  v.object({ vhid: v.nullable(v.string()), reason: v.string(), at: v.pipe(v.number(), v.minValue(0)) }),
);

/** What is drained together: the host (null), or some virtual hosts by their names. */
type Together = readonly string[] | null;

/**
 * What is drained. The ledger has a line for what is drained together, `1@eth0, 2@eth0`, and no virtual host is entered in
 * two of them; what must survive a restart of the host is in the store too.
 */
export class Drains {
  readonly #ledger: DemotionLedger;
  readonly #store: StateStore;
  readonly #name: string;
  readonly #clock: { now(): number; wallTime(): number };

  /** @param name under which the store has it */
  constructor(
    ledger: DemotionLedger,
    store: StateStore,
    name: string,
    clock: { now(): number; wallTime(): number },
  ) {
    this.#ledger = ledger;
    this.#store = store;
    this.#name = name;
    this.#clock = clock;
  }

  /** As the store has it, unless a predecessor's ledger was taken over, which is newer. */
  restore(): void {
    if (this.#lines.length > 0) return;
    const stored = v.safeParse(schema, this.#store.read(this.#name) ?? []);
    if (!stored.success) return;
    const { now, wallTime } = { now: this.#clock.now(), wallTime: this.#clock.wallTime() };
    for (const { vhid, reason, at } of stored.output)
      this.#ledger.enter(
        entryOf(vhid?.split(SEPARATOR) ?? null, reason),
        Math.min(now, now - (wallTime - at)),
      );
  }

  /** Whether the whole host is. */
  get host(): boolean {
    return this.#sharing(null).length > 0;
  }

  /** Those that are drained together with this one, itself among them, although it may be gone; none if it is not drained. */
  with(name: string): string[] {
    return this.#sharing([name]).flatMap((line) => namesOf(line) ?? []);
  }

  get size(): number {
    return this.#lines.length;
  }

  /** Keeps it for a restart, before the ledger has it. @returns whether it is kept */
  announce(together: Together, reason: string): Promise<boolean> {
    const former = this.#sharing(together);
    const vhid = textOf(joined(together, former));
    return this.#save([{ vhid, reason, at: this.#clock.wallTime() }, ...this.#stored(former)]);
  }

  /** What shares a virtual host with these stays drained, in one line with them. */
  enter(together: Together, reason: string): void {
    const former = this.#sharing(together);
    for (const line of former) this.#ledger.withdraw(line);
    this.#ledger.enter(entryOf(joined(together, former), reason));
  }

  /** Of one vhid and what is drained with it, or all lines. @returns whether a restart finds them struck */
  strike(vhid: string | null): Promise<boolean> {
    for (const line of vhid === null ? this.#lines : this.#sharing([vhid]))
      this.#ledger.strike(line, 'undrained');
    // Without a store a restart finds nothing, and so does it after this.
    return this.#store === forgetful ? Promise.resolve(true) : this.#save(this.#stored());
  }

  /** The lines of the host, or those that name one of these. */
  #sharing(together: Together): DemotionLine[] {
    return this.#lines.filter((line) => {
      const names = namesOf(line);
      if (names === null || together === null) return names === together;
      return names.some((name) => together.includes(name));
    });
  }

  get #lines(): DemotionLine[] {
    return this.#ledger
      .records()
      .map(({ line }) => line)
      .filter(({ by }) => by === DRAIN);
  }

  #stored(without: readonly DemotionLine[] = []): Json[] {
    const now = this.#clock.now();
    const wallTime = this.#clock.wallTime();
    return this.#ledger
      .records()
      .filter(({ line }) => line.by === DRAIN && !without.includes(line))
      .map(({ line, since }) => ({
        vhid: textOf(namesOf(line)),
        reason: line.reason,
        at: wallTime - (now - since),
      }));
  }

  #save(drains: Json[]): Promise<boolean> {
    return this.#store.write(this.#name, drains);
  }
}

function entryOf(vhids: Together, reason: string): DemotionEntry {
  return new DemotionEntry(DRAIN, reason, DRAINED, vhids === null ? {} : { vhids });
}

function namesOf(line: DemotionLine): string[] | null {
  return line.global ? null : line.on.split(SEPARATOR);
}

function textOf(together: Together): string | null {
  return together?.join(SEPARATOR) ?? null;
}

function joined(together: Together, lines: readonly DemotionLine[]): Together {
  return together && [...new Set([...together, ...lines.flatMap((line) => namesOf(line) ?? [])])];
}
