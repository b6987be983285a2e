import { Kernel, seededRandom, type VirtualClock } from '../../core/index.js';
import { CarpModule, type CarpVhid } from '../../modules/carp/index.js';
import { CarpSoftc } from '../../modules/carp/softc.js';
import { type IfnetSetting, InetAddress, type InetPrefix } from '../../modules/ifnet/index.js';
import { type Lan, LanDriver, type LanIfnet } from '../../modules/ifnet/lan/index.js';
import { strict } from '../support/kernel.js';
import { AilingWire, type Ailment } from './ailment.js';
import type { Plan } from './plan.js';
import { type Awakening, SimProcess } from './process.js';

/** A host's place on one segment: an interface and the vhid on it. */
export interface Leg {
  readonly ifp: LanIfnet;
  readonly vhid: CarpVhid;
  readonly shared: readonly InetAddress[];
  /** The host's own addresses, while it has them. */
  readonly own: readonly InetPrefix[];
  /** net.ipv6.conf.<if>.disable_ipv6. */
  switch6(off: boolean): void;
}

interface Running {
  readonly kernel: Kernel;
  readonly process: SimProcess;
  readonly legs: readonly Leg[];
}

/** What all hosts share on a segment, with prefix lengths. */
export function sharedAddresses(segment: number, dualStack: boolean): string[] {
  return [`10.0.${segment}.100/24`, ...(dualStack ? [`fd00:${segment}::100/64`] : [])];
}

/** A host that can crash, be stopped and start again; each start is a new kernel. One leg on each segment. */
export class SimHost {
  readonly #wires: readonly AilingWire[];
  #running: Running | undefined;
  #starts = 0;

  constructor(
    private readonly lans: readonly Lan[],
    private readonly clock: VirtualClock,
    private readonly plan: Plan,
    readonly name: string,
    private readonly number: number,
    readonly advskew: number,
    private readonly note: (text: string) => void,
  ) {
    this.#wires = lans.map(() => new AilingWire(clock, name));
  }

  /** Its leg on the segment; undefined while the host is off. */
  leg(index: number): Leg | undefined {
    return this.#running?.legs[index];
  }

  state(index: number): string {
    return this.leg(index)?.vhid.state ?? 'off';
  }

  /** Whether it should take part in an election on the segment. */
  able(index: number): boolean {
    return this.leg(index)?.ifp.linkState === 'UP';
  }

  /** Whether the shared addresses are on its interface: all, none, or (never right) some. */
  holds(index: number): boolean | 'some' {
    const { ifp, shared } = this.leg(index) ?? { shared: [] };
    const held = shared.filter((address) => ifp?.hasAddress(address) ?? false);
    if (held.length === 0) return false;
    return held.length === shared.length ? true : 'some';
  }

  async start(): Promise<void> {
    if (this.#running !== undefined) return;
    const random = seededRandom(`${this.plan.seed} ${this.name} ${this.#starts++}`);
    const process = new SimProcess(this.clock, this.name);
    process.wallOffset = this.plan.clocks?.[this.number - 1] ?? 0;
    const kernel = new Kernel({ ...strict, name: this.name, clock: process, random });
    await kernel.load(CarpModule);
    kernel.eventhandler.register('carp_state_event', (vhid, { from, to, reason }) => {
      this.note(`${this.name} ${vhid.name} ${from} -> ${to}: ${reason}`);
    });
    const legs: Leg[] = [];
    for (const [index, lan] of this.lans.entries())
      legs.push(await this.#addLeg(kernel, process, index, lan));
    this.#running = { kernel, process, legs };
    for (const index of legs.keys()) this.#followSwitches(index);
    process.handled = () => {
      for (const { vhid } of legs) if (vhid instanceof CarpSoftc) vhid.machine.assertInvariants();
    };
  }

  async #addLeg(kernel: Kernel, process: SimProcess, index: number, lan: Lan): Promise<Leg> {
    const { advbase, deadRatio, preempt, dualStack, firewall, seal } = this.plan;
    const driver = index === 0 ? await kernel.load(LanDriver, { lan }) : kernel.get(LanDriver);
    const ifname = `eth${index}`;
    const ifp = driver.create({
      name: ifname,
      lan,
      addresses: [`10.0.${index}.${this.number}/24`],
      linkLocal: dualStack,
    });
    this.#wires[index]!.adopt(ifp);
    process.adopt(ifp);
    const own = ifp.addresses.map(({ prefix }) => prefix);
    let setting: IfnetSetting | undefined;
    const switch6 = (off: boolean): void => {
      if (off) setting ??= ifp.setSysctl(6, 'disable_ipv6', 1);
      else {
        setting?.[Symbol.dispose]();
        setting = undefined;
      }
    };
    const addresses = sharedAddresses(index, dualStack);
    const vhid = kernel.get(CarpModule).create({
      ifname,
      vhid: 1,
      password: 'simulation',
      addresses,
      advbase,
      advskew: this.advskew,
      deadRatio,
      preempt,
      ...(seal && { seal }),
      ...(firewall ? { failoverGroup: 'firewall' } : {}),
    });
    const shared = addresses.map((text) => InetAddress.parse(text.split('/', 1)[0]!));
    return { ifp, vhid, shared, own, switch6 };
  }

  /** One family of a leg breaks. */
  ail(index: number, ailment: Ailment): void {
    this.#wires[index]!.ail(ailment);
    this.#followSwitches(index);
  }

  /** Every family works again. */
  recover(): void {
    for (const [index, wire] of this.#wires.entries()) {
      wire.recover();
      this.#followSwitches(index);
    }
  }

  /** A family that is off has no address of the host's own. */
  #followSwitches(index: number): void {
    const leg = this.leg(index);
    if (leg === undefined) return;
    for (const prefix of leg.own) {
      const off = this.#wires[index]!.isOff(prefix.address.family);
      if (off && leg.ifp.hasAddress(prefix.address)) leg.ifp.removeAddress(prefix);
      if (!off && !leg.ifp.hasAddress(prefix.address)) leg.ifp.addAddress(prefix, { nodad: true });
      if (prefix.address.family === 6) leg.switch6(off);
    }
  }

  /** The process stands still (SIGSTOP); the kernel of the host goes on answering for its addresses. */
  freeze(): void {
    this.#running?.process.stop();
  }

  thaw(first: Awakening): void {
    this.#running?.process.continue(first);
  }

  get frozen(): boolean {
    return this.#running?.process.stopped === true;
  }

  /** The machine is switched off: nothing more leaves it. */
  async crash(): Promise<void> {
    for (const { ifp } of this.#running?.legs ?? []) ifp.port[Symbol.dispose]();
    await this.stop();
  }

  /** The service is stopped in order. */
  async stop(): Promise<void> {
    this.thaw('timers');
    const running = this.#running;
    this.#running = undefined;
    await running?.kernel.shutdown();
    for (const wire of this.#wires) wire.clear();
  }
}
