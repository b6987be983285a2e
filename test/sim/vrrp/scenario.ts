/** A segment of virtual routers that lives through random faults: see {@link play} for what must hold. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Kernel, seededRandom, VirtualClock } from '../../../core/index.js';
import { CarpModule, type CarpVhid } from '../../../modules/carp/index.js';
import { CarpSoftc } from '../../../modules/carp/softc.js';
import { IfnetModule, InetAddress } from '../../../modules/ifnet/index.js';
import { Lan, LanDriver, type LanIfnet } from '../../../modules/ifnet/lan/index.js';
import { VrrpModule, type VrrpRouter } from '../../../modules/vrrp/index.js';
import { VrrpSoftc } from '../../../modules/vrrp/softc.js';
import { strict } from '../../support/kernel.js';
import { SimProcess } from '../process.js';

const KINDS = [
  'cut',
  'mend',
  'down',
  'up',
  'mute',
  'deaf',
  'stop',
  'crash',
  'start',
  'freeze',
  'thaw',
  'priority',
] as const;

interface Step {
  /** Milliseconds that pass before it. */
  readonly after: number;
  readonly kind: (typeof KINDS)[number];
  readonly host: number;
  /** For `priority`. */
  readonly value: number;
}

const MAX_HOSTS = 4;

export interface Plan {
  readonly seed: number;
  readonly priorities: readonly number[];
  readonly version: 2 | 3;
  readonly ipv6: boolean;
  /** Milliseconds, one for each host: in version 2 all have the first. */
  readonly intervals: readonly number[];
  readonly preempt: boolean;
  readonly preemptDelay: number;
  readonly virtualMac: boolean;
  /**
   * Whether a vhid of CARP lives on the same segment and interfaces: by itself, or in one failover group with the virtual
   * router.
   */
  readonly carp: 'none' | 'beside' | 'grouped';
  /** Of frames, while the faults last. */
  readonly loss: number;
  readonly steps: readonly Step[];
}

const step: fc.Arbitrary<Step> = fc.record({
  after: fc.oneof(fc.constant(0), fc.nat(1500), fc.integer({ min: 3000, max: 9000 })),
  kind: fc.constantFrom(...KINDS),
  host: fc.nat(3),
  value: fc.integer({ min: 1, max: 254 }),
});

export const plan: fc.Arbitrary<Plan> = fc
  .record({
    seed: fc.nat(),
    priorities: fc.array(fc.oneof(fc.constantFrom(100, 254, 255), fc.integer({ min: 1, max: 255 })), {
      minLength: 2,
      maxLength: MAX_HOSTS,
    }),
    version: fc.constantFrom<2 | 3>(2, 3),
    ipv6: fc.boolean(),
    intervals: fc.array(fc.constantFrom(1000, 100, 2000, 3000), { minLength: 4, maxLength: 4 }),
    preempt: fc.boolean(),
    preemptDelay: fc.constantFrom(0, 0, 4000),
    virtualMac: fc.boolean(),
    carp: fc.constantFrom('none', 'beside', 'grouped'),
    loss: fc.constantFrom(0, 0, 0.1, 0.4),
    steps: fc.array(step, { maxLength: 20 }),
  })
  .map((drawn) =>
    drawn.version === 3
      ? drawn
      : { ...drawn, ipv6: false, intervals: drawn.intervals.map(() => Math.max(1000, drawn.intervals[0]!)) },
  );

interface Running {
  readonly kernel: Kernel;
  readonly process: SimProcess;
  readonly ifp: LanIfnet;
  readonly router: VrrpRouter;
  readonly vhid: CarpVhid | undefined;
}

/** The vhid: another number than the virtual router's, and an address of its own. */
const VHID = 9;
const VHID_ADDRESS = InetAddress.parse('10.0.0.200');
const GROUP = 'both';

class SimRouterHost {
  running: Running | undefined;
  priority: number;
  #starts = 0;

  constructor(
    private readonly network: Network,
    readonly number: number,
  ) {
    this.priority = this.fit(network.plan.priorities[number - 1]!);
  }

  /**
   * Of a failover group whose members prefer different hosts nobody can say where it is to be. So both protocols have one
   * order there: no two hosts are equal, as the two break ties differently, and none is VRRP's owner, which CARP lacks.
   */
  fit(priority: number): number {
    if (this.network.plan.carp !== 'grouped') return priority;
    const most = Math.min(Math.max(priority, MAX_HOSTS), 254 - MAX_HOSTS);
    return most - (most % MAX_HOSTS) + this.number - 1;
  }

  get name(): string {
    return `host${this.number}`;
  }

  async start(): Promise<void> {
    if (this.running !== undefined) return;
    const { clock, lan, plan, note } = this.network;
    const process = new SimProcess(clock, this.name);
    const random = seededRandom(`${plan.seed} ${this.name} ${this.#starts++}`);
    const kernel = new Kernel({ ...strict, name: this.name, clock: process, random });
    const driver = await kernel.load(LanDriver, { lan });
    const ifp = driver.create({
      name: 'eth0',
      lan,
      addresses: [`10.0.0.${this.number}/24`],
      linkLocal: true,
    });
    process.adopt(ifp);
    const vrrp = await kernel.load(VrrpModule);
    kernel.eventhandler.register('vrrp_state_event', (_router, { from, to, reason }) => {
      note(`${this.name} ${from} -> ${to}: ${reason}`);
    });
    kernel.eventhandler.register('carp_state_event', (_vhid, { from, to, reason }) => {
      note(`${this.name} CARP ${from} -> ${to}: ${reason}`);
    });
    const { version, intervals, preempt, preemptDelay, virtualMac } = plan;
    const group = plan.carp === 'grouped' ? { failoverGroup: GROUP } : {};
    const router = vrrp.create({
      ifname: 'eth0',
      vrid: 7,
      version,
      priority: this.priority,
      addresses: this.network.shared.map((address) => `${address}/${address.family === 4 ? 24 : 64}`),
      interval: intervals[this.number - 1]!,
      preempt,
      preemptDelay,
      virtualMac,
      ...group,
    });
    const vhid = plan.carp === 'none' ? undefined : await this.#joinCarp(kernel, group);
    process.handled = () => {
      if (router instanceof VrrpSoftc) router.machine.assertInvariants();
      if (vhid instanceof CarpSoftc) vhid.machine.assertInvariants();
    };
    this.running = { kernel, process, ifp, router, vhid };
  }

  get advskew(): number {
    return Math.min(254, 255 - this.priority);
  }

  /** The preferences of CARP are those of VRRP, the other way round. */
  async #joinCarp(kernel: Kernel, group: { failoverGroup?: string }): Promise<CarpVhid> {
    const { preempt, preemptDelay, virtualMac } = this.network.plan;
    return (await kernel.load(CarpModule)).create({
      ifname: 'eth0',
      vhid: VHID,
      password: 'secret',
      advskew: this.advskew,
      addresses: [`${VHID_ADDRESS}/24`],
      preempt,
      preemptDelay,
      ...(virtualMac && { virtualMac: 'service' as const }),
      ...group,
    });
  }

  async stop(): Promise<void> {
    const { running } = this;
    if (running === undefined) return;
    running.process.continue('timers');
    this.running = undefined;
    await running.kernel.shutdown();
  }

  /** The machine is switched off: nothing more leaves it. */
  async crash(): Promise<void> {
    this.running?.ifp.port[Symbol.dispose]();
    await this.stop();
  }

  get frozen(): boolean {
    return this.running?.process.stopped === true;
  }
}

class Network {
  readonly clock = new VirtualClock();
  readonly lan: Lan;
  readonly hosts: SimRouterHost[];
  readonly journal: string[] = [];
  readonly shared: readonly InetAddress[];
  readonly #random;

  constructor(readonly plan: Plan) {
    this.#random = seededRandom(plan.seed);
    this.lan = new Lan({ clock: this.clock, random: this.#random, latencyMs: 0.5, loss: plan.loss });
    this.shared = (plan.ipv6 ? ['fe80::5e:7', 'fd00::100'] : ['10.0.0.100']).map((text) =>
      InetAddress.parse(text),
    );
    this.hosts = plan.priorities.map((_, i) => new SimRouterHost(this, i + 1));
  }

  readonly note = (text: string): void => {
    this.journal.push(`${this.clock.now().toFixed(1)} ${text}`);
  };

  /** The longest time that any of them waits for a master. */
  get deadTime(): number {
    return 4 * Math.max(...this.plan.intervals, 1000);
  }

  /** The hosts that run, and their routers. */
  get live(): { host: SimRouterHost; router: VrrpRouter; vhid: CarpVhid | undefined; ifp: LanIfnet }[] {
    return this.hosts.flatMap((host) => {
      const { running } = host;
      return running === undefined ? [] : [{ host, ...running }];
    });
  }

  async happen({ kind, host: index, value }: Step): Promise<void> {
    const host = this.hosts[index % this.hosts.length]!;
    this.note(`${host.name}: ${kind}`);
    if (kind === 'start') return host.start();
    if (kind === 'stop') return host.stop();
    if (kind === 'crash') return host.crash();
    const { running } = host;
    if (running === undefined) return undefined;
    const { process, ifp, router, vhid } = running;
    if (kind === 'freeze') process.stop();
    else if (kind === 'thaw') process.continue('timers');
    else if (kind === 'down' || kind === 'up') ifp.setUp(kind === 'up');
    else if (kind === 'cut' || kind === 'mend') this.lan[kind](ifp.port);
    else if (kind === 'mute' || kind === 'deaf')
      ifp.port.impair({ [kind === 'mute' ? 'tx' : 'rx']: { loss: 1 } });
    else if (!host.frozen && router.settings.priority !== 255) {
      host.priority = host.fit(value);
      router.configure({ priority: host.priority });
      vhid?.configure({ advskew: host.advskew });
    }
    return undefined;
  }

  /** Nothing is broken any more. */
  calm(): void {
    this.note('calm');
    this.lan.impair({ loss: 0 });
    for (const { host, ifp } of this.live) {
      host.running?.process.continue('sockets');
      ifp.setUp(true);
      this.lan.mend(ifp.port);
      ifp.port.impair({ tx: { loss: 0 }, rx: { loss: 0 } });
    }
  }

  /** All is as it must be, and stays so. */
  settle(): void {
    this.clock.advanceSync(3 * this.deadTime + this.plan.preemptDelay);
    const { live } = this;
    const states = live
      .map(({ host, router }) => `${host.name} ${router.state} ${router.priority}`)
      .join(', ');
    for (const { host, router } of live) {
      const held = this.shared.filter((address) => this.#holds(host, address));
      assert.equal(
        held.length,
        router.state === 'MASTER' ? this.shared.length : 0,
        `${host.name}: ${states}`,
      );
    }
    if (live.length === 0) return;
    const masters = live.filter(({ router }) => router.state === 'MASTER');
    assert.equal(masters.length, 1, `one MASTER is wanted among ${states}`);
    const best = Math.max(...live.map(({ router }) => router.priority));
    if (this.plan.preempt || best === 255) assert.equal(masters[0]!.router.priority, best, states);
    this.#settleCarp(masters[0]!.host);
    const settled = this.journal.length;
    this.clock.advanceSync(2 * this.deadTime);
    assert.deepEqual(this.journal.slice(settled), [], 'it changed again although nothing happened');
  }

  /** The same of the vhid; in one group with the virtual router it is MASTER on the same host. */
  #settleCarp(master: SimRouterHost): void {
    if (this.plan.carp === 'none') return;
    const { live } = this;
    const states = live.map(({ host, vhid }) => `${host.name} CARP ${vhid!.state}`).join(', ');
    for (const { host, vhid } of live)
      assert.equal(this.#holds(host, VHID_ADDRESS), vhid!.state === 'MASTER', `${host.name}: ${states}`);
    const masters = live.filter(({ vhid }) => vhid!.state === 'MASTER');
    assert.equal(masters.length, 1, `one MASTER of CARP is wanted among ${states}`);
    if (this.plan.carp === 'grouped')
      assert.equal(masters[0]!.host, master, `${states}; the virtual router is with ${master.name}`);
  }

  #holds(host: SimRouterHost, address: InetAddress): boolean {
    const interfaces = host.running!.kernel.get(IfnetModule).list();
    return interfaces.some((ifp) => ifp.hasAddress(address));
  }

  async close(): Promise<void> {
    for (const host of this.hosts) await host.stop();
    this.lan[Symbol.dispose]();
  }
}

/**
 * Once the faults are over, two dead times later exactly one of those that run is MASTER, which alone has the addresses,
 * and has the highest priority where preemption is on; and nothing changes after that. The same holds after the MASTER
 * stood still, after it was killed, and after it stopped in order. The machines' invariants hold after every event.
 *
 * @throws Error that tells the story
 */
export async function play(drawn: Plan): Promise<void> {
  const network = new Network(drawn);
  try {
    for (const host of network.hosts) await host.start();
    for (const each of drawn.steps) {
      network.clock.advanceSync(each.after);
      await network.happen(each);
    }
    network.calm();
    network.settle();
    for (const trial of ['freeze', 'crash', 'stop'] as const) {
      const master = network.live.find(({ router }) => router.state === 'MASTER');
      if (master === undefined) break;
      const host = master.host.number - 1;
      await network.happen({ after: 0, kind: trial, host, value: 0 });
      network.clock.advanceSync(2 * network.deadTime);
      network.calm();
      network.settle();
    }
  } catch (error) {
    throw new Error(`${String(error)}\n${network.journal.join('\n')}`, { cause: error });
  }
  await network.close();
}
