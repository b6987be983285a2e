import * as v from 'valibot';
import type { Json } from '../../../core/json.js';
import type { StateStore } from '../../../core/store.js';
import type { DemotionLedger } from '../demotion/ledger.js';
import { DemotionEntry, type DemotionLine, DRAIN } from '../demotion/line.js';

/** What a drain weighs: every peer that can serve is preferred. */
const DRAINED = 240;
/** Between the names of several. */
const SEPARATOR = ', ';

const schema = v.array(
  v.object({ vhid: v.nullable(v.string()), reason: v.string(), at: v.pipe(v.number(), v.minValue(0)) }),
);

/**
 * What is drained: the host (null), or some virtual hosts by the text of their names, `1@eth0, 2@eth0`. The ledger has it;
 * what must survive a restart of the host is in the store too.
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
      this.#ledger.enter(entryOf(vhid, reason), Math.min(now, now - (wallTime - at)));
  }

  /** Whether these are drained by a line of their own. */
  has(vhids: string | null): boolean {
    return this.#lines.some((line) => vhidOf(line) === vhids);
  }

  /** What is drained by the line that names this vhid among others, if there is one. */
  with(name: string): string | undefined {
    const lines = this.#lines.filter(({ global }) => !global);
    return lines.map(({ on }) => on).find((on) => on.split(SEPARATOR).includes(name));
  }

  get size(): number {
    return this.#lines.length;
  }

  /** Keeps it for a restart, before the ledger has it. @returns whether it is kept */
  announce(vhid: string | null, reason: string): Promise<boolean> {
    return this.#save([{ vhid, reason, at: this.#clock.wallTime() }, ...this.#stored(vhid)]);
  }

  enter(vhid: string | null, reason: string): void {
    const former = this.#lines.find((line) => vhidOf(line) === vhid);
    if (former !== undefined) this.#ledger.withdraw(former);
    this.#ledger.enter(entryOf(vhid, reason));
  }

  /** Of one vhid, or all lines. @returns whether a restart finds them struck */
  strike(vhid: string | null): Promise<boolean> {
    for (const line of this.#lines)
      if (vhid === null || vhidOf(line) === vhid) this.#ledger.strike(line, 'undrained');
    return this.#save(vhid === null ? [] : this.#stored(vhid));
  }

  get #lines(): DemotionLine[] {
    return this.#ledger
      .records()
      .map(({ line }) => line)
      .filter(({ by }) => by === DRAIN);
  }

  #stored(without: string | null): Json[] {
    const now = this.#clock.now();
    const wallTime = this.#clock.wallTime();
    return this.#ledger
      .records()
      .filter(({ line }) => line.by === DRAIN && vhidOf(line) !== without)
      .map(({ line, since }) => ({ vhid: vhidOf(line), reason: line.reason, at: wallTime - (now - since) }));
  }

  #save(drains: Json[]): Promise<boolean> {
    return this.#store.write(this.#name, drains);
  }
}

function entryOf(vhid: string | null, reason: string): DemotionEntry {
  return new DemotionEntry(DRAIN, reason, DRAINED, vhid === null ? {} : { vhids: vhid.split(SEPARATOR) });
}

function vhidOf(line: DemotionLine): string | null {
  return line.global ? null : line.on;
}
