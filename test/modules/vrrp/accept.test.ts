/** Accept_Mode (RFC 9568 section 6.1): whether a MASTER answers on its addresses. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  type Ifnet,
  IfnetModule,
  InetAddress,
  IPPROTO_ICMP,
  internetChecksum,
} from '../../../modules/ifnet/index.js';
import { LanIfnet } from '../../../modules/ifnet/lan/index.js';
import type { VrrpRouterOptions } from '../../../modules/vrrp/index.js';
import { type Host, SHARED, World } from './support/world.js';

const ADDRESS = InetAddress.parse(SHARED.split('/')[0]!);

/** A host of the LAN that pings. */
class Client {
  readonly #heard = new Set<number>();
  readonly #ifp: Ifnet;
  #sequence = 0;

  constructor(
    private readonly world: World,
    host: Host,
  ) {
    this.#ifp = host.kernel.get(IfnetModule).byName('eth0')!;
  }

  /** Whether the address answers a ping. */
  ping(destination = ADDRESS): boolean {
    const id = ++this.#sequence;
    const echo = Uint8Array.of(8, 0, 0, 0, 7, 7, 0, id);
    const sum = internetChecksum(echo);
    echo.set([sum >> 8, sum & 0xff], 2);
    using socket = this.#ifp.openIp({
      family: 4,
      protocol: IPPROTO_ICMP,
      input: ({ payload }) => void (payload[0] === 0 && this.#heard.add(payload[7]!)),
    });
    socket.send(echo, { destination });
    this.world.advance(20);
    return this.#heard.has(id);
  }

  /** Whether ARP, or what was announced, says who has it. */
  get knows(): boolean {
    assert.ok(this.#ifp instanceof LanIfnet);
    return this.#ifp.neighbour(ADDRESS)?.lladdr !== undefined;
  }
}

async function setup(world: World, options: Partial<VrrpRouterOptions>) {
  const host = await world.host();
  const client = new Client(world, await world.host());
  const router = host.create(options);
  world.advance(5000);
  assert.equal(router.state, 'MASTER');
  return { host, client, router };
}

/** A MASTER with accept off, and what it asks of interfaces. */
async function watched(world: World, options: Partial<VrrpRouterOptions>) {
  const calls: string[] = [];
  const host = await world.host();
  const watch = (ifp: Ifnet): void => {
    const addAddress = ifp.addAddress.bind(ifp);
    const removeAddress = ifp.removeAddress.bind(ifp);
    const setAccepting = ifp.setAccepting.bind(ifp);
    ifp.addAddress = (...args) => {
      calls.push(`${ifp.name} add`);
      addAddress(...args);
    };
    ifp.removeAddress = (...args) => {
      calls.push(`${ifp.name} remove`);
      removeAddress(...args);
    };
    ifp.setAccepting = (address, accepting) => {
      calls.push(`${ifp.name} ${accepting ? 'accepts' : 'refuses'}`);
      setAccepting(address, accepting);
    };
  };
  host.kernel.eventhandler.register('ifnet_arrival_event', watch);
  watch(host.kernel.get(IfnetModule).byName('eth0')!);
  const router = host.create({ accept: false, ...options });
  world.advance(5000);
  assert.equal(router.state, 'MASTER');
  return { host, router, calls };
}

describe('a MASTER with accept off', () => {
  for (const virtualMac of [false, true]) {
    it(`answers ARP and no ping, ${virtualMac ? 'with' : 'without'} a virtual MAC, and says so`, async () => {
      await using world = new World();
      const { client, router } = await setup(world, { accept: false, virtualMac });
      assert.equal(client.ping(), false);
      assert.ok(client.knows);
      assert.equal(router.toJSON().accept, false);
      assert.equal(client.ping(InetAddress.parse('10.88.0.1')), true, 'its own address');
    });
  }

  it('is the default of no one: accept is on unless it is said', async () => {
    await using world = new World();
    const { client, router } = await setup(world, {});
    assert.equal(client.ping(), true);
    assert.equal(router.toJSON().accept, undefined);
  });

  it('accepts all the same as the owner of the addresses', async () => {
    await using world = new World();
    const { client } = await setup(world, { accept: false, priority: 255 });
    assert.equal(client.ping(), true);
  });

  it('follows its settings while it runs', async () => {
    await using world = new World();
    const { client, router } = await setup(world, { virtualMac: false });
    for (const [changes, answers] of [
      [{ accept: false }, false],
      [{ accept: true }, true],
      [{ accept: false, virtualMac: true }, false],
      [{ virtualMac: false }, false],
      [{ priority: 255 }, true],
      [{ priority: 100 }, false],
    ] as const) {
      router.configure(changes);
      world.advance(2000);
      assert.equal(client.ping(), answers, JSON.stringify(changes));
    }
  });

  it('leaves nothing behind as BACKUP: another host that has the address there answers', async () => {
    await using world = new World();
    const { client, host, router } = await setup(world, { accept: false, virtualMac: false });
    router.setState('INIT');
    world.advance(100);
    const eth0 = host.kernel.get(IfnetModule).byName('eth0')!;
    eth0.addAddress(router.addresses[0]!);
    assert.equal(client.ping(), true);
  });

  it('refuses from before the address is there until after it has gone', async () => {
    await using world = new World();
    const { router, calls } = await watched(world, { virtualMac: false });
    router.setState('INIT');
    assert.deepEqual(calls, ['eth0 refuses', 'eth0 add', 'eth0 remove', 'eth0 accepts']);
  });

  it('accepts again where its virtual interface has gone', async () => {
    await using world = new World();
    const { host, router, calls } = await watched(world, {});
    host.kernel.get(IfnetModule).byName('vrrp7-1')!.destroy();
    host.vrrp.remove(router);
    assert.deepEqual(calls, ['vrrp7-1 refuses', 'vrrp7-1 add', 'vrrp7-1 accepts']);
  });

  it("refuses nothing on an address that is the host's own", async () => {
    await using world = new World();
    const host = await world.host({}, { addresses: ['10.88.0.1/24', SHARED] });
    const client = new Client(world, await world.host());
    const router = host.create({ accept: false, virtualMac: false });
    world.advance(5000);
    assert.equal(router.state, 'MASTER');
    assert.equal(client.ping(), true);
  });

  it('serves where the host cannot refuse, says so, and is demoted for it', async () => {
    await using world = new World();
    const host = await world.host();
    const eth0 = host.kernel.get(IfnetModule).byName('eth0')!;
    const setAccepting = eth0.setAccepting.bind(eth0);
    let able = false;
    eth0.setAccepting = (address, accepting) => {
      const base = Object.getPrototypeOf(LanIfnet.prototype) as Ifnet;
      return able ? setAccepting(address, accepting) : base.setAccepting.call(eth0, address, accepting);
    };
    const client = new Client(world, await world.host());
    const router = host.create({ accept: false, virtualMac: false });
    world.advance(5000);
    assert.equal(router.state, 'MASTER');
    assert.equal(client.ping(), true);
    assert.ok(
      host.log.some(({ message }) => /7@eth0: eth0: cannot refuse packets to 10\.88\.0\.100/.test(message)),
    );
    assert.equal(router.priority, 1);
    able = true;
    world.advance(60_000);
    assert.equal(client.ping(), false);
    assert.equal(router.priority, 100);
  });

  it('needs addresses that carpet puts in place', async () => {
    await using world = new World();
    const host = await world.host();
    for (const other of [{ manageAddresses: false }, { provider: 'none' }])
      assert.throws(() => host.create({ accept: false, ...other }), {
        code: 'ESETTINGS',
        message:
          'vrrp 7@eth0: accept cannot be off for addresses that something else puts in place (manageAddresses, provider)',
      });
  });
});
