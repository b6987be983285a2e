import { CarpetError, Kernel, type StateStore, seededRandom, type VirtualClock } from '../../core/index.js';
import { CarpSoftc } from '../../modules/carp/softc.js';
import { PowerWatch } from '../../modules/host/power-watch.js';
import { IfnetError, type IfnetSetting, type InetPrefix } from '../../modules/ifnet/index.js';
import { type Lan, LanDriver, type LanIfnet } from '../../modules/ifnet/lan/index.js';
import { VipModule, type VipStateChange } from '../../modules/vip/index.js';
import { memory } from '../modules/carp/support/memory.js';
import { succeed } from '../support/succession.js';
import { AilingWire, type Ailment } from './ailment.js';
import type { Place } from './place.js';
import type { Plan } from './plan.js';
import { type Awakening, SimProcess } from './process.js';
import { PROTOCOLS } from './protocol/index.js';
import type { Account, SimVip, Speaker, Terms } from './protocol/protocol.js';

/** A host's place: an interface and the virtual host on it. */
export interface Leg {
  readonly ifp: LanIfnet;
  readonly vip: SimVip;
}

/** Who is told of what a host does. */
export interface SimHostOwner {
  readonly terms: Terms;
  readonly places: readonly Place[];
  note(text: string): void;
  changed(host: SimHost, vip: { readonly name: string }, change: VipStateChange): void;
  /** A handler or a callout has thrown. */
  failed(error: Error): void;
  /** An event has been handled with all that came of it. */
  handled(host: SimHost): void;
  /** Its modules are about to end, and so do their counters. */
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
  power?: PowerWatch;
}

/** A host that can crash, be stopped and start again; each start is a new kernel. One card on each segment. */
export class SimHost implements Speaker {
  readonly #wires: readonly AilingWire[];
  /** What outlives a crash. */
  readonly #store: StateStore = memory();
  #running: Running | undefined;
  #starts = 0;
  #skew: number;
  /** A drain, or the end of one, is under way. */
  #maintained: Promise<void> | undefined;
  /** No shared address can be added. */
  denied = false;

  constructor(
    private readonly lans: readonly Lan[],
    private readonly clock: VirtualClock,
    readonly plan: Plan,
    readonly name: string,
    readonly number: number,
    private readonly owner: SimHostOwner,
  ) {
    this.#wires = lans.map(() => new AilingWire(clock, name));
    this.#skew = plan.skews[number - 1]!;
  }

  get terms(): Terms {
    return this.owner.terms;
  }

  /** Each of several vhids prefers another host, unless an operator has set one. */
  advskew({ turn }: Place): number {
    const { skews } = this.plan;
    const i = this.number - 1;
    if (this.#skew !== skews[i]) return this.#skew;
    return skews[(i + turn) % skews.length]!;
  }

  /** Its leg at the place; undefined while the host is off. */
  leg(index: number): Leg | undefined {
    return this.#running?.legs[index];
  }

  get legs(): readonly Leg[] {
    return this.#running?.legs ?? [];
  }

  /** Whether a vhid of it was neither heard nor sent for, and remembers nothing. */
  get isStranger(): boolean {
    return this.legs.some(({ vip }) => vip instanceof CarpSoftc && !vip.credentials.seals.isAcquainted);
  }

  /** What each of its modules counted, and how many packets it was given, in this life. */
  get accounts(): (Account & { readonly protocol: Place['protocol']; readonly inputs: number })[] {
    const { places } = this.owner;
    const { kernel, process } = this.#running!;
    return protocolsOf(places).map((protocol) => {
      const numbers = new Set(places.flatMap((place) => (place.protocol === protocol ? place.number : [])));
      return { ...PROTOCOLS[protocol].account(kernel), protocol, inputs: process.inputsFor(numbers) };
    });
  }

  state(index: number): string {
    return this.leg(index)?.vip.state ?? 'off';
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
    const { addresses } = leg.vip;
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
    const kernel = new Kernel({
      name: this.name,
      clock: process,
      random,
      onError,
      log: () => {},
      // What is drained stays so.
      ...(this.plan.vrrp && { store: this.#store }),
    });
    const cards: Card[] = [];
    for (const [segment, lan] of this.lans.entries())
      cards.push(await this.#addCard(kernel, process, segment, lan));
    for (const protocol of protocolsOf(this.owner.places))
      await PROTOCOLS[protocol].load(kernel, (vip, change) => {
        this.owner.note(`${this.name} ${vip.name} ${change.from} -> ${change.to}: ${change.reason}`);
        this.owner.changed(this, vip, change);
      });
    this.#running = { kernel, process, cards, legs: [] };
    for (const place of this.owner.places) PROTOCOLS[place.protocol].create(kernel, this, place);
    this.#findLegs();
    for (const segment of cards.keys()) this.#followSwitches(segment);
    process.handled = () => {
      for (const { vip } of this.legs) vip.machine.assertInvariants();
      this.owner.handled(this);
    };
  }

  /** A successor takes over from its modules, unless the host is being drained: carpet refuses it then. */
  async upgrade(): Promise<void> {
    const running = this.#running;
    if (running === undefined || this.#maintained !== undefined) return;
    this.thaw('timers');
    this.owner.ends(this);
    running.legs = [];
    const { places } = this.owner;
    const heirs = protocolsOf(places).map((protocol) =>
      PROTOCOLS[protocol].heir(
        this,
        places.filter((place) => place.protocol === protocol),
      ),
    );
    await succeed(running.kernel, heirs);
    running.process.forgetInputs();
    this.#findLegs();
  }

  /** Gives what it shares the settings as they are meant to be now. */
  reload(): void {
    this.thaw('timers');
    for (const [i, { vip }] of this.legs.entries()) {
      const place = this.owner.places[i]!;
      PROTOCOLS[place.protocol].configure(vip, this, place);
    }
  }

  setSkew(skew: number): void {
    this.#skew = skew;
    this.reload();
  }

  /** The host leaves for maintenance, which takes its time, or comes back from it; unless one of these is under way. */
  maintain(what: 'drain' | 'undrain'): void {
    const running = this.#running;
    if (running === undefined || this.#maintained !== undefined) return;
    this.thaw('timers');
    const done = this.#maintain(what, running.kernel.get(VipModule)).then(() => {
      if (this.#maintained === done) this.#maintained = undefined;
    });
    this.#maintained = done;
  }

  async #maintain(what: 'drain' | 'undrain', { maintenance }: VipModule): Promise<void> {
    try {
      await (what === 'drain' ? maintenance.drain({ force: true }) : maintenance.undrain());
    } catch (error) {
      // It is not drained, or it went down meanwhile.
      if (!(error instanceof CarpetError)) this.owner.failed(error as Error);
      this.owner.note(`${this.name}: ${String(error)}`);
    }
  }

  /** Whether a drain, or the end of one, is under way. */
  get maintained(): boolean {
    return this.#maintained !== undefined;
  }

  async #addCard(kernel: Kernel, process: SimProcess, segment: number, lan: Lan): Promise<Card> {
    const linkLocal = this.owner.places.some(({ families }) => families.includes(6));
    const driver = segment === 0 ? await kernel.load(LanDriver, { lan }) : kernel.get(LanDriver);
    const addresses = [`10.0.${segment}.${this.number}/24`];
    const ifp = driver.create({ name: `eth${segment}`, lan, addresses, linkLocal });
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

  #findLegs(): void {
    const running = this.#running!;
    const { places } = this.owner;
    const vips = protocolsOf(places).flatMap((protocol) => PROTOCOLS[protocol].list(running.kernel));
    running.legs = places.map(({ segment, name }) => ({
      ifp: running.cards[segment]!.ifp,
      vip: vips.find((vip) => vip.name === name)!,
    }));
  }

  /** One family of a card breaks. A process that stands still goes on: what is told of addresses does not wait for it here. */
  ail(segment: number, ailment: Ailment): void {
    this.thaw('timers');
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

  /** A family that is off or bare has no address of the host's own. */
  #followSwitches(segment: number): void {
    const card = this.#running?.cards[segment];
    if (card === undefined) return;
    const wire = this.#wires[segment]!;
    for (const prefix of card.own) {
      const { family } = prefix.address;
      const bare = wire.isBare(family);
      if (bare && card.ifp.hasAddress(prefix.address)) card.ifp.removeAddress(prefix);
      if (!bare && !card.ifp.hasAddress(prefix.address)) card.ifp.addAddress(prefix, { nodad: true });
      if (family === 6) card.switch6(wire.isOff(family));
    }
  }

  /** The process stands still (SIGSTOP); the kernel of the host goes on answering for its addresses. */
  freeze(): void {
    this.#running?.process.stop();
  }

  thaw(first: Awakening): void {
    this.#running?.process.continue(first);
  }

  /** From now on it looks every second whether its machine has slept. */
  watchSleep(): void {
    const running = this.#running;
    if (running === undefined) return;
    const { kernel, process } = running;
    running.power ??= new PowerWatch({
      sleptSinceBoot: () => process.slept,
      list: kernel.eventhandler.defineList('power_resume'),
      count: kernel.sysctl.counter('host.resumes', 'how often the machine was found to have slept'),
      callout: (name, fn) => process.callout(name, fn),
      log: kernel.log,
    });
  }

  /** The machine is suspended: nothing of it runs, and nothing reaches it. */
  suspend(): void {
    this.#running?.process.suspend();
    for (const { ifp } of this.#running?.cards ?? []) ifp.port.impair({ tx: { loss: 1 }, rx: { loss: 1 } });
  }

  /** Its network works again, and its process goes on. */
  wake(first: Awakening): void {
    for (const { ifp } of this.#running?.cards ?? []) ifp.port.impair({});
    this.thaw(first);
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
    running?.power?.[Symbol.dispose]();
    this.#running = undefined;
    this.#maintained = undefined;
    await running?.kernel.shutdown();
    for (const wire of this.#wires) wire.clear();
  }
}

/** The protocols of these places. */
function protocolsOf(places: readonly Place[]): Place['protocol'][] {
  return [...new Set(places.map(({ protocol }) => protocol))];
}

/** The interface that carries the addresses: a virtual one with a virtual MAC. */
function servingIfp({ ifp, vip }: Leg): LanIfnet {
  return (vip.service.ifp as LanIfnet | undefined) ?? ifp;
}
