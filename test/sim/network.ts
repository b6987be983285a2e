import assert from 'node:assert/strict';
import { seededRandom, VirtualClock } from '../../core/index.js';
import { Lan } from '../../modules/ifnet/lan/index.js';
import { SimClient } from './client.js';
import { SimHost, sharedAddresses } from './host.js';
import type { Fault, Plan, Strike } from './plan.js';
import { mastersOf, type Part, VacancyWatch } from './vacancy.js';

const NAMES = ['alpha', 'beta', 'gamma', 'delta', 'epsilon'];

/** The sides of a partition; those of the trial at the end are three more. */
const SIDES = [0, 1, 2, 3, 4, 5];

/** Longer than the worst weather of a plan holds a frame back: 300 ms of jitter, and four times that to reorder. */
const STRAGGLERS_MS = 1600;

/**
 * Several hosts on one segment or between two, each with a client beside it, and the faults of a plan. What must hold:
 * when nothing has happened for two dead times, every part of a segment whose hosts can reach each other has exactly one
 * MASTER, which alone holds the addresses, and is the best where preemption is on; and nothing changes after that.
 * Equal advskews are no excuse. Then two trials, after each of which the same holds again:
 *
 * - The process of each MASTER stands still until another has taken over. When it goes on, no moment is without a
 *   MASTER.
 * - The segments are divided until each half has a MASTER, and united. Two intervals after one of them has yielded, every
 *   client's neighbour cache has the address of the one that is left, whichever half it was in.
 *
 * Nothing is asked for while there are one-way links: they end with the plan. A deaf host has to claim the addresses,
 * as if it were alone, and whoever hears it and stays is right as well; which of them serves nobody can say.
 */
export class SimNetwork {
  readonly clock = new VirtualClock();
  readonly #lans: readonly Lan[];
  readonly #hosts: readonly SimHost[];
  /** Of each segment: beside each host, on the same side of every partition, one client. */
  readonly #clients: readonly (readonly SimClient[])[];
  /** Of each segment: on which side of a partition each host is. */
  readonly #sides: number[][];
  /** What happened, to be read when it went wrong. */
  readonly #journal: string[] = [];
  /** The longest that any of the hosts waits for its master. */
  readonly #deadTime: number;
  #vacancies: VacancyWatch | undefined;
  /** When a state last changed. */
  #changedAt = 0;

  constructor(private readonly plan: Plan) {
    const { seed, skews, advbase, deadRatio, firewall } = plan;
    this.#lans = (firewall ? ['inside', 'outside'] : ['lan']).map(
      (name) => new Lan({ name, clock: this.clock, random: seededRandom(`${seed} ${name}`) }),
    );
    this.#hosts = skews.map(
      (skew, i) =>
        new SimHost(this.#lans, this.clock, plan, NAMES[i]!, i + 1, skew, (text) => this.#changed(text)),
    );
    this.#clients = this.#lans.map((lan, leg) => {
      const shared = sharedAddresses(leg, plan.dualStack).map((text) => text.split('/', 1)[0]!);
      return skews.map((_skew, i) => new SimClient(lan, this.clock, `client of ${NAMES[i]}`, shared));
    });
    this.#sides = this.#lans.map(() => skews.map(() => 0));
    const slowest = Math.max(...skews) / 256;
    this.#deadTime = 1000 * (advbase === 0 ? deadRatio * slowest : deadRatio * advbase + slowest);
  }

  /** Runs the whole plan and checks it. Throws an error that tells the story. */
  async run(): Promise<void> {
    try {
      for (const host of this.#hosts) await host.start();
      for (const [leg, clients] of this.#clients.entries())
        for (const [i, client] of clients.entries())
          await client.start([`10.0.${leg}.${200 + i}/24`, `fd00:${leg}::${200 + i}/64`]);
      for (const { after, fault } of this.plan.steps) {
        this.clock.advanceSync(after);
        await this.#happen(fault);
      }
      this.#calm();
      this.clock.advanceSync(STRAGGLERS_MS);
      this.#settle();
      this.#standStill();
      this.#settle();
      this.#divideForAWhile();
      this.#settle();
      assert.deepEqual(this.#mistakenClients(), []);
    } catch (error) {
      throw new Error(`${String(error)}\n${this.#journal.join('\n')}`, { cause: error });
    }
    await this.#close();
  }

  /** Two dead times later all is as it must be, and stays so. */
  #settle(): void {
    this.clock.advanceSync(2 * this.#deadTime);
    for (const leg of this.#lans.keys()) this.#check(leg);
    for (const part of this.#parts()) this.#checkPart(part);
    const settled = this.#journal.length;
    this.clock.advanceSync(2 * this.#deadTime);
    assert.deepEqual(this.#journal.slice(settled), [], 'it changed again although nothing happened');
  }

  /** The MASTERs' processes stand still until they have been replaced. */
  #standStill(): void {
    const masters = this.#hosts.filter((host) => host.state(0) === 'MASTER');
    this.#note(`${masters.map(({ name }) => name).join(', ')} stand still`);
    for (const master of masters) master.freeze();
    this.clock.advanceSync(2 * this.#deadTime);
    this.#note('they go on');
    const served = this.#parts().filter((part) => mastersOf(part).some(({ frozen }) => !frozen));
    this.#vacancies = new VacancyWatch(this.clock, served);
    for (const master of masters) master.thaw(this.plan.awakening);
    this.clock.advanceSync(2 * this.#deadTime);
    assert.deepEqual(this.#vacancies.end(), []);
    this.#vacancies = undefined;
  }

  /** Every second host is on the other side for a while. */
  #divideForAWhile(): void {
    this.#note('divided');
    for (const [leg, sides] of this.#sides.entries())
      this.#partition(
        leg,
        sides.map((side, i) => side + 3 * (i % 2)),
      );
    this.clock.advanceSync(2 * this.#deadTime);
    this.#note('united');
    for (const [leg, sides] of this.#sides.entries())
      this.#partition(
        leg,
        sides.map((side) => side % 3),
      );
    this.#watchClients();
  }

  async #happen(fault: Fault): Promise<void> {
    this.#note(JSON.stringify(fault));
    switch (fault.kind) {
      case 'heal':
        return this.#divide([]);
      case 'partition':
        return this.#divide(fault.sides);
      case 'weather':
        return this.#lans[this.#leg(fault.leg)]!.impair(fault);
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
      default:
        return this.#strike(fault);
    }
  }

  #host(index: number): SimHost {
    return this.#hosts[index % this.#hosts.length]!;
  }

  #leg(index: number): number {
    return index % this.#lans.length;
  }

  /**
   * Faults of an interface, if the host has one at the moment. A process that stands still goes on first: here it would
   * notice the fault at once.
   */
  #strike({ kind, host, leg }: Strike): void {
    this.#host(host).thaw('timers');
    const ifp = this.#host(host).leg(this.#leg(leg))?.ifp;
    if (ifp === undefined) return;
    if (kind === 'cut' || kind === 'mend') this.#lans[this.#leg(leg)]![kind](ifp.port);
    else if (kind === 'mute') ifp.port.impair({ tx: { loss: 1 } });
    else if (kind === 'deaf') ifp.port.impair({ rx: { loss: 1 } });
    else ifp.setUp(kind === 'up');
  }

  /**
   * All segments alike, as when the line between two sites breaks. Divided differently, vhids that must move together
   * have no place where all of them are wanted.
   */
  #divide(sides: readonly number[]): void {
    for (const leg of this.#lans.keys()) this.#partition(leg, sides);
  }

  #partition(leg: number, sides: readonly number[]): void {
    this.#sides[leg] = this.#hosts.map((_host, i) => sides[i] ?? 0);
    const groups = SIDES.map((side) => [
      ...this.#on(leg, side).flatMap((host) => host.leg(leg)?.ifp.port ?? []),
      ...this.#clients[leg]!.filter((_client, i) => this.#sides[leg]![i] === side).map(({ port }) => port),
    ]);
    this.#lans[leg]!.partition(...groups);
  }

  #on(leg: number, side: number): SimHost[] {
    return this.#hosts.filter((_host, i) => this.#sides[leg]![i] === side);
  }

  /** No more bad weather, and every process runs; what is cut, down, stopped or divided stays so. */
  #calm(): void {
    this.#note('calm');
    for (const host of this.#hosts) host.thaw(this.plan.awakening);
    for (const [leg, lan] of this.#lans.entries()) {
      lan.impair({ loss: 0, duplicate: 0, reorder: 0, jitterMs: 0 });
      for (const host of this.#hosts) host.leg(leg)?.ifp.port.impair({});
    }
  }

  #check(leg: number): void {
    for (const host of this.#hosts) {
      const state = host.state(leg);
      const whole = host.able(leg) || ['INIT', 'off'].includes(state);
      assert.ok(whole, `${host.name} is ${state} without a link`);
      const holds = host.holds(leg);
      assert.equal(holds, state === 'MASTER', `${host.name} is ${state} and holds: ${holds}`);
    }
  }

  /** By segments and the sides of their partitions. */
  #parts(): Part[] {
    const parts = this.#lans.flatMap((_lan, leg) =>
      SIDES.map((side) => ({ leg, hosts: this.#on(leg, side).filter((host) => host.able(leg)) })),
    );
    return parts.filter(({ hosts }) => hosts.length > 0);
  }

  #checkPart(part: Part): void {
    const { leg, hosts } = part;
    const masters = mastersOf(part);
    const states = hosts.map((host) => `${host.name} ${host.state(leg)}`).join(', ');
    assert.equal(masters.length, 1, `on segment ${leg}, one MASTER is wanted among ${states}`);
    // Hosts that lost one of their two legs yield to others: which is the best is then another question.
    if (!this.plan.preempt || this.plan.firewall) return;
    const best = Math.min(...hosts.map(({ advskew }) => advskew));
    assert.equal(masters[0]!.advskew, best, `somebody with a smaller advskew is BACKUP among ${states}`);
  }

  /** Two intervals after the last MASTER has yielded, every client has the address of the one that is left. */
  #watchClients(): void {
    const intervals = this.#parts().flatMap(({ leg, hosts }) =>
      hosts.map((host) => host.leg(leg)!.vhid.interval),
    );
    if (intervals.length === 0) return;
    const bound = 2 * Math.max(...intervals);
    const end = this.clock.now() + 2 * this.#deadTime;
    this.#changedAt = this.clock.now();
    let last: { readonly at: number; readonly mistaken: string[] } | undefined;
    while (this.clock.now() < end) {
      this.clock.advanceSync(bound / 8);
      const mistaken = this.#mistakenClients();
      if (mistaken.length > 0) last = { at: this.clock.now(), mistaken };
    }
    if (last !== undefined && last.at > this.#changedAt + bound)
      assert.fail(`${last.at - this.#changedAt} ms after the last change: ${last.mistaken.join(', ')}`);
  }

  /** Clients on a side without hosts believe what they like. */
  #mistakenClients(): string[] {
    return this.#clients.flatMap((clients, leg) =>
      clients.flatMap((client, i) => {
        const side = this.#on(leg, this.#sides[leg]![i]!);
        const lladdr = side.find((host) => host.state(leg) === 'MASTER')?.leg(leg)?.ifp.lladdr;
        return lladdr === undefined ? [] : client.mistaken(lladdr);
      }),
    );
  }

  async #close(): Promise<void> {
    for (const clients of this.#clients) for (const client of clients) await client.stop();
    for (const host of this.#hosts) await host.stop();
    for (const lan of this.#lans) lan[Symbol.dispose]();
    assert.equal(this.clock.armed, 0, 'a callout was left behind');
  }

  /** A host has changed its state. */
  #changed(text: string): void {
    this.#note(text);
    this.#changedAt = this.clock.now();
    this.#vacancies?.look();
  }

  #note(text: string): void {
    this.#journal.push(`${(this.clock.now() / 1000).toFixed(4).padStart(10)} ${text}`);
  }
}
