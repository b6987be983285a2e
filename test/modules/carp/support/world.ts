/** Hosts with CARP on one virtual LAN, on one virtual clock: everything a scenario needs, repeatable from a seed. */
import {
  Kernel,
  type KernelOptions,
  type LogRecord,
  type Random,
  seededRandom,
} from '../../../../core/index.js';
import {
  CarpModule,
  type CarpStateChange,
  type CarpVhid,
  type CarpVhidOptions,
} from '../../../../modules/carp/index.js';
import { IfnetModule, InetPrefix, sameBytes } from '../../../../modules/ifnet/index.js';
import {
  Lan,
  LanDriver,
  type LanInterfaceOptions,
  type LanOptions,
} from '../../../../modules/ifnet/lan/index.js';
import { strict } from '../../../support/kernel.js';
import { SleeperClock } from '../../../support/sleeping-clock.js';
import { memory } from './memory.js';

/** ARP requests and neighbour advertisements by what they announce, CARP packets by their vhid. */
export interface Seen {
  readonly time: number;
  readonly port: string;
  readonly kind: 'carp4' | 'carp6' | 'garp' | 'na';
  /** The Ethernet payload behind the IP header, or the ARP packet. */
  readonly payload: Uint8Array;
}

export interface Transition extends CarpStateChange {
  readonly time: number;
  readonly host: string;
  readonly vhid: string;
}

export interface Host {
  readonly name: string;
  readonly kernel: Kernel;
  readonly carp: CarpModule;
  readonly log: LogRecord[];
  create(options?: Partial<CarpVhidOptions>): CarpVhid;
  /** The addresses on eth0, with their prefix lengths. */
  addresses(): string[];
}

export const SHARED = '10.88.0.100/24';
/** What carpet notes with its addresses. */
const CARP = 112;

/** What a host's kernel has of its own. */
interface WorldKernelOptions extends Pick<KernelOptions, 'clock' | 'predecessor'> {
  /** One in memory by default; null: none. */
  readonly store?: KernelOptions['store'] | null;
}

export class World implements AsyncDisposable {
  readonly clock = new SleeperClock();
  readonly random: Random;
  readonly lan: Lan;
  readonly hosts: Host[] = [];
  readonly seen: Seen[] = [];
  readonly transitions: Transition[] = [];

  constructor(seed: number | string = 1, wire: Omit<Partial<LanOptions>, 'clock' | 'random'> = {}) {
    this.random = seededRandom(seed);
    this.lan = new Lan({ clock: this.clock, random: this.random, latencyMs: 0.5, ...wire });
    this.lan.tap(({ time, port, frame }) => {
      const kind = kindOf(frame);
      if (kind !== undefined)
        this.seen.push({ time, port: port.name, kind, payload: payloadOf(kind, frame) });
    });
  }

  /** A host with eth0 on the LAN; `addresses` default to 10.88.0.n/24 in the order of making. */
  async host(
    addresses?: string[],
    options: Partial<LanInterfaceOptions> = {},
    { store = memory(), ...made }: WorldKernelOptions = {},
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
      ...(store !== null && { store }),
      ...made,
    });
    const own = addresses ?? [`10.88.0.${number}/24`];
    await kernel.load(LanDriver, {
      lan: this.lan,
      interfaces: [{ name: 'eth0', addresses: own, ...options }],
    });
    const carp = await kernel.load(CarpModule);
    kernel.eventhandler.register('carp_state_event', (vhid: CarpVhid, change: CarpStateChange) => {
      this.transitions.push({ ...change, time: this.clock.now(), host: name, vhid: vhid.name });
    });
    const host: Host = {
      name,
      kernel,
      carp,
      log,
      create: (options = {}) =>
        carp.create({ ifname: 'eth0', vhid: 1, password: 'secret', addresses: [SHARED], ...options }),
      addresses: () =>
        kernel
          .get(IfnetModule)
          .byName('eth0')
          ?.addresses.map((address) => address.prefix.toString()) ?? [],
    };
    this.hosts.push(host);
    return host;
  }

  /** `n` hosts with the same vhid, and their vhids; `options` by position. */
  async pair(...options: Partial<CarpVhidOptions>[]): Promise<{ hosts: Host[]; vhids: CarpVhid[] }> {
    const hosts: Host[] = [];
    for (const _ of options) hosts.push(await this.host());
    const vhids = hosts.map((host, i) => host.create(options[i]));
    return { hosts, vhids };
  }

  advance(ms: number): void {
    this.clock.advanceSync(ms);
  }

  /** A machine sleeps without being missed, and is told of it. */
  sleep({ kernel }: Host, ms: number): void {
    this.clock.slept += ms;
    kernel.eventhandler.invoke('power_resume', ms);
  }

  /** `host1:MASTER …` since the last call, at whole milliseconds. */
  history(): string[] {
    return this.transitions
      .splice(0)
      .map(({ time, host, from, to, reason }) => `${Math.round(time)} ${host} ${from}->${to} ${reason}`);
  }

  masters(): string[] {
    return this.hosts.flatMap((host) =>
      host.carp
        .list()
        .filter((v) => v.state === 'MASTER')
        .map(() => host.name),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const host of this.hosts) await host.kernel.shutdown();
    this.lan[Symbol.dispose]();
  }
}

/** Puts an address on eth0 of a host, as a carpet that was killed has left it. */
export function leaveBehind({ kernel }: Host, ...prefixes: string[]): void {
  const ifp = kernel.get(IfnetModule).byName('eth0')!;
  for (const text of prefixes) ifp.addAddress(InetPrefix.parse(text), { nodad: true, protocol: CARP });
}

/** Has a host take packets that seem to come from itself, which Linux does over IPv6 alone unless it is told to. */
export function acceptOwn({ kernel }: Host): void {
  kernel.get(IfnetModule).byName('eth0')!.setSysctl(4, 'accept_local', 1);
}

function kindOf(frame: Uint8Array): Seen['kind'] | undefined {
  const type = (frame[12]! << 8) | frame[13]!;
  if (type === 0x0806) return sameBytes(frame.subarray(28, 32), frame.subarray(38, 42)) ? 'garp' : undefined;
  if (type === 0x0800 && frame[23] === 112) return 'carp4';
  if (type === 0x86dd && frame[20] === 112) return 'carp6';
  if (type === 0x86dd && frame[20] === 58 && frame[54] === 136) return 'na';
  return undefined;
}

function payloadOf(kind: Seen['kind'], frame: Uint8Array): Uint8Array {
  const start = { carp4: 34, carp6: 54, garp: 14, na: 54 }[kind];
  return frame.slice(start);
}
