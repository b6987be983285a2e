import { seededRandom } from '../../core/index.js';
import type { CarpStateChange } from '../../modules/carp/index.js';
import { Lan } from '../../modules/ifnet/lan/index.js';
import { Choices } from './choices.js';
import { ExploredClock, type WorldTime } from './clock.js';
import { fingerprint } from './fingerprint.js';
import { ExploredHost, type ExploredHostOwner, type Held } from './host.js';
import type { ExploreSettings } from './settings.js';

/** A run begins at a whole multiple of this, so that each begins alike. */
const ERA_MS = 100_000;

/** What the search can do next; the first of several is that nothing goes wrong. */
interface Option {
  readonly text: string;
  /** Whether something goes wrong by it. */
  readonly fault: boolean;
  readonly act: () => void;
}

/** Hosts on the virtual LAN, of which each step is chosen. */
export class ExploredWorld implements ExploredHostOwner {
  readonly time: WorldTime = { now: 0 };
  readonly hosts: readonly ExploredHost[];
  readonly #lan: Lan;
  readonly #wire = new ExploredClock(this.time);
  #held: Held[] = [];
  #choices = new Choices([], 0);
  #crashes = 0;
  #began = 0;
  #first: string | undefined;
  /** When something last went wrong, and when a state last changed. */
  faultAt = 0;
  changedAt = 0;
  /** State changes so far. */
  changes = 0;
  /** The first rule that was broken. */
  violation: string | undefined;
  /** What happened, if it is to be told. */
  journal: string[] | undefined;

  constructor(readonly settings: ExploreSettings) {
    this.#lan = new Lan({ clock: this.#wire, random: seededRandom('lan'), latencyMs: 0 });
    this.hosts = settings.skews.map((_skew, number) => new ExploredHost(this.#lan, this, number, settings));
  }

  async make(): Promise<this> {
    for (const host of this.hosts) await host.make();
    return this;
  }

  async close(): Promise<void> {
    this.begin(new Choices([], 0));
    for (const host of this.hosts) await host.close();
    this.#lan[Symbol.dispose]();
  }

  /** Forgets the run before, and begins a new one: all hosts start at one moment. */
  begin(choices: Choices): void {
    this.#held = [];
    this.time.now = (Math.floor(this.time.now / ERA_MS) + 1) * ERA_MS;
    this.#choices = choices;
    this.#crashes = this.settings.crashes;
    this.violation = undefined;
    this.changes = 0;
    this.faultAt = this.changedAt = this.#began = this.time.now;
    for (const host of this.hosts) host.restart();
    this.#carry();
    const text = this.fingerprint(0);
    this.#first ??= text;
    if (text !== this.#first)
      throw new Error(`a run does not begin as the first did: ${text}, and not ${this.#first}`);
  }

  get now(): number {
    return this.time.now;
  }

  /** What decides the future, as a text. */
  fingerprint(horizon: number): string {
    const { now, hosts } = this;
    return fingerprint({ now, horizon, hosts, held: this.#held, crashes: this.#crashes });
  }

  /** Lets one thing happen, as chosen, and checks what must hold at any time. */
  step(): void {
    const options = this.#options();
    const option = options[this.#choices.take(options.length)]!;
    if (option.fault) this.faultAt = this.now;
    this.note(option.text);
    option.act();
    this.#carry();
    // What was chosen before was checked before.
    if (this.#choices.isNew) for (const host of this.hosts) host.check();
  }

  get masters(): readonly ExploredHost[] {
    return this.hosts.filter(({ state }) => state === 'MASTER');
  }

  /** The hosts that are on. */
  get living(): readonly ExploredHost[] {
    return this.hosts.filter(({ vhid }) => vhid !== undefined);
  }

  note(text: string): void {
    this.journal?.push(`${((this.now - this.#began) / 1000).toFixed(4).padStart(9)} ${text}`);
  }

  // ---- ExploredHostOwner

  float(host: ExploredHost): number {
    const fair = (host.number + 0.5) / this.hosts.length;
    return [fair, 0, 0.999][this.#choices.take(3)]!;
  }

  arrived(held: Held): void {
    this.#held.push(held);
  }

  changed(host: ExploredHost, { from, to, reason }: CarpStateChange): void {
    this.changes++;
    this.changedAt = this.now;
    this.note(`${host.name}: ${from} -> ${to} (${reason})`);
  }

  wrong(what: string): void {
    this.violation ??= what;
    this.note(what);
  }

  // ---- details

  /** Frames take no time: what becomes of an advertisement is decided where it arrives. */
  #carry(): void {
    while (this.#wire.next !== undefined && this.#wire.next.deadline <= this.now) this.#wire.runNext();
  }

  #options(): Option[] {
    const held = this.#held.find(({ late }) => !late);
    return held === undefined ? this.#timerOptions() : this.#frameOptions(held);
  }

  /** Delivered, lost, or put off until a timer has run. */
  #frameOptions(held: Held): Option[] {
    const { to, packet, sentAt } = held;
    const what = `${packet.source} > ${to.name}`;
    const take = (): void => void (this.#held = this.#held.filter((other) => other !== held));
    if (to.vhid === undefined) return [{ text: `${what}: it is off`, fault: false, act: take }];
    const deliver = (): void => {
      take();
      held.read();
    };
    const options: Option[] = [
      { text: `${what}: delivered`, fault: sentAt < this.now, act: deliver },
      { text: `${what}: lost`, fault: true, act: take },
    ];
    const next = this.#earliest()?.clock.next?.deadline;
    if (next !== undefined && Math.max(next, this.now) - sentAt <= this.settings.delayMs)
      options.push({ text: `${what}: late`, fault: true, act: () => void (held.late = true) });
    return options;
  }

  #timerOptions(): Option[] {
    const first = this.#earliest();
    const options: Option[] = first === undefined ? [] : [this.#timer(first, false)];
    const limit = first === undefined ? 0 : first.clock.next!.deadline + this.settings.lateMs;
    for (const host of this.hosts) {
      const { next } = host.clock;
      if (host !== first && next !== undefined && next.deadline <= limit)
        options.push(this.#timer(host, true));
    }
    for (const host of this.hosts) {
      if (host.vhid === undefined)
        options.push({ text: `${host.name} starts`, fault: true, act: () => host.start() });
      else if (this.#crashes > 0)
        options.push({ text: `${host.name} crashes`, fault: true, act: () => this.#crash(host) });
    }
    return options;
  }

  #timer(host: ExploredHost, early: boolean): Option {
    const act = (): void => {
      host.clock.runNext();
      for (const held of this.#held) held.late = false;
    };
    return {
      text: `${host.name}: ${host.clock.next!.name}${early ? ', before others' : ''}`,
      fault: early,
      act,
    };
  }

  #crash(host: ExploredHost): void {
    this.#crashes--;
    host.crash();
  }

  /** The host whose timer is due first; of several that are due at once, the first by number. */
  #earliest(): ExploredHost | undefined {
    let first: ExploredHost | undefined;
    for (const host of this.hosts) {
      const { next } = host.clock;
      if (next !== undefined && (first === undefined || next.deadline < first.clock.next!.deadline))
        first = host;
    }
    return first;
  }
}
