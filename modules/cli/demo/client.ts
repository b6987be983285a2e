import { type Callout, type Clock, Kernel, seededRandom } from '../../../core/index.js';
import {
  formatLladdr,
  InetAddress,
  IPPROTO_ICMP,
  type IpSocket,
  internetChecksum,
} from '../../ifnet/index.js';
import { type Lan, LanDriver, type LanIfnet } from '../../ifnet/lan/index.js';
import type { DemoHostFact, DemoTell } from './events.js';
import { SHARED } from './host.js';

/** Between two pings. */
const PING_MS = 100;
/** A longer silence is reported. */
const SILENCE_MS = 3 * PING_MS;
const NAME = 'client';
const ADDRESS = '10.0.0.9';

/** The name of the host with a link-layer address. */
export type WhoHas = (lladdr: Uint8Array) => string;

/** What a {@link DemoClient} is made of. */
export interface DemoClientOptions {
  readonly lan: Lan;
  readonly clock: Clock;
  /** Of its randomness. */
  readonly seed: string;
  readonly whoHas: WhoHas;
  readonly tell: DemoTell;
}

/** A host without CARP that uses the shared address: it pings it, and reports what its ARP cache says. */
export class DemoClient {
  readonly #kernel: Kernel;
  readonly #ifp: LanIfnet;
  readonly #clock: Clock;
  readonly #whoHas: WhoHas;
  readonly #tell: DemoTell;
  readonly #callout: Callout;
  readonly #socket: IpSocket;
  readonly #target = InetAddress.parse(SHARED);
  #sequence = 0;
  #lastAnswer = 0;
  #where = '';

  private constructor(
    kernel: Kernel,
    ifp: LanIfnet,
    clock: Clock,
    { whoHas, tell }: Pick<DemoClientOptions, 'whoHas' | 'tell'>,
  ) {
    this.#kernel = kernel;
    this.#ifp = ifp;
    this.#clock = clock;
    this.#whoHas = whoHas;
    this.#tell = tell;
    this.#callout = clock.callout('client ping', () => this.#ping());
    this.#socket = ifp.openIp({
      family: 4,
      protocol: IPPROTO_ICMP,
      input: ({ source }) => this.#answered(source),
    });
    kernel.eventhandler.register('lle_event', ({ address, lladdr }, event) => {
      if (event !== 'RESOLVED' || lladdr === undefined || !address.equals(this.#target)) return;
      tell({
        event: 'learnt',
        host: NAME,
        address: SHARED,
        lladdr: formatLladdr(lladdr),
        at: whoHas(lladdr),
      });
    });
  }

  /** Makes the client, connected to the LAN. */
  static async create({ lan, clock, seed, ...options }: DemoClientOptions): Promise<DemoClient> {
    const kernel = new Kernel({ name: NAME, clock, random: seededRandom(`${seed} ${NAME}`) });
    const driver = await kernel.load(LanDriver, { lan });
    const ifp = driver.create({ name: 'eth0', addresses: [`${ADDRESS}/24`] });
    return new DemoClient(kernel, ifp, clock, options);
  }

  /** Its addresses. */
  fact(): DemoHostFact {
    return { host: NAME, address: ADDRESS, lladdr: formatLladdr(this.#ifp.lladdr) };
  }

  /** Begins to ping. */
  start(): void {
    this.#lastAnswer = this.#clock.now();
    this.#ping();
  }

  #ping(): void {
    this.#callout.reset(PING_MS);
    this.#socket.send(echoRequest(++this.#sequence), { destination: this.#target, ttl: 64 });
  }

  #answered(source: InetAddress): void {
    if (!source.equals(this.#target)) return;
    const now = this.#clock.now();
    const silentMs = now - this.#lastAnswer;
    this.#lastAnswer = now;
    const lladdr = this.#ifp.neighbour(this.#target)?.lladdr;
    const at = lladdr === undefined ? 'nobody' : this.#whoHas(lladdr);
    if (at === this.#where && silentMs <= SILENCE_MS) return;
    this.#where = at;
    this.#tell({ event: 'reachable', host: NAME, address: SHARED, at, silentMs });
  }

  /** Ends it. */
  async stop(): Promise<void> {
    this.#callout.stop();
    this.#socket[Symbol.dispose]();
    await this.#kernel.shutdown();
  }
}

/** RFC 792: type 8, code 0, an identifier and a sequence number, without data. */
function echoRequest(sequence: number): Uint8Array {
  const request = Uint8Array.of(8, 0, 0, 0, 0xca, 0x79, (sequence >> 8) & 0xff, sequence & 0xff);
  const sum = internetChecksum(request);
  request[2] = sum >> 8;
  request[3] = sum & 0xff;
  return request;
}
