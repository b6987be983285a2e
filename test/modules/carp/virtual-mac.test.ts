/** Service from the virtual MAC, on the virtual LAN: what neighbours and switches see, and what the host keeps of it. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  formatLladdr,
  type Ifnet,
  IfnetError,
  IfnetModule,
  InetAddress,
  parseLladdr,
} from '../../../modules/ifnet/index.js';
import { LanDriver, type LanIfnet } from '../../../modules/ifnet/lan/index.js';
import { virtualIfname } from '../../../modules/vip/place/virtual-inventory.js';
import { softcOf } from './support/softc.js';
import { type Host, SHARED, World } from './support/world.js';

const VMAC = '00:00:5e:00:01:01';
const SERVICE = { virtualMac: 'service' as const, addresses: [SHARED, 'fd00::100/64'] };
const ADDRESSES = SERVICE.addresses.map((text) => InetAddress.parse(text.split('/')[0]!));
const OWN = (n: number) => [`10.88.0.${n}/24`, `fd00::${n}/64`];

const ifnet = (host: Host, name: string): LanIfnet => host.kernel.get(IfnetModule).byName(name) as LanIfnet;
const names = (host: Host): string[] =>
  host.kernel
    .get(IfnetModule)
    .list()
    .map(({ name }) => name);
const addresses = (ifp: Ifnet): string[] => ifp.addresses.map(({ prefix }) => String(prefix));

/** Two hosts with the vhid, the second behind, and a client; and every frame from the virtual MAC by its port. */
async function scene(world: World) {
  const [a, b, client] = [await world.host(OWN(1)), await world.host(OWN(2)), await world.host(OWN(9))];
  const heard: string[] = [];
  const open = (ifp: Ifnet, family: 4 | 6, input = (): void => {}) =>
    ifp.openIp({ family, protocol: 99, input });
  for (const { kernel, name } of [a, b]) {
    kernel.eventhandler.register('ifnet_arrival_event', (ifp) => {
      for (const family of [4, 6] as const) open(ifp, family, () => heard.push(`${name} ${family}`));
    });
  }
  const frames: { time: number; port: string; type: number }[] = [];
  world.lan.tap(({ time, port, frame }) => {
    const type = (frame[12]! << 8) | frame[13]!;
    if (formatLladdr(frame.subarray(6, 12)) === VMAC) frames.push({ time, port: port.name, type });
  });
  const eth0 = ifnet(client, 'eth0');
  const sockets = { 4: open(eth0, 4), 6: open(eth0, 6) };
  return {
    vhids: [a.create(SERVICE), b.create({ ...SERVICE, advskew: 50 })] as const,
    frames,
    /** Who gets what the client sends to the shared addresses, where it sends it, and where the switch sends that. */
    ask: () => {
      heard.length = 0;
      for (const address of ADDRESSES)
        sockets[address.family].send(Uint8Array.of(1), { destination: address });
      world.advance(10);
      const known = ADDRESSES.map((address) => formatLladdr(eth0.neighbour(address)!.lladdr!));
      return { heard: heard.toSorted(), known, port: world.lan.learnt(parseLladdr(VMAC), eth0.port)?.name };
    },
  };
}

describe('service from the virtual MAC', () => {
  it('is the same for the neighbours before and after a failover; the switch finds the master', async () => {
    await using world = new World();
    const { vhids, ask } = await scene(world);
    world.advance(10_000);
    const known = [VMAC, VMAC];
    assert.deepEqual(ask(), { heard: ['host1 4', 'host1 6'], known, port: 'host1:eth0' });
    vhids[0].setState('BACKUP');
    world.advance(5);
    assert.deepEqual(ask(), { heard: ['host2 4', 'host2 6'], known, port: 'host2:eth0' });
    world.lan.cut('host2:eth0');
    world.advance(5000);
    assert.deepEqual(ask(), { heard: ['host1 4', 'host1 6'], known, port: 'host1:eth0' });
  });

  it('lets no frame out from a BACKUP', async () => {
    await using world = new World();
    const { vhids, frames, ask } = await scene(world);
    world.advance(10_000);
    ask();
    assert.deepEqual(new Set(frames.map(({ port }) => port)), new Set(['host1:eth0']));
    vhids[0].setState('BACKUP');
    const handedOver = world.clock.now();
    world.advance(10_000);
    ask();
    const later = frames.filter(({ time }) => time > handedOver);
    assert.deepEqual(new Set(later.map(({ port }) => port)), new Set(['host2:eth0']));
    assert.deepEqual(new Set(later.map(({ type }) => type)), new Set([0x0800, 0x86dd, 0x0806]));
  });

  it('is on an interface of its own, down unless MASTER, and its host is as before afterwards', async () => {
    await using world = new World();
    const host = await world.host(OWN(1));
    const eth0 = ifnet(host, 'eth0');
    const settings = () => [eth0.sysctl(4, 'arp_ignore'), eth0.sysctl(4, 'arp_announce')];
    const before = settings();
    const [one, two] = [1, 2].map((vhid) =>
      host.create({ vhid, virtualMac: 'service', addresses: [`10.88.0.10${vhid}/24`] }),
    ) as [ReturnType<typeof host.create>, ReturnType<typeof host.create>];
    assert.deepEqual(names(host), ['eth0', 'carp1-1', 'carp2-1']);
    const carp1 = ifnet(host, 'carp1-1');
    assert.deepEqual([carp1.flags.up, addresses(carp1)], [false, []]);
    world.advance(5000);
    assert.deepEqual([carp1.flags.up, addresses(carp1)], [true, ['10.88.0.101/24']]);
    assert.deepEqual(addresses(eth0), OWN(1));
    assert.deepEqual([carp1.sysctl(4, 'arp_ignore'), carp1.sysctl(6, 'disable_ipv6')], [1, 1]);
    assert.deepEqual(settings(), [1, 2]);
    const { virtualMac, virtualIfname: carrier } = one.toJSON();
    assert.deepEqual([virtualMac, carrier], [VMAC, 'carp1-1']);

    host.carp.remove(one);
    assert.deepEqual(
      [names(host), settings()],
      [
        ['eth0', 'carp2-1'],
        [1, 2],
      ],
    );
    two.setState('INIT');
    assert.deepEqual([ifnet(host, 'carp2-1').flags.up, addresses(ifnet(host, 'carp2-1'))], [false, []]);
    await host.kernel.unload('carp');
    assert.deepEqual([names(host), settings(), world.clock.armed], [['eth0'], before, 0]);
  });

  it('comes back when somebody removes it, sets it down or takes its address off', async () => {
    await using world = new World();
    const host = await world.host(OWN(1));
    const vhid = host.create(SERVICE);
    world.advance(5000);
    const whole = () => {
      const ifp = softcOf(vhid).service.ifp;
      return ifp !== undefined && ifp.flags.up && addresses(ifp).join() === SERVICE.addresses.join();
    };
    assert.ok(whole());
    world.seen.length = 0;
    softcOf(vhid).service.ifp!.destroy();
    assert.equal(vhid.toJSON().virtualIfname, undefined);
    world.advance(1);
    assert.ok(whole());
    assert.deepEqual(
      world.seen.map(({ kind }) => kind),
      ['garp', 'na'],
    );
    softcOf(vhid).service.ifp!.destroy();
    world.advance(998);
    assert.ok(!whole(), 'not more than once a second');
    world.advance(2);
    assert.ok(whole());
    world.advance(1000);
    softcOf(vhid).service.ifp!.setUp(false);
    world.advance(1);
    assert.ok(whole());
    world.advance(2000);
    softcOf(vhid).service.ifp!.removeAddress(vhid.addresses[0]!);
    world.advance(1);
    assert.deepEqual(addresses(softcOf(vhid).service.ifp!).toSorted(), [...SERVICE.addresses].toSorted());
    assert.equal(vhid.state, 'MASTER');
  });

  it('can be changed while it runs, without a failover', async () => {
    await using world = new World();
    const host = await world.host(OWN(1));
    const vhid = host.create({ ...SERVICE, virtualMac: false });
    world.advance(5000);
    world.history();
    const eth0 = ifnet(host, 'eth0');
    for (const [changes, carrier, lladdr] of [
      [{ virtualMac: 'service' }, 'carp1-1', VMAC],
      [{ lladdr: '02:00:00:00:01:01' }, 'carp1-1', '02:00:00:00:01:01'],
      [{ virtualMac: true }, 'eth0', formatLladdr(eth0.lladdr)],
    ] as const) {
      world.seen.length = 0;
      vhid.configure(changes);
      const announced = world.seen.filter(({ kind }) => kind === 'garp' || kind === 'na');
      assert.deepEqual(
        announced.map(({ payload }) => payload.length),
        [28, 32],
      );
      assert.equal(formatLladdr(announced[0]!.payload.subarray(8, 14)), lladdr);
      assert.deepEqual(addresses(ifnet(host, carrier)).slice(-2), [...SERVICE.addresses]);
    }
    assert.deepEqual([names(host), addresses(eth0)], [['eth0'], [...OWN(1), ...SERVICE.addresses]]);
    assert.deepEqual([eth0.sysctl(4, 'arp_ignore'), world.history()], [0, []]);
  });

  it('is refused with the address of another vhid or of its interface; what was remains', async () => {
    await using world = new World();
    const host = await world.host(OWN(1));
    const vhid = host.create(SERVICE);
    const other = { ...SERVICE, vhid: 2, lladdr: VMAC, addresses: ['10.88.0.102/24'] };
    assert.throws(() => host.create(other), {
      code: 'ESETTINGS',
      message: /lladdr .* is already that of 1@eth0$/,
    });
    const { lladdr } = ifnet(host, 'eth0');
    const message = /^carp 1@eth0: lladdr .* is already that of eth0 itself$/;
    assert.throws(() => vhid.configure({ lladdr }), { code: 'ESETTINGS', message });
    world.advance(5000);
    assert.deepEqual([names(host), host.carp.list()], [['eth0', 'carp1-1'], [vhid]]);
    assert.deepEqual(addresses(softcOf(vhid).service.ifp!), [...SERVICE.addresses]);
  });

  it('hands over where it cannot be made again, and is no use until it can', async () => {
    await using world = new World();
    const [a, b] = [await world.host(OWN(1)), await world.host(OWN(2))];
    const [vhid] = [a.create(SERVICE), b.create({ ...SERVICE, advskew: 50 })];
    world.advance(5000);
    const parent = ifnet(a, 'eth0');
    const [ifp, name] = [softcOf(vhid).service.ifp!, softcOf(vhid).service.ifp!.name];
    world.history();
    a.kernel.eventhandler.register('ifnet_departure_event', (gone) => {
      if (gone === ifp) parent.createMacvlan({ name, lladdr: parseLladdr('02:00:00:00:00:99') });
    });
    ifp.destroy();
    world.advance(3000);
    assert.deepEqual([world.masters(), vhid.advskew], [['host2'], 240]);
    assert.match(vhid.toJSON().demotedBy!.join(), /^cannot make its virtual interface: .*already exists/);
    ifnet(a, name).destroy();
    world.advance(3000);
    assert.deepEqual([softcOf(vhid).service.ifp?.attached, vhid.advskew], [true, 0]);
  });

  it('comes with an interface that comes later, and goes with it', async () => {
    await using world = new World();
    const host = await world.host();
    const vhid = host.create({ ...SERVICE, ifname: 'eth1' });
    const driver = host.kernel.get(LanDriver);
    for (let round = 0; round < 2; round++) {
      const eth1 = driver.create({ name: 'eth1', addresses: ['10.88.0.5/24'] });
      world.advance(5000);
      assert.deepEqual([vhid.state, names(host).length], ['MASTER', 3]);
      assert.deepEqual(addresses(softcOf(vhid).service.ifp!), [...SERVICE.addresses]);
      eth1.destroy();
      world.advance(5000);
      assert.deepEqual(names(host), ['eth0']);
    }
  });
});

describe('what an earlier run has left', () => {
  const alias = 'carpet: vhid 1 on eth0; before: arp_ignore 0 arp_announce 1';

  /** A host on which carpet was killed. */
  async function killed(world: World) {
    const host = await world.host();
    const eth0 = ifnet(host, 'eth0');
    for (const [name, value] of [
      ['arp_ignore', 1],
      ['arp_announce', 2],
    ] as const)
      eth0.setSysctl(4, name, value).keep();
    host.kernel
      .get(LanDriver)
      .createMacvlan({ parent: eth0, name: 'carp1-1', lladdr: parseLladdr(VMAC), alias });
    ifnet(host, 'carp1-1').setUp(true);
    const settings = () => [eth0.sysctl(4, 'arp_ignore'), eth0.sysctl(4, 'arp_announce')];
    return { host, settings };
  }

  it('is replaced, and the settings of before it are put back', async () => {
    await using world = new World();
    const { host, settings } = await killed(world);
    const vhid = host.create(SERVICE);
    assert.equal(softcOf(vhid).service.ifp!.flags.up, false);
    world.advance(5000);
    assert.deepEqual(
      [names(host), settings()],
      [
        ['eth0', 'carp1-1'],
        [1, 2],
      ],
    );
    host.carp.remove(vhid);
    assert.deepEqual([names(host), settings()], [['eth0'], [0, 1]]);
  });

  it('goes too where the vhid needs none any more', async () => {
    await using world = new World();
    const { host, settings } = await killed(world);
    host.create();
    assert.deepEqual([names(host), settings()], [['eth0'], [0, 1]]);
  });

  it("is waited for by the parent's settings, where it is another's", async () => {
    await using world = new World();
    const { host, settings } = await killed(world);
    const vhid = host.create({ ...SERVICE, vhid: 2 });
    host.carp.remove(vhid);
    assert.deepEqual(
      [names(host), settings()],
      [
        ['eth0', 'carp1-1'],
        [1, 2],
      ],
    );
  });

  it('but is not carpet’s is refused, and nothing is left behind', async () => {
    await using world = new World();
    const host = await world.host();
    const parent = ifnet(host, 'eth0');
    host.kernel.get(LanDriver).createMacvlan({ parent, name: 'carp1-1', lladdr: parseLladdr(VMAC) });
    assert.throws(() => host.create(SERVICE), {
      code: 'EEXIST',
      message: /carp1-1 already exists and was not created by carpet/,
    });
    assert.deepEqual([host.carp.list(), parent.sysctl(4, 'arp_ignore')], [[], 0]);
  });
});

it('the name of a virtual interface has at most 15 bytes', () => {
  for (const [index, name] of [
    [2, 'carp255-2'],
    [9_999_999, 'carp255-9999999'],
    [2_147_483_647, 'c255-2147483647'],
  ] as const) {
    assert.equal(virtualIfname({ vhid: 255, virtualPrefix: 'carp' }, { index } as Ifnet), name);
  }
});

it('leaves the election when neither its new settings nor its former ones find a virtual interface, and starts again', async () => {
  await using world = new World();
  const [host, peer] = [await world.host(OWN(1)), await world.host(OWN(2))];
  const vhid = host.create(SERVICE);
  peer.create({ ...SERVICE, advskew: 100 });
  world.advance(5000);
  const eth0 = ifnet(host, 'eth0');
  const create = eth0.createMacvlan.bind(eth0);
  let short = true;
  eth0.createMacvlan = (options) => {
    if (short) throw new IfnetError('ENOMEM', eth0.name, 'out of memory');
    return create(options);
  };
  assert.throws(() => vhid.configure({ lladdr: '02:00:00:00:00:99' }), /out of memory/);
  world.advance(5);
  assert.deepEqual(world.masters(), ['host2'], 'it has bowed out');
  world.advance(10_000);
  short = false;
  world.advance(10_000);
  assert.deepEqual([vhid.state, vhid.settings.lladdr], ['BACKUP', undefined]);
  world.lan.cut('host2:eth0');
  world.advance(10_000);
  const place = softcOf(vhid).service.ifp;
  assert.deepEqual([vhid.state, place && addresses(place)], ['MASTER', SERVICE.addresses]);
});
