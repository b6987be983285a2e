import { AcdModule, type AcdSettings } from '../../../../modules/acd/index.js';
import type { CarpVhid, CarpVhidOptions } from '../../../../modules/carp/index.js';
import { formatLladdr, IfnetModule, InetAddress } from '../../../../modules/ifnet/index.js';
import type { LanIfnet, LanPort } from '../../../../modules/ifnet/lan/index.js';
import { type Host, World } from '../../carp/support/world.js';

/** The shared addresses, as every vhid here has them. */
export const SHARED4 = '10.88.0.100';
export const SHARED6 = 'fd00::100';
export const ADDRESSES = [`${SHARED4}/24`, `${SHARED6}/64`];

export interface Guarded {
  readonly host: Host;
  readonly acd: AcdModule;
  readonly vhid: CarpVhid;
  /** `TIME ADDRESS is used by LLADDR`, for each event since the last call. */
  conflicts(): string[];
  /** The lines of the log that name an intruder. */
  warnings(): string[];
  /** A counter of net.inet.acd.stats. */
  count(name: keyof AcdModule['statistics']): number;
}

const own = (n: number): string[] => [`10.88.0.${n}/24`, `fd00::${n}/64`];

export const eth0 = ({ kernel }: Host): LanIfnet => kernel.get(IfnetModule).byName('eth0') as LanIfnet;

/** A network with hosts whose addresses are guarded, a client, and a port from which anything can be sent. */
export class Scene implements AsyncDisposable {
  readonly world = new World();
  readonly #intruder: LanPort = this.world.lan.connect('intruder', { receive() {}, carrierChanged() {} });
  #client: Host | undefined;

  async guarded(options: Partial<CarpVhidOptions> = {}, settings: AcdSettings = {}): Promise<Guarded> {
    const host = await this.world.host(own(this.world.hosts.length + 1));
    const acd = await host.kernel.load(AcdModule, settings);
    const log: string[] = [];
    host.kernel.eventhandler.register('address_conflict_event', (_ifp, address, lladdr) => {
      log.push(`${Math.round(this.world.clock.now())} ${address} is used by ${formatLladdr(lladdr)}`);
    });
    return {
      host,
      acd,
      vhid: host.create({ addresses: ADDRESSES, ...options }),
      conflicts: () => log.splice(0),
      warnings: () =>
        host.log
          .filter(({ level, message }) => level === 'warning' && message.includes('is using our address'))
          .map(({ message }) => message),
      count: (name) => acd.statistics[name].value,
    };
  }

  /** One that is MASTER by now, and a client that has just talked to it. The clock is at 10 s. */
  async master(options: Partial<CarpVhidOptions> = {}, settings: AcdSettings = {}): Promise<Guarded> {
    const guarded = await this.guarded(options, settings);
    this.#client = await this.world.host(own(9));
    this.world.advance(10_000);
    this.ask();
    this.world.seen.length = 0;
    return guarded;
  }

  /** The client sends something to both addresses. */
  ask(): void {
    for (const text of [SHARED4, SHARED6]) {
      const destination = InetAddress.parse(text);
      const ifp = eth0(this.#client!);
      const socket = ifp.openIp({ family: destination.family, protocol: 99, input: () => {} });
      socket.send(Uint8Array.of(1), { destination });
      this.world.advance(10);
      socket[Symbol.dispose]();
    }
  }

  /** Where the client believes an address to be. */
  known(address: string): string | undefined {
    const lladdr = eth0(this.#client!).neighbour(InetAddress.parse(address))?.lladdr;
    return lladdr && formatLladdr(lladdr);
  }

  /** The intruder sends these frames. */
  send(...frames: Uint8Array[]): void {
    for (const frame of frames) this.#intruder.transmit(frame);
  }

  /** Announcements on the wire since the beginning or the last call, `TIME KIND`. */
  announcements(port = 'host1:eth0'): string[] {
    return this.world.seen
      .splice(0)
      .filter((seen) => seen.port === port && (seen.kind === 'garp' || seen.kind === 'na'))
      .map(({ time, kind }) => `${Math.round(time)} ${kind}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.world[Symbol.asyncDispose]();
  }
}
