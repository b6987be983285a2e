import assert from 'node:assert/strict';
import { seededRandom, VirtualClock } from '../../core/index.js';
import { Lan } from '../../modules/ifnet/lan/index.js';
import { SimHost } from './host.js';
import type { Fault, Plan } from './plan.js';

const NAMES = ['alpha', 'beta', 'gamma', 'delta', 'epsilon'];
/** advbase 1, dead ratio 3, and the largest advskew there is: after this long without faults all must be decided. */
const DEAD_TIME_MS = 3 * 1000 + 240 * (1000 / 256);

/**
 * Several hosts on one segment, and the faults of a plan. What must hold: when nothing has happened for two dead
 * times, every part of the network whose hosts can reach each other has exactly one MASTER, which alone holds the
 * addresses, and is the best where preemption is on; and nothing changes after that.
 */
export class SimNetwork {
  readonly clock = new VirtualClock();
  readonly #lan: Lan;
  readonly #hosts: readonly SimHost[];
  /** What happened, to be read when it went wrong. */
  readonly #journal: string[] = [];
  /** Side of each host's cable in a partition, by name. */
  #sides = new Map<string, number>();

  constructor(private readonly plan: Plan) {
    const { seed, skews, preempt, dualStack } = plan;
    this.#lan = new Lan({ clock: this.clock, random: seededRandom(`${seed} lan`) });
    this.#hosts = skews.map((advskew, i) => {
      const options = { name: NAMES[i]!, number: i + 1, advskew, preempt, dualStack, seed: String(seed) };
      return new SimHost(this.#lan, this.clock, options, (text) => this.#note(text));
    });
  }

  /** Runs the whole plan and checks it. Throws an AssertionError that tells the story. */
  async run(): Promise<void> {
    try {
      for (const host of this.#hosts) await host.start();
      for (const { after, fault } of this.plan.steps) {
        this.clock.advanceSync(after);
        await this.#happen(fault);
      }
      this.#calm();
      this.clock.advanceSync(2 * DEAD_TIME_MS);
      this.#check();
      const settled = this.#journal.length;
      this.clock.advanceSync(2 * DEAD_TIME_MS);
      assert.deepEqual(this.#journal.slice(settled), [], 'it changed again although nothing happened');
    } catch (error) {
      throw new Error(`${String(error)}\n${this.#journal.join('\n')}`, { cause: error });
    }
    await this.#close();
  }

  async #happen(fault: Fault): Promise<void> {
    this.#note(JSON.stringify(fault));
    if (fault.kind === 'heal') return this.#partition(this.#hosts.map(() => 0));
    if (fault.kind === 'partition') return this.#partition(fault.sides);
    if (fault.kind === 'weather') return this.#lan.impair(fault);
    const host = this.#hosts[fault.host % this.#hosts.length]!;
    switch (fault.kind) {
      case 'start':
        await host.start();
        return this.#partition(this.#hosts.map(({ name }) => this.#sides.get(name) ?? 0));
      case 'stop':
        return host.stop();
      case 'crash':
        return host.crash();
      default:
        return this.#strike(fault.kind, host);
    }
  }

  /** Faults of an interface, if the host has one at the moment. */
  #strike(kind: 'cut' | 'mend' | 'down' | 'up' | 'mute' | 'deaf', { ifp }: SimHost): void {
    if (ifp === undefined) return;
    if (kind === 'cut' || kind === 'mend') this.#lan[kind](ifp.port);
    else if (kind === 'mute') ifp.port.impair({ tx: { loss: 1 } });
    else if (kind === 'deaf') ifp.port.impair({ rx: { loss: 1 } });
    else ifp.setUp(kind === 'up');
  }

  #partition(sides: readonly number[]): void {
    this.#sides = new Map(this.#hosts.map(({ name }, i) => [name, sides[i] ?? 0]));
    const groups = [0, 1, 2].map((side) =>
      this.#hosts.filter(({ name }) => this.#sides.get(name) === side).flatMap(({ ifp }) => ifp?.port ?? []),
    );
    this.#lan.partition(...groups);
  }

  /** No more bad weather; what is cut, down, stopped or divided stays so. */
  #calm(): void {
    this.#note('calm');
    this.#lan.impair({ loss: 0, duplicate: 0, reorder: 0, jitterMs: 0 });
    for (const { ifp } of this.#hosts) ifp?.port.impair({});
  }

  #check(): void {
    const able = this.#hosts.filter((host) => host.able);
    for (const host of this.#hosts) {
      if (!host.able)
        assert.ok(['INIT', 'off'].includes(host.state), `${host.name} is ${host.state} without a link`);
      assert.equal(
        host.holds,
        host.state === 'MASTER',
        `${host.name} is ${host.state} and holds: ${host.holds}`,
      );
    }
    for (const side of [0, 1, 2]) {
      const part = able.filter(({ name }) => (this.#sides.get(name) ?? 0) === side);
      if (part.length > 0) this.#checkPart(part);
    }
  }

  #checkPart(part: readonly SimHost[]): void {
    const masters = part.filter(({ state }) => state === 'MASTER');
    const states = part.map(({ name, state }) => `${name} ${state}`).join(', ');
    assert.equal(masters.length, 1, `one MASTER is wanted among ${states}`);
    if (!this.plan.preempt) return;
    const best = part.toSorted((a, b) => a.options.advskew - b.options.advskew)[0]!;
    assert.equal(masters[0]!.name, best.name, `${best.name} has the least advskew among ${states}`);
  }

  async #close(): Promise<void> {
    for (const host of this.#hosts) await host.stop();
    this.#lan[Symbol.dispose]();
    assert.equal(this.clock.armed, 0, 'a callout was left behind');
  }

  #note(text: string): void {
    this.#journal.push(`${(this.clock.now() / 1000).toFixed(4).padStart(10)} ${text}`);
  }
}
