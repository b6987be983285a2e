import type { InetAddress } from '../../ifnet/index.js';
import { isWorse, winsTie } from '../election/election.js';
import { advertInterval, intervalUnits } from '../election/interval.js';
import { CARP_BOW_OUT } from '../wire/header.js';
import type { SeenWords } from './explanation.js';

/** Masters of one vhid that are told apart. */
const MAX_MASTERS = 64;
/** Changes that are kept, the latest, of one vhid that has the capture for itself. */
const MAX_CHANGES = 1000;
/** Of each, however many there are. */
const MIN_CHANGES = 16;
/** Of all together. */
const MAX_CHANGES_OF_ALL = 16_384;
/** Two that each advertised so often in turn are masters at the same time. */
const MIN_TURNS = 2;
/** A master that has been silent for more intervals has ended. */
const MAX_SILENT_INTERVALS = 2;

/** A host that advertised as MASTER. */
export interface SeenMaster {
  readonly source: InetAddress;
  /** Of its latest advertisement that was no bow-out. */
  readonly words: Pick<SeenWords, 'advbase' | 'advskew' | 'demote'>;
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

type Master = { -readonly [Name in keyof SeenMaster]: SeenMaster[Name] };

/** Another that advertises while the holder does. */
interface Rival {
  readonly since: number;
  turns: number;
  /** The holder's advertisements since. */
  answers: number;
  told: boolean;
}

/** Who was MASTER of one vhid in one family, by the advertisements seen; BACKUPs send none. */
export class Mastership {
  readonly #masters = new Map<string, Master>();
  readonly changes: MasterChange[] = [];
  #holder: Master | undefined;
  /** By their addresses: each host beside the holder is counted by itself, however many there are. */
  readonly #rivals = new Map<string, Rival>();
  readonly #others: () => number;

  /** @param others how many there are of these, this one included: they share what is remembered */
  constructor(others: () => number = () => 1) {
    this.#others = others;
  }

  /** An advertisement that receivers take. */
  heard(source: InetAddress, words: SeenWords, time: number): void {
    const name = source.toString();
    const bowsOut = words.advbase === CARP_BOW_OUT && words.advskew === CARP_BOW_OUT;
    const before = this.#masters.get(name);
    const { last = time } = before ?? {};
    const master = this.#note(name, source, words, time, bowsOut);
    if (this.#holder === undefined) this.#change(master, time, 'the first seen');
    else if (this.#holder === master) this.#answered(master, time, last);
    else if (!bowsOut) this.#contend(this.#holder, master, name, time);
  }

  /** All that advertised, best first. */
  get masters(): readonly SeenMaster[] {
    return [...this.#masters.values()].toSorted((a, b) => (isBetter(a, b) ? -1 : 1));
  }

  /** Who is MASTER at the end; undefined if the last one bowed out. */
  get holder(): SeenMaster | undefined {
    return this.#holder?.left === true ? undefined : this.#holder;
  }

  /** Who should be, of those that were heard at the end. */
  get rightful(): SeenMaster | undefined {
    const end = Math.max(...this.masters.map(({ last }) => last));
    return this.masters.find((master) => !isGone(master, end));
  }

  /**
   * Those that are MASTER at the same time at the end, the holder first: each has advertised {@link MIN_TURNS} times since
   * the other did, more often than a host does that hears the other and gives way. Empty unless there are two or more.
   */
  get together(): readonly SeenMaster[] {
    const { holder } = this;
    if (holder === undefined) return [];
    const end = Math.max(...this.masters.map(({ last }) => last));
    const rivals = [...this.#rivals]
      .filter(([, { told }]) => told)
      .map(([name]) => this.#masters.get(name)!)
      .filter((rival) => !isGone(rival, end));
    return rivals.length === 0 || isGone(holder, end) ? [] : [holder, ...rivals];
  }

  #note(name: string, source: InetAddress, words: SeenWords, time: number, left: boolean): Master {
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

  #answered(holder: Master, time: number, last: number): void {
    const silent = time - last;
    if (this.#rivals.size === 0 && silent > 3 * intervalOf(holder))
      this.#add({
        time,
        from: undefined,
        to: String(holder.source),
        reason: `again after ${seconds(silent)} of silence`,
      });
    for (const [name, rival] of this.#rivals) {
      rival.answers++;
      if (isGone(this.#masters.get(name)!, time)) this.#rivals.delete(name);
      else this.#tell(holder, name, rival);
    }
  }

  #contend(holder: Master, master: Master, name: string, time: number): void {
    const rival = this.#rivals.get(name) ?? { since: time, turns: 0, answers: 0, told: false };
    this.#rivals.set(name, rival);
    rival.turns++;
    if (holder.left) this.#change(master, rival.since, `${holder.source} bowed out`);
    else if (isGone(holder, time)) this.#change(master, rival.since, this.#reasonOf(holder, master, rival));
    else this.#tell(holder, name, rival);
  }

  /** Reports two masters, once. */
  #tell(holder: Master, name: string, rival: Rival): void {
    if (rival.told || rival.turns < MIN_TURNS || rival.answers < MIN_TURNS) return;
    rival.told = true;
    const reason = `two masters: ${holder.source} advertises too; do they refuse or not hear each other?`;
    this.#add({ time: rival.since, from: String(holder.source), to: name, reason });
  }

  #reasonOf(holder: Master, master: Master, { since }: Rival): string {
    const silent = since - holder.last;
    if (silent > MAX_SILENT_INTERVALS * intervalOf(holder))
      return `${holder.source} had been silent for ${seconds(silent)}`;
    if (!isBetter(master, holder)) return `${holder.source} fell silent when it heard it`;
    const { advbase, advskew, demote } = master.words;
    return `it is preferred: advbase ${advbase}, advskew ${advskew}, demotion ${demote}`;
  }

  #change(master: Master, time: number, reason: string): void {
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
}

/** Whether it has bowed out, or has been silent for longer than a MASTER is. */
function isGone(master: SeenMaster, time: number): boolean {
  return master.left || time - master.last > MAX_SILENT_INTERVALS * intervalOf(master);
}

/** Whether `a` would stay MASTER against `b`: less demoted, then faster, then of the lower address in ucarp's order. */
function isBetter(a: SeenMaster, b: SeenMaster): boolean {
  const [one, other] = [contender(a), contender(b)];
  if (isWorse(one, other, 'auto')) return false;
  return isWorse(other, one, 'auto') || winsTie(a.source, b.source, 'little');
}

function contender({ words, source }: SeenMaster) {
  return { units: intervalUnits(words.advbase, words.advskew), demote: words.demote, source };
}

function intervalOf({ words }: SeenMaster): number {
  return advertInterval(words.advbase, words.advskew);
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`;
}
