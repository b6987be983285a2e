import assert from 'node:assert/strict';
import { seededRandom, VirtualClock } from '../../core/index.js';
import { Lan } from '../../modules/ifnet/lan/index.js';
import { SimHost } from './host.js';
import type { Fault, Plan, Strike } from './plan.js';

const NAMES = ['alpha', 'beta', 'gamma', 'delta', 'epsilon'];

/** Longer than the worst weather of a plan holds a frame back: 300 ms of jitter, and four times that to reorder. */
const STRAGGLERS_MS = 1600;

/**
 * Several hosts on one segment or between two, and the faults of a plan. What must hold: when nothing has happened for
 * two dead times, every part of a segment whose hosts can reach each other has exactly one MASTER, which alone holds
 * the addresses, and is the best where preemption is on; and nothing changes after that. Equal advskews are no excuse.
 *
 * Nothing is asked for while there are one-way links: they end with the plan. A deaf host has to claim the addresses,
 * as if it were alone, and whoever hears it and stays is right as well; which of them serves nobody can say.
 */
export class SimNetwork {
  readonly clock = new VirtualClock();
  readonly #lans: readonly Lan[];
  readonly #hosts: readonly SimHost[];
  /** Of each segment: on which side of a partition each host is. */
  readonly #sides: number[][];
  /** What happened, to be read when it went wrong. */
  readonly #journal: string[] = [];
  /** The longest that any of the hosts waits for its master. */
  readonly #deadTime: number;

  constructor(private readonly plan: Plan) {
    const { seed, skews, advbase, deadRatio, firewall } = plan;
    this.#lans = (firewall ? ['inside', 'outside'] : ['lan']).map(
      (name) => new Lan({ name, clock: this.clock, random: seededRandom(`${seed} ${name}`) }),
    );
    this.#hosts = skews.map(
      (skew, i) =>
        new SimHost(this.#lans, this.clock, plan, NAMES[i]!, i + 1, skew, (text) => this.#note(text)),
    );
    this.#sides = this.#lans.map(() => skews.map(() => 0));
    const slowest = Math.max(...skews) / 256;
    this.#deadTime = 1000 * (advbase === 0 ? deadRatio * slowest : deadRatio * advbase + slowest);
  }

  /** Runs the whole plan and checks it. Throws an error that tells the story. */
  async run(): Promise<void> {
    try {
      for (const host of this.#hosts) await host.start();
      for (const { after, fault } of this.plan.steps) {
        this.clock.advanceSync(after);
        await this.#happen(fault);
      }
      this.#calm();
      this.clock.advanceSync(STRAGGLERS_MS);
      this.clock.advanceSync(2 * this.#deadTime);
      for (const leg of this.#lans.keys()) this.#check(leg);
      const settled = this.#journal.length;
      this.clock.advanceSync(2 * this.#deadTime);
      assert.deepEqual(this.#journal.slice(settled), [], 'it changed again although nothing happened');
    } catch (error) {
      throw new Error(`${String(error)}\n${this.#journal.join('\n')}`, { cause: error });
    }
    await this.#close();
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

  /** Faults of an interface, if the host has one at the moment. */
  #strike({ kind, host, leg }: Strike): void {
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
    const groups = [0, 1, 2].map((side) =>
      this.#on(leg, side).flatMap((host) => host.leg(leg)?.ifp.port ?? []),
    );
    this.#lans[leg]!.partition(...groups);
  }

  #on(leg: number, side: number): SimHost[] {
    return this.#hosts.filter((_host, i) => this.#sides[leg]![i] === side);
  }

  /** No more bad weather; what is cut, down, stopped or divided stays so. */
  #calm(): void {
    this.#note('calm');
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
    for (const side of [0, 1, 2]) {
      const part = this.#on(leg, side).filter((host) => host.able(leg));
      if (part.length > 0) this.#checkPart(leg, part);
    }
  }

  #checkPart(leg: number, part: readonly SimHost[]): void {
    const masters = part.filter((host) => host.state(leg) === 'MASTER');
    const states = part.map((host) => `${host.name} ${host.state(leg)}`).join(', ');
    assert.equal(masters.length, 1, `on segment ${leg}, one MASTER is wanted among ${states}`);
    // Hosts that lost one of their two legs yield to others: which is the best is then another question.
    if (!this.plan.preempt || this.plan.firewall) return;
    const best = Math.min(...part.map(({ advskew }) => advskew));
    assert.equal(masters[0]!.advskew, best, `somebody with a smaller advskew is BACKUP among ${states}`);
  }

  async #close(): Promise<void> {
    for (const host of this.#hosts) await host.stop();
    for (const lan of this.#lans) lan[Symbol.dispose]();
    assert.equal(this.clock.armed, 0, 'a callout was left behind');
  }

  #note(text: string): void {
    this.#journal.push(`${(this.clock.now() / 1000).toFixed(4).padStart(10)} ${text}`);
  }
}
