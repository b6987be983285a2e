import {
  CarpetError,
  Kernel,
  type KernelFault,
  type KernelOptions,
  type LogRecord,
  type Random,
  seededRandom,
  VirtualClock,
} from '../../core/index.js';
import { Lan, LanDriver, type LanIfnet, type LanOptions } from '../ifnet/lan/index.js';
import { waitFor } from './wait.js';

/** How a world is made. */
export interface WorldOptions extends Omit<Partial<LanOptions>, 'clock' | 'random'> {
  /** Two worlds with one seed do the same. Default 1. */
  readonly seed?: number | string;
}

/** How a host is made. */
export interface HostOptions {
  /** Default `host1`, `host2` … */
  readonly name?: string;
  /** The addresses of its eth0, with prefix lengths. Default 192.0.2.N/24, for the Nth host. */
  readonly addresses?: readonly string[];
  /** What else its kernel gets: `store`, `import`, `override` … */
  readonly kernel?: Omit<KernelOptions, 'clock' | 'random' | 'log' | 'onError' | 'name'>;
}

/** A kernel with an interface on the LAN. */
export interface WorldHost {
  readonly name: string;
  readonly kernel: Kernel;
  /** Its eth0; on the LAN its name is `NAME:eth0`. */
  readonly ifp: LanIfnet;
  /** What its kernel has logged. */
  readonly log: readonly LogRecord[];
  /** What its handlers, callouts and tasks have thrown. A test that wants an error takes it out; the world throws what is left. */
  readonly faults: KernelFault[];
}

const DEFAULT_LIMIT_MS = 60_000;

/**
 * Hosts on one virtual LAN and one virtual clock: a test of minutes takes milliseconds, needs no rights, and runs the same
 * each time.
 *
 *     const world = new World();
 *     t.after(() => world.close());
 *     const { kernel } = await world.host();
 */
export class World implements AsyncDisposable {
  readonly clock = new VirtualClock();
  readonly random: Random;
  readonly lan: Lan;
  readonly hosts: WorldHost[] = [];

  constructor({ seed = 1, ...wire }: WorldOptions = {}) {
    this.random = seededRandom(seed);
    this.lan = new Lan({ ...wire, clock: this.clock, random: this.random });
  }

  /** One more host. */
  async host({ name, addresses, kernel: options }: HostOptions = {}): Promise<WorldHost> {
    const number = this.hosts.length + 1;
    const own = name ?? `host${number}`;
    const log: LogRecord[] = [];
    const faults: KernelFault[] = [];
    const kernel = new Kernel({
      ...options,
      name: own,
      clock: this.clock,
      random: seededRandom(`${own} ${this.random.uint32()}`),
      log: (record) => log.push(record),
      onError: (fault) => faults.push(fault),
    });
    const driver = await kernel.load(LanDriver, { lan: this.lan });
    const ifp = driver.create({ name: 'eth0', addresses: [...(addresses ?? [`192.0.2.${number}/24`])] });
    const host = { name: own, kernel, ifp, log, faults };
    this.hosts.push(host);
    return host;
  }

  /** Lets so many milliseconds pass, and everything happen that is due in them. */
  async advance(ms: number): Promise<void> {
    await this.clock.advance(ms);
  }

  /**
   * Lets time pass until the condition is true, or the promise has settled: `world.until(kernel.eventhandler.once('…'))`.
   *
   * @param limit milliseconds
   * @returns what the promise resolves with
   * @throws CarpetError ETIMEDOUT that says what the world waits for
   */
  until<T>(what: (() => boolean) | PromiseLike<T>, limit = DEFAULT_LIMIT_MS): Promise<T | undefined> {
    return waitFor(this.clock, what, limit);
  }

  /** As {@link close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Shuts all kernels down. @throws CarpetError EFAULT for what their modules threw and no test took out */
  async close(): Promise<void> {
    for (const { kernel } of this.hosts) await kernel.shutdown();
    this.lan[Symbol.dispose]();
    const faults = this.hosts.flatMap((host) => host.faults.map((fault) => `${host.name}: ${fault.message}`));
    if (faults.length > 0) throw new CarpetError('EFAULT', `a module failed:\n  ${faults.join('\n  ')}`);
  }
}
