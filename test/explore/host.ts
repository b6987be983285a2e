import { Kernel, type Random, seededRandom } from '../../core/index.js';
import type { CarpMachineState, CarpSealState } from '../../modules/carp/handover/schema.js';
import { CarpModule, type CarpStateChange } from '../../modules/carp/index.js';
import { CarpSoftc } from '../../modules/carp/softc.js';
import { InetAddress, type IpPacket, type IpSocketOptions } from '../../modules/ifnet/index.js';
import { type Lan, LanDriver, type LanIfnet } from '../../modules/ifnet/lan/index.js';
import { type ArmedTimer, ExploredClock, type WorldTime } from './clock.js';
import type { ExploreSettings } from './settings.js';

const SHARED = '10.0.0.100';

/** An advertisement on its way to one host. */
export interface Held {
  readonly to: ExploredHost;
  readonly packet: IpPacket;
  readonly sentAt: number;
  /** Hands it to the protocol. */
  readonly read: () => void;
  /** It was put off since a timer last ran. */
  readonly late: boolean;
}

/** A host at one moment, from which it can go on more than once. */
export interface HostState {
  readonly name: string;
  /** Undefined: it is off. */
  readonly vhid: VhidState | undefined;
  readonly timers: readonly ArmedTimer[];
}

export interface VhidState {
  readonly machine: CarpMachineState;
  readonly seal: CarpSealState;
  /** Between two of its advertisements, in ms. */
  readonly interval: number;
}

/** What the world makes of what a host does. */
export interface ExploredHostOwner {
  readonly time: WorldTime;
  /** A number from 0 to 1 that the search chooses. */
  float(host: ExploredHost): number;
  arrived(held: Held): void;
  changed(host: ExploredHost, change: CarpStateChange): void;
  /** It breaks a rule by that. */
  wrong(what: string): void;
}

/**
 * A host with the real kernel, carp and interface. It is made once: between two runs of the search, and when it crashes,
 * only its vhid goes, so that a run costs no kernels.
 */
export class ExploredHost {
  readonly clock: ExploredClock;
  readonly name: string;
  #kernel!: Kernel;
  #carp!: CarpModule;
  #ifp!: LanIfnet;
  #vhid: CarpSoftc | undefined;
  /** The one that it has when it is on. */
  #spare: CarpSoftc | undefined;
  #told = 'INIT';
  /** What it was like when it had started first. */
  #first: (VhidState & { readonly at: number }) | undefined;
  readonly #shared = InetAddress.parse(SHARED);

  constructor(
    private readonly lan: Lan,
    private readonly owner: ExploredHostOwner,
    readonly number: number,
    private readonly settings: ExploreSettings,
  ) {
    this.clock = new ExploredClock(owner.time);
    this.name = 'abcdefgh'[number]!;
  }

  async make(): Promise<void> {
    const { clock, name } = this;
    const onError = (error: Error): void => this.owner.wrong(String(error));
    this.#kernel = new Kernel({ clock, name, random: this.#random(), onError });
    const driver = await this.#kernel.load(LanDriver, { lan: this.lan });
    this.#ifp = driver.create({ name: 'eth0', addresses: [`10.0.0.${this.number + 1}/24`] });
    this.#adopt(this.#ifp);
    this.#carp = await this.#kernel.load(CarpModule);
    this.#kernel.eventhandler.register('carp_state_event', (_vhid, change) => this.#changed(change));
  }

  /** It is on, and has just started. */
  restart(): void {
    this.#vhid ??= this.#spare;
    this.#told = 'INIT';
    if (this.#vhid === undefined) this.#create();
    else this.#renew(this.#vhid);
  }

  /** It starts after a crash, BACKUP at first. For one that has been on. */
  start(): void {
    this.restart();
    this.owner.changed(this, { from: 'INIT', to: 'BACKUP', reason: 'initialization complete' });
  }

  #create(): void {
    const { preempt, election, skews } = this.settings;
    const advskew = skews[this.number]!;
    // Without a lifetime: it is the host's own timer, and not part of the election.
    const options = {
      ifname: 'eth0',
      vhid: 1,
      password: 'explored',
      addresses: [`${SHARED}/24`],
      lifetime: 'off' as const,
    };
    const vhid = this.#carp.create({ ...options, advskew, preempt, election }) as CarpSoftc;
    this.#vhid = this.#spare = vhid;
    this.#first = { at: this.owner.time.now, ...stateOf(vhid) };
  }

  /** As if it had just started: it takes over the state of one that has, which costs less than to make one. */
  #renew(vhid: CarpSoftc): void {
    const { at, machine, seal } = this.#first!;
    adopt(vhid, later(machine, this.owner.time.now - at), seal);
    vhid.service.follow();
    this.#told = 'BACKUP';
  }

  capture(): HostState {
    const { name, clock } = this;
    const vhid = this.#vhid === undefined ? undefined : stateOf(this.#vhid);
    return { name, vhid, timers: clock.capture() };
  }

  /** Is again as it was, when the time is again what it was. For one that has been on. */
  resume({ vhid, timers }: HostState): void {
    const spare = this.#spare!;
    if (vhid === undefined) this.crash();
    else {
      this.#vhid = spare;
      adopt(spare, vhid.machine, vhid.seal);
      if (this.#ifp.hasAddress(this.#shared) !== (spare.state === 'MASTER')) spare.service.follow();
      this.#told = spare.state;
    }
    this.clock.resume(timers);
  }

  /** Nothing more leaves it; its addresses and timers are gone. */
  crash(): void {
    if (this.#vhid === undefined) return;
    this.#ifp.port.impair({ tx: { loss: 1 } });
    this.#renew(this.#vhid);
    this.#vhid.machine[Symbol.dispose]();
    this.#vhid = undefined;
    this.#ifp.port.impair({});
  }

  get vhid(): CarpSoftc | undefined {
    return this.#vhid;
  }

  get state(): string {
    return this.#vhid?.state ?? 'off';
  }

  get advskew(): number {
    return this.settings.skews[this.number]!;
  }

  /** What its state, timers and addresses violate; to be asked when no event is being handled. */
  check(): void {
    const vhid = this.#vhid;
    const holds = this.#ifp.hasAddress(this.#shared);
    if (holds !== (vhid?.state === 'MASTER'))
      this.owner.wrong(`${this.name} is ${this.state} and holds: ${holds}`);
    if (vhid === undefined) return;
    if (vhid.state !== this.#told) this.owner.wrong(`${this.name} is ${vhid.state} without an event`);
    if (!this.clock.isLate) vhid.machine.assertInvariants();
  }

  async close(): Promise<void> {
    await this.#kernel.shutdown();
  }

  #changed(change: CarpStateChange): void {
    if (change.from !== this.#told)
      this.owner.wrong(`${this.name} leaves ${change.from}, and was last said to be ${this.#told}`);
    this.#told = change.to;
    this.owner.changed(this, change);
  }

  /** Advertisements that arrive are held until the search decides what becomes of them. */
  #adopt(ifp: LanIfnet): void {
    const open = ifp.openIp.bind(ifp);
    ifp.openIp = (options: IpSocketOptions) => {
      const input = (packet: IpPacket): void => {
        const copy = { ...packet, payload: packet.payload.slice() };
        const read = (): void => options.input(copy);
        this.owner.arrived({ to: this, packet: copy, sentAt: this.clock.now(), read, late: false });
      };
      const socket = open({ ...options, input });
      const send = socket.send.bind(socket);
      return Object.assign(socket, {
        send: (payload: Uint8Array, to: Parameters<typeof send>[1]) => {
          // What is told one host alone makes it announce itself, which no election hears: it is lost here.
          if (!to.destination.isMulticast) return;
          if (this.#vhid !== undefined && this.#vhid.state !== 'MASTER')
            this.owner.wrong(`${this.name} advertises as ${this.#vhid.state}`);
          send(payload, to);
        },
      });
    };
  }

  /** Fractions are the search's to choose; everything else is always the same, and decides no election. */
  #random(): Random {
    const random = seededRandom(this.name);
    return {
      float: () => this.owner.float(this),
      below: (n) => random.below(n),
      uint32: () => random.uint32(),
      uint64: () => random.uint64(),
      bytes: (n) => random.bytes(n),
    };
  }
}

function stateOf({ machine, credentials, interval }: CarpSoftc): VhidState {
  return { machine: machine.capture(), seal: credentials.seals.capture(), interval };
}

function adopt(
  { machine: own, credentials }: CarpSoftc,
  machine: CarpMachineState,
  seal: CarpSealState,
): void {
  own[Symbol.dispose]();
  own.adopt(machine);
  credentials.seals.adopt(seal);
}

/** The state of a machine that has just started, so many ms later. */
function later(machine: CarpMachineState, ms: number): CarpMachineState {
  const ear = machine.watch[4];
  const watch = { ...machine.watch, 4: { ...ear, deadline: ear.deadline! + ms } };
  return { ...machine, since: machine.since + ms, watch };
}
