import { type Clock, EVENTHANDLER_PRI_FIRST, Kernel, seededRandom } from '../../../core/index.js';
import { CarpModule, type CarpVhid } from '../../carp/index.js';
import { formatLladdr } from '../../ifnet/index.js';
import { type Lan, LanDriver, type LanIfnet } from '../../ifnet/lan/index.js';
import type { DemoHostFact, DemoTell } from './events.js';

/** The shared address. */
export const SHARED = '10.0.0.100';

/** What a {@link DemoHost} is made of. */
export interface DemoHostOptions {
  readonly lan: Lan;
  readonly clock: Clock;
  /** Of its randomness. */
  readonly seed: string;
  readonly tell: DemoTell;
  readonly name: string;
  /** The last byte of its address in 10.0.0.0/24. */
  readonly number: number;
  readonly advskew: number;
}

/** One host: its own kernel, with CARP and an interface on the common segment. */
export class DemoHost {
  #vhid: CarpVhid | undefined;
  #stopped = false;

  private constructor(
    readonly kernel: Kernel,
    readonly ifp: LanIfnet,
    readonly options: DemoHostOptions,
  ) {}

  /** Makes the host, connected to the LAN; it shares the address from {@link join} on. */
  static async create(options: DemoHostOptions): Promise<DemoHost> {
    const { lan, clock, seed, tell, name, number } = options;
    const kernel = new Kernel({ name, clock, random: seededRandom(`${seed} ${name}`) });
    const driver = await kernel.load(LanDriver, { lan });
    const ifp = driver.create({ name: 'eth0', addresses: [`10.0.0.${number}/24`] });
    const host = new DemoHost(kernel, ifp, options);
    host.#observe(tell);
    await kernel.load(CarpModule);
    kernel.sysctl.set('net.inet.carp.preempt', true);
    host.#userHandlers(tell);
    return host;
  }

  /** Of the host. */
  get name(): string {
    return this.kernel.name;
  }

  /** Of its vhid. */
  get state(): string {
    return this.#stopped ? 'stopped' : (this.#vhid?.state ?? 'not started');
  }

  /** Its addresses, and its advskew. */
  fact(): DemoHostFact {
    const { number, advskew } = this.options;
    return { host: this.name, address: `10.0.0.${number}`, lladdr: formatLladdr(this.ifp.lladdr), advskew };
  }

  /** Begins to share the address. */
  join(): void {
    this.#vhid = this.kernel.get(CarpModule).create({
      ifname: 'eth0',
      vhid: 1,
      password: 'demonstration',
      addresses: [`${SHARED}/24`],
      advskew: this.options.advskew,
    });
  }

  /** Shuts the kernel down, which makes CARP bow out. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.kernel.shutdown();
  }

  /** Registered before CARP is loaded, so that of equal priorities ours are called first. */
  #observe(tell: DemoTell): void {
    const { eventhandler } = this.kernel;
    const host = this.name;
    eventhandler.register('carp_state_event', {
      name: 'demo',
      priority: EVENTHANDLER_PRI_FIRST,
      handler: (_vhid, { from, to, reason }) => tell({ event: 'state', host, from, to, reason }),
    });
    eventhandler.register('ifnet_link_event', {
      name: 'demo',
      priority: EVENTHANDLER_PRI_FIRST,
      handler: (_ifp, state) => tell({ event: 'link', host, state }),
    });
    eventhandler.register('ifaddr_event', (_ifp, { prefix }, op) => {
      if (op !== 'CHANGE' && prefix.address.toString() === SHARED) {
        tell({ event: 'address', host, address: SHARED, op });
      }
    });
  }

  /** Handlers as a user would add them: registered in one order, called in the order of their priorities. */
  #userHandlers(tell: DemoTell): void {
    const host = this.name;
    const handlers = [
      ['pager', 19_000],
      ['database', 5000],
      ['metrics', 15_000],
    ] as const;
    for (const [handler, priority] of handlers) {
      this.kernel.eventhandler.register('carp_state_event', {
        name: handler,
        priority,
        handler: (_vhid, { to }) => {
          if (to === 'MASTER') tell({ event: 'handler', host, handler, priority });
        },
      });
    }
  }
}
