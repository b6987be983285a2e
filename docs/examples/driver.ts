/** A driver of your own: a loopback interface, as FreeBSD's lo(4). What is sent to one of its addresses comes back. */
import { inject, Kernel, Module, Scope } from 'carpet-kernel';
import {
  type IfAddress,
  Ifnet,
  IfnetError,
  IfnetModule,
  type IfnetState,
  InetAddress,
  InetPrefix,
  type IpDestination,
  type IpPacket,
  type IpSocket,
  type IpSocketOptions,
  type PacketFilter,
  passes,
} from 'carpet-kernel/ifnet';

const UP = { up: true, running: true, loopback: true, multicast: false, noarp: true, promisc: false };
const LO0: IfnetState = {
  index: 1,
  name: 'lo0',
  type: 'loopback',
  lladdr: new Uint8Array(),
  mtu: 16_384,
  flags: UP,
  linkState: 'UP',
  groups: new Set(['lo']),
  promiscuity: 0,
};

/** Changes take effect, and are reported to the table, before the call returns: the table invokes the events. */
class Loopback extends Ifnet {
  readonly sockets = new Set<LoopbackSocket>();

  constructor(private readonly table: IfnetModule) {
    super(LO0);
  }

  addAddress(prefix: InetPrefix): void {
    if (this.hasAddress(prefix.address)) throw new IfnetError('EEXIST', this.name, `${prefix} is there`);
    this.table.setAddress(this, { prefix, tentative: false, deprecated: false, secondary: false });
  }

  removeAddress(prefix: InetPrefix): void {
    this.table.unsetAddress(this, this.#address(prefix));
  }

  setUp(up: boolean): void {
    const flags = { ...UP, up, running: up };
    this.table.update(this, { ...LO0, flags, linkState: up ? 'UP' : 'DOWN' });
  }

  transmit(): void {
    throw new IfnetError('EOPNOTSUPP', this.name, 'has no link layer');
  }

  openIp(options: IpSocketOptions): IpSocket {
    return new LoopbackSocket(this, options);
  }

  #address(prefix: InetPrefix): IfAddress {
    const found = this.addresses.find((address) => address.prefix.toString() === prefix.toString());
    if (found === undefined) throw new IfnetError('EADDRNOTAVAIL', this.name, `${prefix} is not there`);
    return found;
  }
}

class LoopbackSocket implements IpSocket {
  readonly #options: IpSocketOptions;
  #filter: PacketFilter | undefined;

  constructor(
    private readonly ifp: Loopback,
    options: IpSocketOptions,
  ) {
    this.#options = options;
    this.#filter = options.filter;
    ifp.sockets.add(this);
  }

  send(payload: Uint8Array, { destination, source = destination, ttl = 255 }: IpDestination): void {
    const { family, protocol } = this.#options;
    if (!this.ifp.flags.up) throw new IfnetError('ENETDOWN', this.ifp.name, 'is down');
    if (!this.ifp.hasAddress(destination)) {
      throw new IfnetError('EADDRNOTAVAIL', this.ifp.name, `${destination} is not an address of it`);
    }
    for (const socket of this.ifp.sockets) {
      if (socket.#options.protocol === protocol) socket.#input({ family, source, destination, ttl, payload });
    }
  }

  setFilter(filter: PacketFilter | undefined): void {
    this.#filter = filter;
  }

  /** Nothing waits below: a packet is given to `input` within `send`. */
  drain(): void {}

  [Symbol.dispose](): void {
    this.ifp.sockets.delete(this);
  }

  #input(packet: IpPacket): void {
    const { family, input } = this.#options;
    if (packet.family === family && passes(this.#filter, packet)) input(packet);
  }
}

@Module({ name: 'lo', depends: [IfnetModule] })
class LoopbackDriver {
  constructor(
    @inject(IfnetModule) private readonly table: IfnetModule,
    @inject(Scope) private readonly scope: Scope,
  ) {}

  start(): void {
    const lo0 = new Loopback(this.table);
    this.table.attach(lo0);
    this.scope.defer(() => this.table.detach(lo0));
  }
}

await using kernel = new Kernel();
const { eventhandler } = kernel;
eventhandler.register('ifnet_arrival_event', ({ name }) => console.log(`${name} has arrived`));
eventhandler.register('ifaddr_event', ({ name }, { prefix }, op) => console.log(`${name}: ${op} ${prefix}`));
eventhandler.register('ifnet_link_event', ({ name }, state) => console.log(`${name} is ${state}`));
eventhandler.register('ifnet_departure_event', ({ name }) => console.log(`${name} has gone`));

await kernel.load(LoopbackDriver);
const lo0 = kernel.get(IfnetModule).byName('lo0')!;
lo0.addAddress(InetPrefix.parse('127.0.0.1/8'));
const input = ({ source, payload }: IpPacket): void => console.log(`${payload.join()} from ${source}`);
const socket = lo0.openIp({ family: 4, protocol: 253, input });
socket.send(Uint8Array.of(1, 2, 3), { destination: InetAddress.parse('127.0.0.1') });
lo0.setUp(false);
await kernel.unload('lo');

/* Prints:
lo0 has arrived
lo0: ADD 127.0.0.1/8
1,2,3 from 127.0.0.1
lo0 is DOWN
lo0: DEL 127.0.0.1/8
lo0 has gone
*/
