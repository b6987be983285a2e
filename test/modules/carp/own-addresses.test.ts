/** What is the host's own on the interface of a vhid, what is carpet's, and what an earlier run has left. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Kernel, seededRandom, VirtualClock } from '../../../core/index.js';
import { CarpModule } from '../../../modules/carp/index.js';
import { IfnetModule, InetAddress, InetPrefix } from '../../../modules/ifnet/index.js';
import { Lan, LanDriver } from '../../../modules/ifnet/lan/index.js';
import { strict } from '../../support/kernel.js';
import { type Host, leaveBehind, SHARED, World } from './support/world.js';

const OWN = '10.88.0.1/24';
const eth0 = ({ kernel }: Host) => kernel.get(IfnetModule).byName('eth0')!;
const warnings = ({ log }: Host) =>
  log
    .filter(({ message }) => message.includes('is an address of this host itself'))
    .map(({ message }) => message);

describe("an address of the host's own among the shared ones", () => {
  it('stays, whatever happens to the vhid, and is warned of in one line', async () => {
    await using world = new World();
    const host = await world.host([OWN, 'fd88::1/64']);
    const vhid = host.create({ addresses: ['10.88.0.1/24', SHARED, 'fd88::1/128'] });
    const own = () => host.addresses().filter((address) => address !== SHARED);
    const all = [OWN, 'fd88::1/64'];
    assert.deepEqual(own(), all);
    world.advance(5000);
    assert.deepEqual([vhid.state, own(), host.addresses().length], ['MASTER', all, 3]);
    vhid.setState('BACKUP');
    assert.deepEqual(own(), all);
    world.advance(5000);
    vhid.configure({ addresses: [SHARED] });
    assert.deepEqual([vhid.state, own()], ['MASTER', all]);
    vhid.configure({ addresses: [SHARED, OWN] });
    host.carp.remove(vhid);
    assert.deepEqual(host.addresses(), all);
    assert.deepEqual(warnings(host), [
      `1@eth0: ${OWN} is an address of this host itself on eth0, and stays there: take it out of "addresses", where only ` +
        'addresses that move between the hosts belong',
      warnings(host)[0]!.replace(OWN, 'fd88::1/64'),
    ]);
  });

  it('is put there by a MASTER when it goes', async () => {
    await using world = new World();
    const host = await world.host([OWN, '10.88.0.9/24']);
    host.create({ addresses: [OWN] });
    world.advance(5000);
    eth0(host).removeAddress(InetPrefix.parse(OWN));
    world.advance(1000);
    assert.ok(host.addresses().includes(OWN));
    assert.equal(eth0(host).addresses.find(({ prefix }) => String(prefix) === OWN)!.vhid, 1);
  });
});

describe('what an earlier run has left', () => {
  const LEFT = ['10.88.0.100/32', '10.88.0.100/25', '10.88.0.77/24', 'fd88::77/64'];

  it('goes, with any prefix length, and what is not in the settings any more', async () => {
    await using world = new World();
    const host = await world.host([OWN, '10.88.0.55/24']);
    leaveBehind(host, ...LEFT);
    host.create();
    host.create({ vhid: 2, addresses: ['10.88.0.101/24'] });
    assert.deepEqual(host.addresses(), [OWN, '10.88.0.55/24']);
    assert.equal(host.log.filter(({ message }) => message.includes('left behind')).length, LEFT.length);
  });

  it('goes as well if it shows after the vhid has its interface, but not what a vhid here has put there', async () => {
    const clock = new VirtualClock();
    const lan = new Lan({ clock, random: seededRandom(1) });
    await using kernel = new Kernel({ ...strict, clock, random: seededRandom(2) });
    const carp = await kernel.load(CarpModule);
    const settings = { ifname: 'eth0', vhid: 1, password: 'x', addresses: [SHARED] };
    carp.create(settings);
    const driver = await kernel.load(LanDriver, { lan, interfaces: [{ name: 'eth0', addresses: [OWN] }] });
    const ifp = kernel.get(IfnetModule).byName('eth0')!;
    clock.advanceSync(5000);
    ifp.addAddress(InetPrefix.parse('10.88.0.77/24'), { protocol: 112 });
    assert.deepEqual(
      ifp.addresses.map(({ prefix }) => String(prefix)),
      [OWN, SHARED],
    );
    assert.ok(driver);
  });

  it('is not what another process has put there, unless it is in the settings here', async () => {
    await using world = new World();
    const host = await world.host();
    leaveBehind(host, ...LEFT);
    const other = eth0(host).claim('carp 0')!;
    host.create();
    assert.deepEqual(host.addresses(), [OWN, '10.88.0.77/24', 'fd88::77/64']);
    leaveBehind(host, '10.88.0.78/24');
    assert.deepEqual(host.addresses().length, 4);
    other[Symbol.dispose]();
    host.create({ vhid: 2, addresses: ['10.88.0.101/24'] });
    assert.deepEqual(host.addresses(), [OWN]);
  });

  it('is no source of advertisements', async () => {
    await using world = new World();
    const host = await world.host([]);
    eth0(host).claim('carp 0');
    leaveBehind(host, '10.88.0.77/24');
    eth0(host).addAddress(InetPrefix.parse('10.88.0.1/25'));
    const peer = await world.host();
    const sources: string[] = [];
    const ifp = eth0(peer);
    ifp.openIp({
      family: 4,
      protocol: 112,
      groups: [InetAddress.parse('224.0.0.18')],
      input: ({ source }) => sources.push(String(source)),
    });
    host.create();
    world.advance(5000);
    assert.deepEqual(new Set(sources), new Set(['10.88.0.1']));
  });

  it('is told by its place where the host keeps no marks: never the only address, nor the source', async () => {
    await using world = new World();
    const old = { notesProtocols: false };
    const only = await world.host([SHARED], old);
    only.create();
    assert.deepEqual(only.addresses(), [SHARED]);
    const source = await world.host(['10.88.0.9/24', '10.88.0.8/24'], old);
    source.create({ addresses: ['10.88.0.8/24'], source: '10.88.0.8', vhid: 2 });
    assert.deepEqual(source.addresses(), ['10.88.0.9/24', '10.88.0.8/24']);
    const left = await world.host(['10.88.0.7/24', SHARED, '10.88.0.77/24'], old);
    const vhid = left.create({ vhid: 3 });
    assert.deepEqual(left.addresses(), ['10.88.0.7/24', '10.88.0.77/24']);
    world.advance(5000);
    vhid.setState('BACKUP');
    assert.deepEqual(left.addresses(), ['10.88.0.7/24', '10.88.0.77/24']);
  });
});

describe('without promote_secondaries', () => {
  it("the host's own address does not go with the shared one; the setting is put back", async () => {
    await using world = new World();
    const host = await world.host([]);
    const ifp = eth0(host);
    const setting = () => ifp.ownSysctl(4, 'promote_secondaries');
    ifp.setSysctl(4, 'promote_secondaries', 0).keep();
    const vhids = [1, 2].map((vhid) => host.create({ vhid, addresses: [`10.88.0.10${vhid}/24`] }));
    world.advance(5000);
    for (const own of [OWN, '10.88.0.2/24']) ifp.addAddress(InetPrefix.parse(own));
    assert.deepEqual(
      ifp.addresses.map(({ secondary }) => secondary),
      [false, true, true, true],
    );
    for (const vhid of vhids) vhid.setState('BACKUP');
    assert.deepEqual(host.addresses(), [OWN, '10.88.0.2/24']);
    host.carp.remove(vhids[0]!);
    assert.equal(setting(), 1);
    const other = ifp.claim('carp 1')!;
    host.carp.remove(vhids[1]!);
    assert.equal(setting(), 1, 'another process needs it');
    other[Symbol.dispose]();
    ifp.setSysctl(4, 'promote_secondaries', 0).keep();
    host.carp.remove(host.create());
    assert.equal(setting(), 0);
  });

  it('the setting is left alone by a vhid that puts no IPv4 address there, or has a virtual interface', async () => {
    await using world = new World();
    const host = await world.host();
    const ifp = eth0(host);
    ifp.setSysctl(4, 'promote_secondaries', 0).keep();
    host.create({ manageAddresses: false });
    host.create({ vhid: 2, addresses: ['fd88::100/64'] });
    host.create({ vhid: 3, addresses: ['10.88.0.103/24'], virtualMac: 'service' });
    world.advance(5000);
    assert.equal(ifp.ownSysctl(4, 'promote_secondaries'), 0);
  });
});
