/** What makes a vhid a bad MASTER: addresses that cannot be put in place, advertisements that cannot be sent. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { CarpVhid, CarpVhidOptions } from '../../../modules/carp/index.js';
import { IfnetError, IfnetModule, type InetFamily, InetPrefix } from '../../../modules/ifnet/index.js';
import { LanDriver } from '../../../modules/ifnet/lan/index.js';
import { softcOf } from './support/softc.js';
import { type Host, SHARED, World } from './support/world.js';

const eth0 = ({ kernel }: Host) => kernel.get(IfnetModule).byName('eth0')!;

/** Has the host refuse addresses from now on, of one family or both. @returns what mends it */
function refuse(host: Host, ...families: InetFamily[]): () => void {
  const ifp = eth0(host);
  const add = ifp.addAddress.bind(ifp);
  ifp.addAddress = (prefix, options) => {
    if (families.length > 0 && !families.includes(prefix.address.family)) return add(prefix, options);
    throw new IfnetError('EPERM', 'eth0', 'not permitted');
  };
  return () => void (ifp.addAddress = add);
}

/** Has a vhid's advertisements of one family fail from now on. @returns what mends it */
function mute(vhid: CarpVhid, family: InetFamily): () => void {
  const socket = softcOf(vhid).carpIf!.socket(family, 'group')!;
  const send = socket.send.bind(socket);
  socket.send = () => {
    throw new IfnetError('ENOBUFS', 'eth0', 'no room');
  };
  return () => void (socket.send = send);
}

const serving = ({ hosts }: World) =>
  hosts.filter((host) => host.addresses().includes(SHARED)).map(({ name }) => name);

/** Two hosts, the first preferred and preempting, whose addresses are refused. */
async function pair(world: World, common: Partial<CarpVhidOptions> = {}, ...families: InetFamily[]) {
  const hosts = [await world.host(), await world.host()] as const;
  const mend = refuse(hosts[0], ...families);
  const vhids = [
    hosts[0].create({ preempt: true, ...common }),
    hosts[1].create({ advskew: 100, ...common }),
  ] as const;
  return { hosts, vhids, mend };
}

describe('a MASTER that cannot put its addresses in place', () => {
  it('hands over at once, demoted, and says why', async () => {
    await using world = new World();
    const { vhids } = await pair(world);
    world.advance(3010);
    assert.deepEqual([world.masters(), serving(world)], [['host2'], ['host2']]);
    assert.equal(vhids[0].advskew, 240);
    assert.deepEqual(vhids[0].toJSON().demotedBy, [
      `cannot add ${SHARED} to the interface: eth0: not permitted`,
    ]);
    const garps = world.seen.filter(({ kind, port }) => kind === 'garp' && port === 'host1:eth0');
    assert.equal(garps.length, 0, 'what is not there is not announced');
  });

  it('tries again without taking the address from the one that serves, and takes over when it can', async () => {
    await using world = new World();
    const { vhids, mend } = await pair(world);
    world.advance(4000);
    world.history();
    world.advance(120_000);
    assert.deepEqual(world.history(), []);
    mend();
    world.advance(90_000);
    assert.deepEqual([world.masters(), serving(world)], [['host1'], ['host1']]);
    assert.equal(vhids[0].toJSON().demotedBy, undefined);
  });

  it('hands over to peers that know no demotion and do not preempt', async () => {
    await using world = new World();
    const { mend } = await pair(world, { election: 'bsd', preempt: false });
    world.advance(5000);
    assert.deepEqual([world.masters(), serving(world)], [['host2'], ['host2']]);
    mend();
    world.hosts[1]!.carp.list()[0]!.setState('BACKUP');
    world.advance(10);
    assert.deepEqual(serving(world), ['host1'], 'a bow-out is worth a trial at once');
  });

  it('where none can does not go to and fro, and the first that can serves', async () => {
    await using world = new World();
    const { hosts } = await pair(world, { preempt: true });
    const mend = refuse(hosts[1]);
    world.advance(600_000);
    const changes = world.history().length;
    assert.ok(changes < 12, `${changes} changes of state in ten minutes`);
    mend();
    world.advance(3000);
    assert.deepEqual([world.masters(), serving(world)], [['host2'], ['host2']]);
  });

  it('tries every second where it is alone, and announces itself when it can', async () => {
    await using world = new World();
    const host = await world.host();
    const mend = refuse(host);
    const vhid = host.create({ delayedGarp: false });
    world.advance(60_000);
    assert.deepEqual([vhid.state, serving(world)], ['MASTER', []]);
    mend();
    world.advance(1000);
    assert.deepEqual([serving(world), vhid.advskew], [['host1'], 0]);
    assert.equal(world.seen.filter(({ kind }) => kind === 'garp').length, 1);
  });

  it('serves what it can where one family is refused, unless a peer serves both', async () => {
    await using world = new World();
    const addresses = [SHARED, 'fd88::100/64'];
    const hosts = [
      await world.host(['10.88.0.1/24', 'fd88::1/64']),
      await world.host(['10.88.0.2/24', 'fd88::2/64']),
    ];
    refuse(hosts[0]!, 6);
    const vhid = hosts[0]!.create({ addresses, preempt: true });
    world.advance(60_000);
    assert.deepEqual([vhid.state, serving(world), vhid.advskew], ['MASTER', ['host1'], 240]);
    hosts[1]!.create({ addresses, advskew: 100 });
    world.advance(2000);
    assert.deepEqual([world.masters(), serving(world)], [['host2'], ['host2']]);
    world.history();
    world.advance(300_000);
    assert.deepEqual(world.history(), [], 'a trial that fails in part does not disturb either');
    world.lan.cut('host2:eth0');
    world.advance(10_000);
    assert.deepEqual(serving(world), ['host1', 'host2'].slice(0, 1));
  });

  it('takes its failover group along', async () => {
    await using world = new World();
    const hosts = [await world.host(), await world.host()];
    for (const [i, host] of hosts.entries()) {
      host.kernel.get(LanDriver).create({ name: 'eth1', addresses: [`10.77.0.${i + 1}/24`] });
      const common = { advskew: i * 100, failoverGroup: 'firewall', preempt: true };
      host.create({ ...common, vhid: 1 });
      host.create({ ...common, vhid: 2, ifname: 'eth1', addresses: ['10.77.0.100/24'] });
    }
    world.advance(10_000);
    assert.deepEqual(world.masters(), ['host1', 'host1']);
    refuse(hosts[0]!);
    eth0(hosts[0]!).removeAddress(InetPrefix.parse(SHARED));
    world.advance(1500);
    assert.deepEqual(world.masters(), ['host2', 'host2']);
    world.history();
    world.advance(600_000);
    const changes = world.history().length;
    assert.ok(changes < 60, `${changes} changes of state in ten minutes`);
    assert.deepEqual(world.masters(), ['host2', 'host2']);
  });
});

describe('a vhid that cannot send', () => {
  const V6 = ['fd88::100/64'];

  it('demotes those on its interface that use the family, and no others', async () => {
    await using world = new World();
    const host = await world.host(['10.88.0.1/24', 'fd88::1/64']);
    host.kernel.get(LanDriver).create({ name: 'eth1', addresses: ['10.77.0.1/24', 'fd77::1/64'] });
    const six = host.create({ addresses: V6 });
    const both = host.create({ vhid: 2, addresses: ['10.88.0.102/24', 'fd88::102/64'] });
    const four = host.create({ vhid: 3, addresses: ['10.88.0.103/24'] });
    const elsewhere = host.create({ vhid: 4, ifname: 'eth1', addresses: ['fd77::104/64'] });
    world.advance(5000);
    const mend = mute(six, 6);
    world.advance(5000);
    const skews = () => [six, both, four, elsewhere].map(({ advskew }) => advskew);
    assert.deepEqual(skews(), [240, 240, 0, 0]);
    assert.equal(host.carp.tunables.demotion.value, 0);
    assert.deepEqual(six.toJSON().demotedBy![0], 'cannot send advertisements over IPv6 (ENOBUFS)');
    mend();
    world.advance(10_000);
    assert.deepEqual(skews(), [0, 0, 0, 0]);
  });

  it('is demoted as BACKUP for some time only, longer each time that it still cannot', async () => {
    await using world = new World();
    const { vhids } = await world.pair({ preempt: true }, { advskew: 100 });
    const [first] = vhids as [CarpVhid, CarpVhid];
    world.advance(10_000);
    const mend = mute(first, 4);
    world.advance(10_000);
    assert.deepEqual([first.state, first.advskew], ['BACKUP', 240]);
    world.history();
    world.advance(600_000);
    const tries = world.history().filter((line) => line.includes('host1 BACKUP->MASTER')).length;
    assert.ok(tries > 2 && tries < 8, `${tries} tries in ten minutes`);
    mend();
    world.advance(600_000);
    assert.deepEqual([first.state, first.advskew], ['MASTER', 0]);
  });
});
