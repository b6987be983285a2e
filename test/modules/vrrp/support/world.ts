/** Hosts with VRRP on one virtual LAN, on one virtual clock: everything a scenario needs, repeatable from a seed. */
import {
  Kernel,
  type KernelOptions,
  type LogRecord,
  type Random,
  seededRandom,
  VirtualClock,
} from '../../../../core/index.js';
import { IfnetModule, InetAddress } from '../../../../modules/ifnet/index.js';
import {
  Lan,
  LanDriver,
  type LanInterfaceOptions,
  type LanOptions,
} from '../../../../modules/ifnet/lan/index.js';
import {
  VrrpModule,
  type VrrpModuleSettings,
  type VrrpRouter,
  type VrrpRouterOptions,
} from '../../../../modules/vrrp/index.js';
import { strict } from '../../../support/kernel.js';
import { memory } from '../../carp/support/memory.js';

export const SHARED = '10.88.0.100/24';
export const SHARED6 = ['fe80::5e:7/64', '2001:db8:88::100/64'];

/** A frame of VRRP as it passed. */
export interface SeenAdvertisement {
  readonly time: number;
  readonly port: string;
  readonly lladdr: string;
  readonly family: 4 | 6;
  readonly payload: Uint8Array;
}

export interface Host {
  readonly name: string;
  readonly kernel: Kernel;
  readonly vrrp: VrrpModule;
  readonly log: LogRecord[];
  create(options?: Partial<VrrpRouterOptions>): VrrpRouter;
  /** Whether the host has the address on some interface. */
  holds(text: string): boolean;
}

export class World implements AsyncDisposable {
  readonly clock = new VirtualClock();
  readonly random: Random;
  readonly lan: Lan;
  readonly hosts: Host[] = [];
  readonly seen: SeenAdvertisement[] = [];
  /** `host1 BACKUP->MASTER master timed out`, with whole milliseconds before. */
  readonly history: string[] = [];

  constructor(seed: number | string = 1, wire: Omit<Partial<LanOptions>, 'clock' | 'random'> = {}) {
    this.random = seededRandom(seed);
    this.lan = new Lan({ clock: this.clock, random: this.random, latencyMs: 0.5, ...wire });
    this.lan.tap(({ time, port, frame }) => {
      const [family, start] = frame[12] === 0x08 ? ([4, 34] as const) : ([6, 54] as const);
      const protocol = frame[12] === 0x08 ? frame[23] : frame[20];
      if (frame[13] === 0x06 || protocol !== 112) return;
      const lladdr = Array.from(frame.subarray(6, 12), (byte) => byte.toString(16).padStart(2, '0')).join(
        ':',
      );
      this.seen.push({ time, port: port.name, lladdr, family, payload: frame.slice(start) });
    });
  }

  /** A host with eth0 on the LAN, 10.88.0.n/24 in the order of making, with a link-local address. */
  async host(
    settings: VrrpModuleSettings = {},
    options: Partial<LanInterfaceOptions> = {},
    given: Partial<KernelOptions> = {},
  ): Promise<Host> {
    const number = this.hosts.length + 1;
    const name = `host${number}`;
    const log: LogRecord[] = [];
    const kernel = new Kernel({
      ...strict,
      clock: this.clock,
      random: seededRandom(`${name} ${this.random.uint32()}`),
      log: (record) => log.push(record),
      name,
      store: memory(),
      ...given,
    });
    await kernel.load(LanDriver, {
      lan: this.lan,
      interfaces: [{ name: 'eth0', addresses: [`10.88.0.${number}/24`], linkLocal: true, ...options }],
    });
    kernel.eventhandler.register('vrrp_state_event', (router, { from, to, reason }) => {
      this.history.push(`${Math.round(this.clock.now())} ${name} ${from}->${to} ${reason} ${router.name}`);
    });
    const vrrp = await kernel.load(VrrpModule, settings);
    const host: Host = {
      name,
      kernel,
      vrrp,
      log,
      create: (given = {}) => vrrp.create({ ifname: 'eth0', vrid: 7, addresses: [SHARED], ...given }),
      holds: (text) => {
        const address = InetAddress.parse(text.split('/', 1)[0]!);
        return kernel
          .get(IfnetModule)
          .list()
          .some((ifp) => ifp.hasAddress(address));
      },
    };
    this.hosts.push(host);
    return host;
  }

  /** Hosts with the same virtual router; `options` by position. */
  async group(...options: Partial<VrrpRouterOptions>[]): Promise<VrrpRouter[]> {
    const hosts: Host[] = [];
    for (const _ of options) hosts.push(await this.host());
    return hosts.map((host, i) => host.create(options[i]));
  }

  advance(ms: number): void {
    this.clock.advanceSync(ms);
  }

  masters(): string[] {
    return this.hosts
      .filter(({ vrrp }) => vrrp.list().some(({ state }) => state === 'MASTER'))
      .map(({ name }) => name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const host of this.hosts) await host.kernel.shutdown();
    this.lan[Symbol.dispose]();
  }
}
