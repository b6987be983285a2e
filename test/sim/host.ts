import { Kernel, seededRandom, type VirtualClock } from '../../core/index.js';
import {
  CarpModule,
  type CarpStateChange,
  type CarpVhid,
  type CarpVhidOptions,
} from '../../modules/carp/index.js';
import { CarpSoftc } from '../../modules/carp/softc.js';
import { IfnetError, type IfnetSetting, InetAddress, type InetPrefix } from '../../modules/ifnet/index.js';
import { type Lan, LanDriver, type LanIfnet } from '../../modules/ifnet/lan/index.js';
import { succeed } from '../modules/carp/support/successor.js';
import { AilingWire, type Ailment } from './ailment.js';
import type { Plan } from './plan.js';
import { type Awakening, SimProcess } from './process.js';

/** A vhid on a segment, as all hosts have it. */
export interface Place {
  readonly segment: number;
  readonly vhid: number;
}

/** A host's place: an interface and the vhid on it. */
export interface Leg {
  readonly ifp: LanIfnet;
  readonly vhid: CarpVhid;
  readonly shared: readonly InetAddress[];
}

/** What all hosts have in common at the moment, and operators change. */
export interface Terms {
  password: string;
  /** Heard only. */
  passwords: string[];
  /** A second address for each vhid. */
  more: boolean;
}

/** Who is told of what a host does. */
export interface SimHostOwner {
  readonly terms: Terms;
  readonly places: readonly Place[];
  note(text: string): void;
  changed(host: SimHost, vhid: CarpVhid, change: CarpStateChange): void;
  /** A handler or a callout has thrown. */
  failed(error: Error): void;
  /** An event has been handled with all that came of it. */
  handled(host: SimHost): void;
  /** Its module `carp` is about to end, and so do its counters. */
  ends(host: SimHost): void;
}

/** An interface with what is the host's own there. */
interface Card {
  readonly ifp: LanIfnet;
  /** The host's own addresses, while it has them. */
  readonly own: readonly InetPrefix[];
  /** net.ipv6.conf.<if>.disable_ipv6. */
  switch6(off: boolean): void;
}

interface Running {
  readonly kernel: Kernel;
  readonly process: SimProcess;
  readonly cards: readonly Card[];
  legs: readonly Leg[];
}

const NETWORK_BITS = { 4: 24, 6: 64 } as const;

/** What all hosts share at a place, with prefix lengths. */
export function sharedAddresses({ segment, vhid }: Place, dualStack: boolean, more = false): string[] {
  const numbers = [99 + vhid, ...(more ? [149 + vhid] : [])];
  return numbers.flatMap((number) => [
    `10.0.${segment}.${number}/${NETWORK_BITS[4]}`,
    ...(dualStack ? [`fd00:${segment}::${number}/${NETWORK_BITS[6]}`] : []),
  ]);
}

/** A host that can crash, be stopped and start again; each start is a new kernel. One card on each segment. */
export class SimHost {
  readonly #wires: readonly AilingWire[];
  #running: Running | undefined;
  #starts = 0;
  #skew: number;
  /** No shared address can be added. */
  denied = false;

  constructor(
    private readonly lans: readonly Lan[],
    private readonly clock: VirtualClock,
    private readonly plan: Plan,
    readonly name: string,
    readonly number: number,
    private readonly owner: SimHostOwner,
  ) {
    this.#wires = lans.map(() => new AilingWire(clock, name));
    this.#skew = plan.skews[number - 1]!;
  }

  /** Its advskew at a place: each of several vhids prefers another host, unless an operator has set one. */
  advskew(leg: number): number {
    const { skews } = this.plan;
    const i = this.number - 1;
    if (this.#skew !== skews[i]) return this.#skew;
    return skews[(i + this.owner.places[leg]!.vhid - 1) % skews.length]!;
  }

  /** Its leg at the place; undefined while the host is off. */
  leg(index: number): Leg | undefined {
    return this.#running?.legs[index];
  }

  get legs(): readonly Leg[] {
    return this.#running?.legs ?? [];
  }

  get kernel(): Kernel | undefined {
    return this.#running?.kernel;
  }

  /** Packets that the module `carp` was given in this life. */
  get inputs(): number {
    return this.#running?.process.inputs ?? 0;
  }

  state(index: number): string {
    return this.leg(index)?.vhid.state ?? 'off';
  }

  /** Whether it should take part in an election at the place. */
  able(index: number): boolean {
    return this.leg(index)?.ifp.linkState === 'UP';
  }

  /** The link-layer address that serves there. */
  lladdr(index: number): Uint8Array | undefined {
    const leg = this.leg(index);
    return leg && servingIfp(leg).lladdr;
  }

  /** Whether the shared addresses are on its interface: all, none, or (never right) some. */
  holds(index: number): boolean | 'some' {
    const leg = this.leg(index);
    if (leg === undefined) return false;
    const { addresses } = leg.vhid;
    const ifp = servingIfp(leg);
    let held = 0;
    for (const { address } of addresses) if (ifp.hasAddress(address)) held++;
    return held === 0 ? false : held === addresses.length || 'some';
  }

  async start(): Promise<void> {
    if (this.#running !== undefined) return;
    const random = seededRandom(`${this.plan.seed} ${this.name} ${this.#starts++}`);
    const process = new SimProcess(this.clock, this.name, this.plan.rates?.[this.number - 1]);
    process.wallOffset = this.plan.clocks?.[this.number - 1] ?? 0;
    const onError = (error: Error): void => this.owner.failed(error);
    const kernel = new Kernel({ name: this.name, clock: process, random, onError, log: () => {} });
    const cards: Card[] = [];
    for (const [segment, lan] of this.lans.entries())
      cards.push(await this.#addCard(kernel, process, segment, lan));
    await kernel.load(CarpModule);
    kernel.eventhandler.register('carp_state_event', (vhid, change) => {
      this.owner.note(`${this.name} ${vhid.name} ${change.from} -> ${change.to}: ${change.reason}`);
      this.owner.changed(this, vhid, change);
    });
    this.#running = { kernel, process, cards, legs: [] };
    for (const options of this.#vhids()) kernel.get(CarpModule).create(options);
    this.#findLegs();
    for (const segment of cards.keys()) this.#followSwitches(segment);
    process.handled = () => {
      for (const { vhid } of this.legs) if (vhid instanceof CarpSoftc) vhid.machine.assertInvariants();
      this.owner.handled(this);
    };
  }

  /** A successor takes over from its module `carp`, and from `vip`. */
  async upgrade(): Promise<void> {
    const running = this.#running;
    if (running === undefined) return;
    this.thaw('timers');
    this.owner.ends(this);
    running.legs = [];
    await succeed(running, { vhids: this.#vhids() });
    running.process.inputs = 0;
    this.#findLegs();
  }

  /** Gives its vhids the settings as they are meant to be now. */
  reload(): void {
    this.thaw('timers');
    for (const [i, { vhid }] of this.legs.entries()) {
      const { ifname: _ifname, vhid: _vhid, ...changes } = this.#options(i);
      vhid.configure(changes);
    }
  }

  setSkew(skew: number): void {
    this.#skew = skew;
    this.reload();
  }

  async #addCard(kernel: Kernel, process: SimProcess, segment: number, lan: Lan): Promise<Card> {
    const { dualStack } = this.plan;
    const driver = segment === 0 ? await kernel.load(LanDriver, { lan }) : kernel.get(LanDriver);
    const addresses = [`10.0.${segment}.${this.number}/24`];
    const ifp = driver.create({ name: `eth${segment}`, lan, addresses, linkLocal: dualStack });
    this.#wires[segment]!.adopt(ifp);
    process.adopt(ifp);
    this.#mayDeny(ifp);
    const own = ifp.addresses.map(({ prefix }) => prefix);
    let setting: IfnetSetting | undefined;
    const switch6 = (off: boolean): void => {
      if (off) setting ??= ifp.setSysctl(6, 'disable_ipv6', 1);
      else {
        setting?.[Symbol.dispose]();
        setting = undefined;
      }
    };
    return { ifp, own, switch6 };
  }

  #mayDeny(ifp: LanIfnet): void {
    const add = ifp.addAddress.bind(ifp);
    ifp.addAddress = (prefix, options) => {
      if (this.denied && options?.protocol !== undefined)
        throw new IfnetError('EPERM', ifp.name, `${prefix}: no permission`);
      add(prefix, options);
    };
  }

  #vhids(): CarpVhidOptions[] {
    return this.owner.places.map((_place, i) => this.#options(i));
  }

  #options(index: number): CarpVhidOptions {
    const place = this.owner.places[index]!;
    const { advbase, deadRatio, preempt, dualStack, firewall, seal, extras, skews } = this.plan;
    const { password, passwords, more } = this.owner.terms;
    const others = skews.map((_skew, i) => i + 1).filter((number) => number !== this.number);
    const peers = extras?.peers && { peers: others.map((number) => `10.0.${place.segment}.${number}`) };
    return {
      advbase,
      advskew: this.advskew(index),
      deadRatio,
      preempt,
      ...extras,
      ...peers,
      ...(seal && { seal }),
      ...(firewall && { failoverGroup: 'firewall' }),
      ifname: `eth${place.segment}`,
      vhid: place.vhid,
      password,
      passwords,
      addresses: sharedAddresses(place, dualStack, more),
    };
  }

  #findLegs(): void {
    const running = this.#running!;
    const carp = running.kernel.get(CarpModule);
    running.legs = this.owner.places.map(({ segment, vhid }) => {
      const { ifp } = running.cards[segment]!;
      const found = carp.get(ifp.name, vhid)!;
      return { ifp, vhid: found, shared: found.addresses.map(({ address }) => address) };
    });
  }

  /** One family of a card breaks. */
  ail(segment: number, ailment: Ailment): void {
    this.#wires[segment]!.ail(ailment);
    this.#followSwitches(segment);
  }

  /** Every family works again, and addresses can be added. */
  recover(): void {
    this.denied = false;
    for (const [segment, wire] of this.#wires.entries()) {
      wire.recover();
      this.#followSwitches(segment);
    }
  }

  /** A family that is off has no address of the host's own. */
  #followSwitches(segment: number): void {
    const card = this.#running?.cards[segment];
    if (card === undefined) return;
    for (const prefix of card.own) {
      const off = this.#wires[segment]!.isOff(prefix.address.family);
      if (off && card.ifp.hasAddress(prefix.address)) card.ifp.removeAddress(prefix);
      if (!off && !card.ifp.hasAddress(prefix.address)) card.ifp.addAddress(prefix, { nodad: true });
      if (prefix.address.family === 6) card.switch6(off);
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
    for (const { ifp } of this.#running?.cards ?? []) ifp.port[Symbol.dispose]();
    await this.stop();
  }

  /** The service is stopped in order. */
  async stop(): Promise<void> {
    this.thaw('timers');
    const running = this.#running;
    if (running !== undefined) this.owner.ends(this);
    this.#running = undefined;
    await running?.kernel.shutdown();
    for (const wire of this.#wires) wire.clear();
  }
}

/** The interface that carries the addresses: a virtual one with `virtualMac: service`. */
function servingIfp({ ifp, vhid }: Leg): LanIfnet {
  const serving = vhid instanceof CarpSoftc ? vhid.service.ifp : undefined;
  return (serving as LanIfnet | undefined) ?? ifp;
}
