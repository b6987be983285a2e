import { Kernel, seededRandom, type VirtualClock } from '../../core/index.js';
import { CarpModule, type CarpVhid } from '../../modules/carp/index.js';
import { InetAddress } from '../../modules/ifnet/index.js';
import { type Lan, LanDriver, type LanIfnet } from '../../modules/ifnet/lan/index.js';

export const SHARED4 = InetAddress.parse('10.0.0.100');
export const SHARED6 = InetAddress.parse('fd00::100');

export interface SimHostOptions {
  readonly name: string;
  readonly number: number;
  readonly advskew: number;
  readonly preempt: boolean;
  readonly dualStack: boolean;
  readonly seed: string;
}

interface Running {
  readonly kernel: Kernel;
  readonly ifp: LanIfnet;
  readonly vhid: CarpVhid;
}

/** A host that can crash, be stopped and start again; each start is a new kernel. */
export class SimHost {
  #running: Running | undefined;
  #starts = 0;

  constructor(
    private readonly lan: Lan,
    private readonly clock: VirtualClock,
    readonly options: SimHostOptions,
    private readonly note: (text: string) => void,
  ) {}

  get name(): string {
    return this.options.name;
  }

  get ifp(): LanIfnet | undefined {
    return this.#running?.ifp;
  }

  get state(): string {
    return this.#running?.vhid.state ?? 'off';
  }

  /** Whether it should take part in an election. */
  get able(): boolean {
    return this.#running?.ifp.linkState === 'UP';
  }

  /** Whether the shared addresses are on its interface: all, none, or (never right) some. */
  get holds(): boolean | 'some' {
    const shared = this.options.dualStack ? [SHARED4, SHARED6] : [SHARED4];
    const held = shared.filter((address) => this.ifp?.hasAddress(address) ?? false);
    if (held.length === 0) return false;
    return held.length === shared.length ? true : 'some';
  }

  async start(): Promise<void> {
    if (this.#running !== undefined) return;
    const { name, number, advskew, preempt, dualStack, seed } = this.options;
    const random = seededRandom(`${seed} ${name} ${this.#starts++}`);
    const kernel = new Kernel({ name, clock: this.clock, random });
    const driver = await kernel.load(LanDriver, { lan: this.lan });
    const ifp = driver.create({ name: 'eth0', addresses: [`10.0.0.${number}/24`], linkLocal: dualStack });
    await kernel.load(CarpModule);
    kernel.eventhandler.register('carp_state_event', (_vhid, { from, to, reason }) => {
      this.note(`${name} ${from} -> ${to}: ${reason}`);
    });
    const vhid = kernel.get(CarpModule).create({
      ifname: 'eth0',
      vhid: 1,
      password: 'simulation',
      addresses: dualStack ? [`${SHARED4}/24`, `${SHARED6}/64`] : [`${SHARED4}/24`],
      advskew,
      preempt,
    });
    this.#running = { kernel, ifp, vhid };
  }

  /** The machine is switched off: nothing more leaves it. */
  async crash(): Promise<void> {
    this.#running?.ifp.port[Symbol.dispose]();
    await this.stop();
  }

  /** The service is stopped in order. */
  async stop(): Promise<void> {
    const running = this.#running;
    this.#running = undefined;
    await running?.kernel.shutdown();
  }
}
