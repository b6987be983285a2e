import assert from 'node:assert/strict';
import { seededRandom, VirtualClock } from '../../core/index.js';
import { Lan } from '../../modules/ifnet/lan/index.js';
import { SimAttacker } from './attacker.js';
import { SimClient } from './client.js';
import { SimHost, sharedAddresses } from './host.js';
import type { Fault, Plan, Strike } from './plan.js';
import type { Part, VacancyWatch } from './vacancy.js';

const NAMES = ['alpha', 'beta', 'gamma', 'delta', 'epsilon'];

/** The sides of a plan's partitions, and as many again when they are halved. */
const SIDES = [0, 1, 2, 3, 4, 5];
const HALVED = 3;

/**
 * Several hosts on one segment or between two, each with a client beside it, and what can happen to them. The rules that
 * must hold are in rules.ts.
 */
export class SimNetwork {
  readonly clock = new VirtualClock();
  readonly lans: readonly Lan[];
  readonly hosts: readonly SimHost[];
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
  /** To be shown each change of a state. */
  vacancies: VacancyWatch | undefined;
  /** When a state last changed. */
  changedAt = 0;

  constructor(readonly plan: Plan) {
    const { seed, skews, advbase, deadRatio, firewall } = plan;
    this.lans = (firewall ? ['inside', 'outside'] : ['lan']).map(
      (name) => new Lan({ name, clock: this.clock, random: seededRandom(`${seed} ${name}`) }),
    );
    this.hosts = skews.map(
      (skew, i) =>
        new SimHost(this.lans, this.clock, plan, NAMES[i]!, i + 1, skew, (text) => this.#changed(text)),
    );
    this.#clients = this.lans.map((lan, leg) => {
      const shared = sharedAddresses(leg, plan.dualStack).map((text) => text.split('/', 1)[0]!);
      return skews.map((_skew, i) => new SimClient(lan, this.clock, `client of ${NAMES[i]}`, shared));
    });
    this.attackers = plan.attacked
      ? this.lans.map((lan, leg) => new SimAttacker(lan, this.clock, `${seed} attacker ${leg}`))
      : [];
    this.#sides = this.lans.map(() => skews.map(() => 0));
    const slowest = Math.max(...skews) / 256;
    this.deadTime = 1000 * (advbase === 0 ? deadRatio * slowest : deadRatio * advbase + slowest);
  }

  /**
   * How long it takes at most until all is as it must be. A MASTER that lacks a family steps down after three
   * advertisements without, and may have become it a dead time after the last fault.
   */
  get patience(): number {
    const { malady, skews, advbase } = this.plan;
    const interval = 1000 * (advbase + Math.max(...skews) / 256);
    const three = 3 * interval;
    // Hosts that have never heard each other refuse the first word of the one whose clock is behind.
    const clocks = this.plan.clocks === undefined ? 0 : 2 * interval;
    return 2 * this.deadTime + clocks + (malady?.ailment.kind === 'off' ? this.deadTime + three : 0);
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
        return this.lans[this.#leg(fault.leg)]!.impair(fault);
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
        return this.#host(fault.host).ail(this.#leg(fault.leg), fault.ailment);
      default:
        return this.#strike(fault);
    }
  }

  #host(index: number): SimHost {
    return this.hosts[index % this.hosts.length]!;
  }

  #leg(index: number): number {
    return index % this.lans.length;
  }

  /**
   * Faults of an interface, if the host has one at the moment. A process that stands still goes on first: here it would
   * notice the fault at once.
   */
  #strike({ kind, host, leg }: Strike): void {
    this.#host(host).thaw('timers');
    const ifp = this.#host(host).leg(this.#leg(leg))?.ifp;
    if (ifp === undefined) return;
    if (kind === 'cut' || kind === 'mend') this.lans[this.#leg(leg)]![kind](ifp.port);
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

  /** Parts every side of every partition in two: every second host is elsewhere. */
  halve(): void {
    this.note('divided');
    for (const [leg, sides] of this.#sides.entries())
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
      ...this.#on(leg, side).flatMap((host) => host.leg(leg)?.ifp.port ?? []),
      ...this.#clients[leg]!.filter((_client, i) => this.#sides[leg]![i] === side).map(({ port }) => port),
      ...(side === 0 && this.attackers.length > 0 ? [this.attackers[leg]!.port] : []),
    ]);
    this.lans[leg]!.partition(...groups);
  }

  #on(leg: number, side: number): SimHost[] {
    return this.hosts.filter((_host, i) => this.#sides[leg]![i] === side);
  }

  /**
   * No more bad weather, every process runs, and every family of every host works; what is cut, down, stopped or divided
   * stays so.
   */
  calm(): void {
    this.note('calm');
    for (const host of this.hosts) {
      host.thaw(this.plan.awakening);
      host.recover();
    }
    for (const [leg, lan] of this.lans.entries()) {
      lan.impair({ loss: 0, duplicate: 0, reorder: 0, jitterMs: 0 });
      for (const host of this.hosts) host.leg(leg)?.ifp.port.impair({});
    }
  }

  /** By segments and the sides of their partitions. */
  parts(): Part[] {
    const parts = this.lans.flatMap((_lan, leg) =>
      SIDES.map((side) => ({ leg, hosts: this.#on(leg, side).filter((host) => host.able(leg)) })),
    );
    return parts.filter(({ hosts }) => hosts.length > 0);
  }

  /** Clients on a side without hosts believe what they like. */
  mistakenClients(): string[] {
    return this.#clients.flatMap((clients, leg) =>
      clients.flatMap((client, i) => {
        const side = this.#on(leg, this.#sides[leg]![i]!);
        const lladdr = side.find((host) => host.state(leg) === 'MASTER')?.leg(leg)?.ifp.lladdr;
        return lladdr === undefined ? [] : client.mistaken(lladdr);
      }),
    );
  }

  async close(): Promise<void> {
    for (const attacker of this.attackers) attacker.stop();
    for (const clients of this.#clients) for (const client of clients) await client.stop();
    for (const host of this.hosts) await host.stop();
    for (const lan of this.lans) lan[Symbol.dispose]();
    assert.equal(this.clock.armed, 0, 'a callout was left behind');
  }

  /** A host has changed its state. */
  #changed(text: string): void {
    this.note(text);
    this.changedAt = this.clock.now();
    this.vacancies?.look();
  }

  note(text: string): void {
    this.journal.push(`${(this.clock.now() / 1000).toFixed(4).padStart(10)} ${text}`);
  }
}
