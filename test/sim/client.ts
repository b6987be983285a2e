import { type Callout, Kernel, type VirtualClock } from '../../core/index.js';
import { formatLladdr, InetAddress, type IpSocket, sameBytes } from '../../modules/ifnet/index.js';
import { type Lan, LanDriver, type LanIfnet } from '../../modules/ifnet/lan/index.js';

/** How often a client sends something to the shared addresses. */
const REQUEST_MS = 500;
const PROTOCOL = { 4: 1, 6: 58 } as const;

/** A host that uses the shared addresses of a segment and knows of CARP nothing but what its neighbour cache learns. */
export class SimClient {
  readonly #kernel: Kernel;
  readonly #shared: readonly InetAddress[];
  readonly #requests: Callout;
  readonly #sockets: IpSocket[] = [];
  #ifp!: LanIfnet;

  constructor(
    private readonly lan: Lan,
    clock: VirtualClock,
    readonly name: string,
    shared: readonly string[],
  ) {
    this.#kernel = new Kernel({ name, clock });
    this.#shared = shared.map((text) => InetAddress.parse(text));
    this.#requests = clock.callout(`${name} requests`, () => this.#request());
  }

  get port(): LanIfnet['port'] {
    return this.#ifp.port;
  }

  async start(addresses: readonly string[]): Promise<void> {
    const driver = await this.#kernel.load(LanDriver, { lan: this.lan });
    this.#ifp = driver.create({ name: 'eth0', addresses: [...addresses] });
    for (const family of [4, 6] as const)
      this.#sockets.push(this.#ifp.openIp({ family, protocol: PROTOCOL[family], input: () => {} }));
    this.#request();
  }

  async stop(): Promise<void> {
    this.#requests.stop();
    await this.#kernel.shutdown();
  }

  /** Those of the shared addresses that it would send to another link-layer address than this. */
  mistaken(lladdr: Uint8Array, shared: readonly InetAddress[] = this.#shared): string[] {
    return shared.flatMap((address) => {
      const known = this.#ifp.neighbour(address)?.lladdr;
      if (known === undefined || sameBytes(known, lladdr)) return [];
      return `${this.name} believes that ${formatLladdr(known)} has ${address}, not ${formatLladdr(lladdr)}`;
    });
  }

  #request(): void {
    this.#requests.reset(REQUEST_MS);
    for (const destination of this.#shared)
      this.#sockets[destination.family === 4 ? 0 : 1]!.send(new Uint8Array(8), { destination });
  }
}
