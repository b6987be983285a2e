/** A macvlan on the virtual LAN: what CARP's virtual link-layer address needs. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Kernel, seededRandom, VirtualClock } from '../../../../core/index.js';
import { formatLladdr, InetAddress, InetPrefix, parseLladdr } from '../../../../modules/ifnet/index.js';
import { Lan, LanDriver } from '../../../../modules/ifnet/lan/index.js';
import { strict } from '../../../support/kernel.js';

const VMAC = parseLladdr('00:00:5e:00:01:01');
const SHARED = InetPrefix.parse('10.0.0.100/24');

async function bed() {
  const clock = new VirtualClock();
  const lan = new Lan({ clock, random: seededRandom(1) });
  const kernel = new Kernel({ ...strict, clock, name: 'alpha' });
  const events: string[] = [];
  const { eventhandler } = kernel;
  eventhandler.register('if_clone_event', (ifp, kind, op) => void events.push(`${ifp.name} ${kind} ${op}`));
  eventhandler.register('ifnet_link_event', (ifp, state) => void events.push(`${ifp.name} ${state}`));
  eventhandler.register('ifnet_departure_event', (ifp) => void events.push(`${ifp.name} departure`));
  const driver = await kernel.load(LanDriver, { lan });
  const eth0 = driver.create({ name: 'eth0', addresses: ['10.0.0.1/24'] });
  const carp0 = driver.createMacvlan({ parent: eth0, name: 'carp0', lladdr: VMAC });
  const client = await new Kernel({ ...strict, clock, name: 'client' }).load(LanDriver, { lan });
  const other = client.create({ name: 'eth0', addresses: ['10.0.0.9/24'] });
  return { clock, lan, kernel, driver, eth0, carp0, other, events };
}

describe('a macvlan', () => {
  it('answers for its addresses with its own link-layer address, on the cable of its parent', async () => {
    const { clock, lan, eth0, carp0, other } = await bed();
    carp0.setUp(true);
    carp0.addAddress(SHARED);
    using socket = other.openIp({ family: 4, protocol: 112, input: () => {} });
    socket.send(Uint8Array.of(1), { destination: SHARED.address });
    clock.advanceSync(5);
    assert.equal(formatLladdr(other.neighbour(SHARED.address)!.lladdr!), formatLladdr(VMAC));
    assert.equal(lan.learnt(VMAC, other.port), eth0.port);
    assert.equal(carp0.port, eth0.port);
  });

  it('is heard by sockets of its own only', async () => {
    const { clock, eth0, carp0, other } = await bed();
    carp0.setUp(true);
    carp0.addAddress(SHARED);
    const heard: string[] = [];
    for (const ifp of [eth0, carp0]) {
      ifp.openIp({ family: 4, protocol: 112, input: () => void heard.push(ifp.name) });
    }
    using socket = other.openIp({ family: 4, protocol: 112, input: () => {} });
    socket.send(Uint8Array.of(1), { destination: SHARED.address });
    socket.send(Uint8Array.of(1), { destination: InetAddress.parse('10.0.0.1') });
    clock.advanceSync(5);
    assert.deepEqual(heard, ['carp0', 'eth0']);
  });

  it('begins down, and has a carrier while its parent runs', async () => {
    const { lan, eth0, carp0, events } = await bed();
    assert.deepEqual([carp0.flags.up, carp0.linkState, carp0.kind], [false, 'DOWN', 'macvlan']);
    carp0.setUp(true);
    lan.cut(eth0.port);
    lan.mend(eth0.port);
    eth0.setUp(false);
    assert.deepEqual(events, [
      'carp0 macvlan CREATE',
      'carp0 UP',
      'eth0 DOWN',
      'carp0 DOWN',
      'eth0 UP',
      'carp0 UP',
      'eth0 DOWN',
      'carp0 DOWN',
    ]);
  });

  it('goes alone, or with its parent', async () => {
    const { clock, lan, kernel, driver, eth0, carp0, events } = await bed();
    driver.destroy(carp0);
    assert.equal(lan.connected('alpha:eth0', 'client:eth0'), true, 'the cable stays');
    driver.createMacvlan({ parent: eth0, name: 'carp1', lladdr: VMAC });
    events.length = 0;
    driver.destroy(eth0);
    assert.deepEqual(events, ['carp1 departure', 'carp1 macvlan DESTROY', 'eth0 departure']);
    await kernel.shutdown();
    assert.equal(clock.armed, 0);
  });

  it('is refused for a parent of elsewhere, and for a name that is taken', async () => {
    const { driver, eth0, other } = await bed();
    const make = (parent: typeof eth0, name: string) => () =>
      driver.createMacvlan({ parent, name, lladdr: VMAC });
    assert.throws(make(other, 'carp1'), { code: 'EINVAL' });
    assert.throws(make(eth0, 'carp0'), { code: 'EEXIST' });
  });
});

describe('the sysctls of an interface', () => {
  it('are read, set and put back', async () => {
    const { eth0 } = await bed();
    const set = eth0.setSysctl(4, 'arp_ignore', 1);
    assert.equal(eth0.sysctl(4, 'arp_ignore'), 1);
    set[Symbol.dispose]();
    assert.equal(eth0.sysctl(4, 'arp_ignore'), 0);
    assert.equal(eth0.sysctl(6, 'arp_ignore'), undefined);
    assert.throws(() => eth0.setSysctl(6, 'arp_ignore', 1), {
      code: 'ENOENT',
      message: /net\.ipv6\.conf\.eth0\.arp_ignore/,
    });
  });

  it('decide what becomes of secondary addresses', async () => {
    const { eth0 } = await bed();
    const shown = (): string[] => eth0.addresses.map(({ prefix }) => String(prefix));
    eth0.addAddress(SHARED);
    eth0.setSysctl(4, 'promote_secondaries', 0);
    eth0.removeAddress(InetPrefix.parse('10.0.0.1/24'));
    assert.deepEqual(shown(), []);
  });
});
