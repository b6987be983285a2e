import { seededRandom } from '../../core/index.js';
import type { CarpStateChange } from '../../modules/carp/index.js';
import { Lan } from '../../modules/ifnet/lan/index.js';
import { Choices } from './choices.js';
import { ExploredClock, type WorldTime } from './clock.js';
import { ExploredHost, type ExploredHostOwner, type Held, type HostState } from './host.js';
import type { ExploreSettings } from './settings.js';

/** When every run begins, in ms. */
export const START_MS = 100_000;

/** What becomes of an advertisement, or of a host. */
export type Deed = 'deliver' | 'lose' | 'delay' | 'timer' | 'crash' | 'start';

/** What can be done next; the first of several is that nothing goes wrong. */
export interface Option {
  readonly deed: Deed;
  /** The host to which it is done. */
  readonly host: ExploredHost;
  readonly text: string;
  /** Whether something goes wrong by it. */
  readonly fault: boolean;
  readonly act: () => void;
}

/** A world at one moment, from which it can go on more than once. */
export interface WorldState {
  readonly now: number;
  readonly hosts: readonly HostState[];
  /** Advertisements under way. */
  readonly held: readonly Held[];
  /** Crashes that may still happen. */
  readonly crashes: number;
  readonly faultAt: number;
  readonly changedAt: number;
  readonly changes: number;
  /** Since the run began. */
  readonly steps: number;
}

/** Hosts on the virtual LAN, of which each step is chosen. */
export class ExploredWorld implements ExploredHostOwner {
  readonly time: WorldTime = { now: START_MS };
  readonly hosts: readonly ExploredHost[];
  readonly #lan: Lan;
  /** Frames take no time: on the wire it stands still, also while that of the hosts goes back. */
  readonly #wire = new ExploredClock({ now: 0 });
  #held: readonly Held[] = [];
  #choices = new Choices([], 0);
  #crashes: number;
  #steps = 0;
  /** How every run begins. */
  #first: WorldState | undefined;
  /** When something last went wrong, and when a state last changed. */
  faultAt = START_MS;
  changedAt = START_MS;
  /** State changes so far. */
  changes = 0;
  /** The first rule that was broken. */
  violation: string | undefined;
  /** What happened, if it is to be told. */
  journal: string[] | undefined;

  constructor(readonly settings: ExploreSettings) {
    this.#crashes = settings.crashes;
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
    this.#choices = choices;
    this.violation = undefined;
    this.#first ??= this.#start();
    this.resume(this.#first);
  }

  capture(): WorldState {
    const { now, faultAt, changedAt, changes } = this;
    const hosts = this.hosts.map((host) => host.capture());
    const [held, crashes, steps] = [this.#held, this.#crashes, this.#steps];
    return { now, hosts, held, crashes, faultAt, changedAt, changes, steps };
  }

  /** Is again as it was. Its choices have to be rewound too. */
  resume(state: WorldState): void {
    this.time.now = state.now;
    this.hosts.forEach((host, i) => host.resume(state.hosts[i]!));
    this.#held = state.held;
    this.#crashes = state.crashes;
    this.#steps = state.steps;
    this.faultAt = state.faultAt;
    this.changedAt = state.changedAt;
    this.changes = state.changes;
  }

  get now(): number {
    return this.time.now;
  }

  /** Lets one thing happen, as chosen, and checks what must hold at any time. */
  step(): void {
    const { options } = this;
    this.take(options[this.#choices.take(options.length)]!);
  }

  /** Does one of the `options`, and checks what must hold at any time. */
  take(option: Option): void {
    this.#steps++;
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

  /** What can be done next. */
  get options(): Option[] {
    const held = this.#held.find(({ late }) => !late);
    return held === undefined ? this.#timerOptions() : this.#frameOptions(held);
  }

  note(text: string): void {
    this.journal?.push(`${((this.now - START_MS) / 1000).toFixed(4).padStart(9)} ${text}`);
  }

  // ---- ExploredHostOwner

  float(host: ExploredHost): number {
    const fair = (host.number + 0.5) / this.hosts.length;
    return [fair, 0, 0.999][this.#choices.take(3)]!;
  }

  arrived(held: Held): void {
    this.#held = [...this.#held, held];
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

  #start(): WorldState {
    for (const host of this.hosts) host.restart();
    this.#carry();
    this.changes = 0;
    return this.capture();
  }

  /** What becomes of an advertisement is decided where it arrives. */
  #carry(): void {
    while (this.#wire.next !== undefined) this.#wire.runNext();
  }

  /** Delivered, lost, or put off until a timer has run. */
  #frameOptions(held: Held): Option[] {
    const { to, packet, sentAt } = held;
    const what = `${packet.source} > ${to.name}`;
    const take = (): void => void (this.#held = this.#held.filter((other) => other !== held));
    if (to.vhid === undefined)
      return [{ deed: 'lose', host: to, text: `${what}: it is off`, fault: false, act: take }];
    const deliver = (): void => {
      take();
      held.read();
    };
    const options: Option[] = [
      { deed: 'deliver', host: to, text: `${what}: delivered`, fault: sentAt < this.now, act: deliver },
      { deed: 'lose', host: to, text: `${what}: lost`, fault: true, act: take },
    ];
    const next = this.#earliest()?.clock.next?.deadline;
    if (next !== undefined && Math.max(next, this.now) - sentAt <= this.settings.delayMs)
      options.push({
        deed: 'delay',
        host: to,
        text: `${what}: late`,
        fault: true,
        act: () => this.#putOff(held),
      });
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
        options.push({
          deed: 'start',
          host,
          text: `${host.name} starts`,
          fault: true,
          act: () => host.start(),
        });
      else if (this.#crashes > 0)
        options.push({
          deed: 'crash',
          host,
          text: `${host.name} crashes`,
          fault: true,
          act: () => this.#crash(host),
        });
    }
    return options;
  }

  #timer(host: ExploredHost, early: boolean): Option {
    const act = (): void => {
      host.clock.runNext();
      if (this.#held.length > 0) this.#held = this.#held.map((held) => ({ ...held, late: false }));
    };
    return {
      deed: 'timer',
      host,
      text: `${host.name}: ${host.clock.next!.name}${early ? ', before others' : ''}`,
      fault: early,
      act,
    };
  }

  #putOff(held: Held): void {
    this.#held = this.#held.map((other) => (other === held ? { ...held, late: true } : other));
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
