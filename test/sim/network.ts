import assert from 'node:assert/strict';
import { seededRandom, VirtualClock } from '../../core/index.js';
import { InetAddress } from '../../modules/ifnet/index.js';
import { Lan } from '../../modules/ifnet/lan/index.js';
import type { VipStateChange } from '../../modules/vip/index.js';
import { SimAttacker } from './attacker.js';
import { SimClient } from './client.js';
import { SimHost, type SimHostOwner } from './host.js';
import { type Place, placesOf, sharedAddresses } from './place.js';
import type { Fault, Plan, Strike, Work } from './plan.js';
import type { Terms } from './protocol/protocol.js';
import { deadTimeOf, patienceOf } from './times.js';
import type { Part, VacancyWatch } from './vacancy.js';
import { Watch } from './watch.js';

const NAMES = ['alpha', 'beta', 'gamma', 'delta', 'epsilon', 'zeta', 'eta', 'theta'];

/** The sides of a plan's partitions, and as many again when they are halved. */
const SIDES = [0, 1, 2, 3, 4, 5];
const HALVED = 3;
/** How long an operator takes to reload all hosts. */
const RELOAD_MS = 300;
const MAX_DEMOTED_MS = 700_000;
const LOOK_MS = 5000;
/** Longer than a host takes to hand over for maintenance. */
const MAX_DRAIN_MS = 120_000;

/**
 * Several hosts on one segment or between two, each with a client beside it, and what can happen to them. The rules that
 * must hold are in rules.ts.
 */
export class SimNetwork implements SimHostOwner {
  readonly clock = new VirtualClock();
  readonly lans: readonly Lan[];
  readonly hosts: readonly SimHost[];
  /** What the hosts share; a `leg` is the index of one. */
  readonly places: readonly Place[];
  readonly terms: Terms = { password: 'simulation', passwords: [], more: false };
  /** What must hold at every frame and event. */
  readonly watch: Watch;
  /** Hosts that could not add their addresses for a while count as demoted until it is forgotten. */
  #denied = false;
  /** What a handler or a callout threw first. */
  failure: Error | undefined;
  /** Of each place: what its clients use. */
  readonly #shared: readonly (readonly InetAddress[])[];
  /** Of each segment: beside each host, on the same side of every partition, one client. */
  readonly #clients: readonly (readonly SimClient[])[];
  /** One on each segment, if there is any. */
  readonly attackers: readonly SimAttacker[];
  /** Of each segment: on which side of a partition each host is. */
  readonly #sides: number[][];
  /** What happened, to be read when it went wrong. */
  readonly journal: string[] = [];
  /** The longest that any of the hosts waits for its master. */
  readonly deadTime: number;
  /** How long it takes at most until all is as it must be. */
  readonly patience: number;
  /** To be shown each change of a state. */
  vacancies: VacancyWatch | undefined;
  /** When a state last changed. */
  changedAt = 0;

  constructor(readonly plan: Plan) {
    const { seed, skews, firewall } = plan;
    this.lans = (firewall ? ['inside', 'outside'] : ['lan']).map(
      (name) => new Lan({ name, clock: this.clock, random: seededRandom(`${seed} ${name}`) }),
    );
    this.places = placesOf(plan);
    this.#shared = this.places.map((place) =>
      sharedAddresses(place).map((text) => InetAddress.parse(bare(text))),
    );
    this.hosts = skews.map((_skew, i) => new SimHost(this.lans, this.clock, plan, NAMES[i]!, i + 1, this));
    this.#clients = this.lans.map((lan, segment) => {
      const here = this.places.filter((place) => place.segment === segment);
      const shared = here.flatMap((place) => sharedAddresses(place).map(bare));
      return skews.map((_skew, i) => new SimClient(lan, this.clock, `client of ${NAMES[i]}`, shared));
    });
    this.watch = new Watch(this);
    const hasStrangers = (): boolean => this.hosts.some((host) => host.isStranger);
    this.attackers = plan.attacked
      ? this.lans.map((lan, leg) => new SimAttacker(lan, this.clock, `${seed} attacker ${leg}`, hasStrangers))
      : [];
    this.#sides = this.lans.map(() => skews.map(() => 0));
    this.deadTime = deadTimeOf(plan);
    this.patience = patienceOf(plan);
  }

  async start(): Promise<void> {
    for (const host of this.hosts) await host.start();
    for (const [leg, clients] of this.#clients.entries())
      for (const [i, client] of clients.entries())
        await client.start([`10.0.${leg}.${200 + i}/24`, `fd00:${leg}::${200 + i}/64`]);
  }

  async happen(fault: Fault): Promise<void> {
    this.note(JSON.stringify(fault));
    switch (fault.kind) {
      case 'heal':
        return this.#divide([]);
      case 'partition':
        return this.#divide(fault.sides);
      case 'weather':
        return this.lans[this.#segment(fault.leg)]!.impair(fault);
      case 'stop':
        return this.#host(fault.host).stop();
      case 'crash':
        return this.#host(fault.host).crash();
      case 'start':
        await this.#host(fault.host).start();
        for (const [leg, sides] of this.#sides.entries()) this.#partition(leg, sides);
        return;
      case 'freeze':
        return this.#host(fault.host).freeze();
      case 'thaw':
        return this.#host(fault.host).thaw(fault.first);
      case 'ail':
        return this.#host(fault.host).ail(this.#segment(fault.leg), fault.ailment);
      case 'block':
      case 'unblock':
        return this.#oneWay(fault.kind, this.#segment(fault.leg), fault.host, fault.other);
      case 'deny':
      case 'permit':
      case 'upgrade':
      case 'drain':
      case 'undrain':
      case 'skew':
      case 'password':
      case 'addresses':
        return this.#work(fault);
      default:
        return this.#strike(fault);
    }
  }

  #host(index: number): SimHost {
    return this.hosts[index % this.hosts.length]!;
  }

  #segment(index: number): number {
    return index % this.lans.length;
  }

  async #work(work: Work): Promise<void> {
    switch (work.kind) {
      case 'deny':
        this.#denied = true;
        this.#host(work.host).denied = true;
        return;
      case 'permit':
        this.#host(work.host).denied = false;
        return;
      case 'upgrade':
        return this.#host(work.host).upgrade();
      case 'drain':
      case 'undrain':
        this.#host(work.host).maintain(work.kind);
        // What is awaited goes on when this turn ends; the hand-over, while time passes.
        return this.clock.advance(0);
      case 'skew':
        return this.#setSkew(this.#host(work.host), work.skew);
      case 'password':
        return this.#changePassword();
      case 'addresses':
        this.terms.more = !this.terms.more;
        return this.#reload();
    }
  }

  /** To that of another host; two BSDs with the same would yield to each other for ever. */
  #setSkew(host: SimHost, of: number): void {
    const { skews, extras } = this.plan;
    if (extras?.election?.endsWith('bsd') !== true) host.setSkew(skews[of % skews.length]!);
  }

  /** docs/carp.md, Changing the password: each step on all hosts before the next. */
  #changePassword(): void {
    const { terms } = this;
    const [old, next] = [
      terms.password,
      `${terms.password.split(' ')[0]} ${this.clock.now() % 1e6}`.slice(0, 19),
    ];
    for (const [password, passwords] of [
      [old, [next]],
      [next, [old]],
      [next, []],
    ] as const) {
      Object.assign(terms, { password, passwords });
      this.#reload();
      this.clock.advanceSync(RELOAD_MS);
    }
  }

  /** On BACKUPs first, some time apart. */
  #reload(): void {
    const order = this.hosts.toSorted((a, b) => mastership(a) - mastership(b));
    for (const host of order) {
      host.reload();
      this.clock.advanceSync(RELOAD_MS / order.length);
    }
  }

  #oneWay(what: 'block' | 'unblock', segment: number, host: number, other: number): void {
    const [from, to] = [host, other].map((i) => this.#ifpOn(this.#host(i), segment)?.port);
    if (from !== undefined && to !== undefined && from !== to) this.lans[segment]![what](from, to);
  }

  #ifpOn(host: SimHost, segment: number) {
    return host.leg(this.places.findIndex((place) => place.segment === segment))?.ifp;
  }

  /**
   * Faults of an interface, if the host has one at the moment. A process that stands still goes on first: here it would
   * notice the fault at once.
   */
  #strike({ kind, host, leg }: Strike): void {
    this.#host(host).thaw('timers');
    const ifp = this.#ifpOn(this.#host(host), this.#segment(leg));
    if (ifp === undefined) return;
    if (kind === 'cut' || kind === 'mend') this.lans[this.#segment(leg)]![kind](ifp.port);
    else if (kind === 'mute') ifp.port.impair({ tx: { loss: 1 } });
    else if (kind === 'deaf') ifp.port.impair({ rx: { loss: 1 } });
    else ifp.setUp(kind === 'up');
  }

  /**
   * All segments alike, as when the line between two sites breaks. Divided differently, vhids that must move together
   * have no place where all of them are wanted.
   */
  #divide(sides: readonly number[]): void {
    for (const leg of this.lans.keys()) this.#partition(leg, sides);
  }

  /** Parts every side of every partition in two: every second host is elsewhere. @param segment that one alone; default: all */
  halve(segment?: number): void {
    this.note(segment === undefined ? 'divided' : `${this.lans[segment]!.name} alone divided`);
    for (const [leg, sides] of this.#sides.entries())
      if (segment === undefined || leg === segment)
        this.#partition(
          leg,
          sides.map((side, i) => side + HALVED * (i % 2)),
        );
  }

  /** Undoes it. */
  unite(): void {
    this.note('united');
    for (const [leg, sides] of this.#sides.entries())
      this.#partition(
        leg,
        sides.map((side) => side % HALVED),
      );
  }

  #partition(leg: number, sides: readonly number[]): void {
    this.#sides[leg] = this.hosts.map((_host, i) => sides[i] ?? 0);
    const groups = SIDES.map((side) => [
      ...this.#on(leg, side).flatMap((host) => this.#ifpOn(host, leg)?.port ?? []),
      ...this.#clients[leg]!.filter((_client, i) => this.#sides[leg]![i] === side).map(({ port }) => port),
      ...(side === 0 && this.attackers.length > 0 ? [this.attackers[leg]!.port] : []),
    ]);
    this.lans[leg]!.partition(...groups);
  }

  #on(leg: number, side: number): SimHost[] {
    return this.hosts.filter((_host, i) => this.#sides[leg]![i] === side);
  }

  /**
   * No more bad weather, every process runs, every family of every host works, and none is drained; what is cut, down,
   * stopped or divided stays so.
   */
  async calm(): Promise<void> {
    this.note('calm');
    for (const host of this.hosts) {
      host.thaw(this.plan.awakening);
      host.recover();
    }
    for (const [leg, lan] of this.lans.entries()) {
      lan.impair({ loss: 0, duplicate: 0, reorder: 0, jitterMs: 0 });
      const ports = this.hosts.flatMap((host) => this.#ifpOn(host, leg)?.port ?? []);
      for (const port of ports) port.impair({});
      for (const port of ports) for (const other of ports) lan.unblock(other, port);
    }
    if (this.#denied) this.#forgetDenials();
    if (this.plan.vrrp !== undefined) await this.#undrain();
  }

  async #undrain(): Promise<void> {
    await this.#maintained();
    for (const host of this.hosts) host.maintain('undrain');
    await this.#maintained();
  }

  /** Time passes until no host is being drained or undrained. */
  async #maintained(): Promise<void> {
    const busy = (): boolean => this.hosts.some((host) => host.maintained);
    await this.clock.advance(0);
    for (let i = 0; i < MAX_DRAIN_MS / LOOK_MS && busy(); i++) await this.clock.advance(LOOK_MS);
    assert.ok(!busy(), 'a host is being drained for ever');
  }

  /** A host that could not add its addresses counts as demoted for ten minutes at most after that. */
  #forgetDenials(): void {
    this.#denied = false;
    const demoted = (): boolean =>
      this.hosts.some((host) => host.legs.some(({ vip }) => vip.demotions.some(({ by }) => by !== 'drain')));
    for (let i = 0; i < MAX_DEMOTED_MS / LOOK_MS && demoted(); i++) this.clock.advanceSync(LOOK_MS);
  }

  /** By segments and the sides of their partitions. */
  parts(): Part[] {
    const parts = this.places.flatMap(({ segment }, leg) =>
      SIDES.map((side) => ({ leg, hosts: this.#on(segment, side).filter((host) => host.able(leg)) })),
    );
    return parts.filter(({ hosts }) => hosts.length > 0);
  }

  /** Clients on a side without hosts believe what they like. */
  mistakenClients(): string[] {
    if (this.plan.extras?.manageAddresses === false) return [];
    return this.places.flatMap(({ segment }, leg) => {
      const shared = this.#shared[leg]!;
      return this.#clients[segment]!.flatMap((client, i) => {
        const side = this.#on(segment, this.#sides[segment]![i]!);
        const lladdr = side.find((host) => host.able(leg) && host.state(leg) === 'MASTER')?.lladdr(leg);
        return lladdr === undefined ? [] : client.mistaken(lladdr, shared);
      });
    });
  }

  async close(): Promise<void> {
    for (const attacker of this.attackers) attacker.stop();
    for (const clients of this.#clients) for (const client of clients) await client.stop();
    for (const host of this.hosts) await host.stop();
    for (const lan of this.lans) lan[Symbol.dispose]();
    assert.equal(this.clock.armed, 0, 'a callout was left behind');
  }

  // ---- SimHostOwner

  changed(host: SimHost, vip: { readonly name: string }, change: VipStateChange): void {
    this.changedAt = this.clock.now();
    this.watch.changed(host, vip, change);
    this.vacancies?.look();
  }

  failed(error: Error): void {
    this.failure ??= error;
  }

  /** @throws Error that `failure` is */
  check(): void {
    if (this.failure !== undefined) throw this.failure;
  }

  handled(host: SimHost): void {
    this.watch.handled(host);
  }

  ends(host: SimHost): void {
    this.watch.ends(host);
  }

  note(text: string): void {
    this.journal.push(`${(this.clock.now() / 1000).toFixed(4).padStart(10)} ${text}`);
  }
}

/** Without its prefix length. */
function bare(prefix: string): string {
  return prefix.split('/', 1)[0]!;
}

function mastership(host: SimHost): number {
  return host.legs.filter(({ vip }) => vip.state === 'MASTER').length;
}
