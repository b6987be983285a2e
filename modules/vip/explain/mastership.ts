import type { InetAddress } from '../../ifnet/index.js';

/** Masters of one virtual host that are told apart. */
const MAX_MASTERS = 64;
/** Changes that are kept, the latest, of one that has the capture for itself. */
const MAX_CHANGES = 1000;
/** Of each, however many there are. */
const MIN_CHANGES = 16;
/** Of all together. */
const MAX_CHANGES_OF_ALL = 16_384;
/** Two that each advertised so often in turn are masters at the same time. */
const MIN_TURNS = 2;
/** A master that has been silent for more intervals has ended. */
const MAX_SILENT_INTERVALS = 2;

/** A host that advertised as MASTER, in its protocol's words. */
export interface SeenMaster<Words> {
  readonly source: InetAddress;
  /** Of its latest advertisement that was no bow-out. */
  readonly words: Words;
  /** When it was first and last heard, in ms since 1970. */
  readonly first: number;
  readonly last: number;
  /** Its latest advertisement bowed out. */
  readonly left: boolean;
  readonly count: number;
}

/** A change of mastership: when the new MASTER was first heard, and why. */
export interface MasterChange {
  readonly time: number;
  readonly from: string | undefined;
  readonly to: string;
  readonly reason: string;
}

/** What a protocol's words mean. */
export interface MastershipRules<Words> {
  /** Whether they say that their sender leaves. */
  bowsOut(words: Words): boolean;
  /** How often their sender advertises, in ms. */
  interval(words: Words): number;
  /** Whether `a` would stay MASTER against `b`. */
  isBetter(a: SeenMaster<Words>, b: SeenMaster<Words>): boolean;
  /** What makes it better or worse: `priority 150`. */
  describe(words: Words): string;
}

type Master<Words> = { -readonly [Name in keyof SeenMaster<Words>]: SeenMaster<Words>[Name] };

/** Another that advertises while the holder does. */
interface Rival {
  readonly since: number;
  turns: number;
  /** The holder's advertisements since. */
  answers: number;
  told: boolean;
}

/** Who was MASTER of one virtual host in one family, by the advertisements seen; BACKUPs send none. */
export class Mastership<Words> {
  readonly #masters = new Map<string, Master<Words>>();
  readonly changes: MasterChange[] = [];
  #holder: Master<Words> | undefined;
  /** By their addresses: each host beside the holder is counted by itself, however many there are. */
  readonly #rivals = new Map<string, Rival>();
  readonly #rules: MastershipRules<Words>;
  readonly #others: () => number;

  /** @param others how many there are of these, this one included: they share what is remembered */
  constructor(rules: MastershipRules<Words>, others: () => number = () => 1) {
    this.#rules = rules;
    this.#others = others;
  }

  /** An advertisement that receivers take. */
  heard(source: InetAddress, words: Words, time: number): void {
    const name = source.toString();
    const bowsOut = this.#rules.bowsOut(words);
    const before = this.#masters.get(name);
    const { last = time } = before ?? {};
    const master = this.#note(name, source, words, time, bowsOut);
    if (this.#holder === undefined) this.#change(master, time, 'the first seen');
    else if (this.#holder === master) this.#answered(master, time, last);
    else if (!bowsOut) this.#contend(this.#holder, master, name, time);
  }

  /** All that advertised, best first. */
  get masters(): readonly SeenMaster<Words>[] {
    return [...this.#masters.values()].toSorted((a, b) => (this.#rules.isBetter(a, b) ? -1 : 1));
  }

  /** Who is MASTER at the end; undefined if the last one bowed out. */
  get holder(): SeenMaster<Words> | undefined {
    return this.#holder?.left === true ? undefined : this.#holder;
  }

  /** Who should be, of those that were heard at the end. */
  get rightful(): SeenMaster<Words> | undefined {
    const end = Math.max(...this.masters.map(({ last }) => last));
    return this.masters.find((master) => !this.#isGone(master, end));
  }

  /**
   * Those that are MASTER at the same time at the end, the holder first: each has advertised {@link MIN_TURNS} times since
   * the other did, more often than a host does that hears the other and gives way. Empty unless there are two or more.
   */
  get together(): readonly SeenMaster<Words>[] {
    const { holder } = this;
    if (holder === undefined) return [];
    const end = Math.max(...this.masters.map(({ last }) => last));
    const rivals = [...this.#rivals]
      .filter(([, { told }]) => told)
      .map(([name]) => this.#masters.get(name)!)
      .filter((rival) => !this.#isGone(rival, end));
    return rivals.length === 0 || this.#isGone(holder, end) ? [] : [holder, ...rivals];
  }

  #note(name: string, source: InetAddress, words: Words, time: number, left: boolean): Master<Words> {
    const known = this.#masters.get(name);
    if (known !== undefined) {
      if (!left) known.words = words;
      known.last = time;
      known.left = left;
      known.count++;
      return known;
    }
    if (this.#masters.size >= MAX_MASTERS) this.#forgetOne();
    const master = { source, words, first: time, last: time, left, count: 1 };
    this.#masters.set(name, master);
    return master;
  }

  /** The oldest but for the holder: forgotten, that would be its own rival when it advertises again. */
  #forgetOne(): void {
    for (const [name, master] of this.#masters) {
      if (master === this.#holder) continue;
      this.#masters.delete(name);
      this.#rivals.delete(name);
      return;
    }
  }

  #answered(holder: Master<Words>, time: number, last: number): void {
    const silent = time - last;
    if (this.#rivals.size === 0 && silent > 3 * this.#rules.interval(holder.words))
      this.#add({
        time,
        from: undefined,
        to: String(holder.source),
        reason: `again after ${seconds(silent)} of silence`,
      });
    for (const [name, rival] of this.#rivals) {
      rival.answers++;
      if (this.#isGone(this.#masters.get(name)!, time)) this.#rivals.delete(name);
      else this.#tell(holder, name, rival);
    }
  }

  #contend(holder: Master<Words>, master: Master<Words>, name: string, time: number): void {
    const rival = this.#rivals.get(name) ?? { since: time, turns: 0, answers: 0, told: false };
    this.#rivals.set(name, rival);
    rival.turns++;
    if (holder.left) this.#change(master, rival.since, `${holder.source} bowed out`);
    else if (this.#isGone(holder, time))
      this.#change(master, rival.since, this.#reasonOf(holder, master, rival));
    else this.#tell(holder, name, rival);
  }

  /** Reports two masters, once. */
  #tell(holder: Master<Words>, name: string, rival: Rival): void {
    if (rival.told || rival.turns < MIN_TURNS || rival.answers < MIN_TURNS) return;
    rival.told = true;
    const reason = `two masters: ${holder.source} advertises too; do they refuse or not hear each other?`;
    this.#add({ time: rival.since, from: String(holder.source), to: name, reason });
  }

  #reasonOf(holder: Master<Words>, master: Master<Words>, { since }: Rival): string {
    const silent = since - holder.last;
    if (silent > MAX_SILENT_INTERVALS * this.#rules.interval(holder.words))
      return `${holder.source} had been silent for ${seconds(silent)}`;
    if (!this.#rules.isBetter(master, holder)) return `${holder.source} fell silent when it heard it`;
    return `it is preferred: ${this.#rules.describe(master.words)}`;
  }

  #change(master: Master<Words>, time: number, reason: string): void {
    const from = this.#holder?.source.toString();
    this.#holder = master;
    this.#rivals.clear();
    this.#add({ time, from, to: master.source.toString(), reason });
  }

  #add(change: MasterChange): void {
    this.changes.push(change);
    const share = Math.floor(MAX_CHANGES_OF_ALL / this.#others());
    const kept = Math.max(MIN_CHANGES, Math.min(MAX_CHANGES, share));
    if (this.changes.length > kept) this.changes.splice(0, this.changes.length - kept);
  }

  /** Whether it has bowed out, or has been silent for longer than a MASTER is. */
  #isGone({ left, last, words }: SeenMaster<Words>, time: number): boolean {
    return left || time - last > MAX_SILENT_INTERVALS * this.#rules.interval(words);
  }
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`;
}
