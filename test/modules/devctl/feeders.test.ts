/** Records of what happens to interfaces and vhids, with a kernel on the virtual LAN. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { EVENTHANDLER_PRI_LAST, Kernel, Scope, VirtualClock } from '../../../core/index.js';
import { CarpModule } from '../../../modules/carp/index.js';
import { CarpFeeder } from '../../../modules/devctl/carp-feeder.js';
import { DevctlModule } from '../../../modules/devctl/index.js';
import { InetAddress, InetPrefix } from '../../../modules/ifnet/index.js';
import { Lan, LanDriver } from '../../../modules/ifnet/lan/index.js';
import { VrrpModule } from '../../../modules/vrrp/index.js';
import { strict } from '../../support/kernel.js';

async function host() {
  const kernel = new Kernel({ ...strict, clock: new VirtualClock(), name: 'a' });
  const records: string[] = [];
  kernel.eventhandler.register('devctl_event', ({ text }) => records.push(text.slice(1)));
  await kernel.load(DevctlModule);
  const lan = new Lan({ clock: kernel.clock, random: kernel.random });
  const driver = await kernel.load(LanDriver, { lan });
  return { kernel, lan, driver, records };
}

describe('feeders', () => {
  it('tell of interfaces, links, names and addresses', async () => {
    const { kernel, lan, driver, records } = await host();
    const ifp = driver.create({ name: 'eth0', addresses: ['192.0.2.1/24'] });
    lan.cut('a:eth0');
    lan.mend('a:eth0');
    await (kernel.clock as VirtualClock).advance(100);
    ifp.addAddress(InetPrefix.parse('2001:db8::1/64'), { nodad: true });
    ifp.removeAddress(InetPrefix.parse('192.0.2.1/24'));
    kernel.eventhandler.invoke('ifnet_rename_event', ifp, 'lan0');
    kernel.eventhandler.invoke(
      'address_conflict_event',
      ifp,
      InetAddress.parse('2001:db8::1'),
      Uint8Array.of(2, 0, 0, 0, 0x66, 0x66),
    );
    ifp.destroy();
    assert.deepEqual(records, [
      'system=IFNET subsystem=eth0 type=ATTACH',
      'system=ETHERNET subsystem=eth0 type=IFATTACH',
      'system=IFNET subsystem=eth0 type=ADDR_ADD address=192.0.2.1',
      'system=IFNET subsystem=eth0 type=LINK_DOWN',
      'system=IFNET subsystem=eth0 type=LINK_UP',
      'system=IFNET subsystem=eth0 type=ADDR_ADD address=2001:db8::1',
      'system=IFNET subsystem=eth0 type=ADDR_DEL address=192.0.2.1',
      'system=IFNET subsystem=lan0 type=RENAME name=eth0',
      'system=IFNET subsystem=eth0 type=ADDR_CONFLICT address=2001:db8::1 lladdr=02:00:00:00:66:66',
      'system=IFNET subsystem=eth0 type=ADDR_DEL address=2001:db8::1',
      'system=IFNET subsystem=eth0 type=DETACH',
    ]);
  });

  it('are switched off by sysctl, each by its own', async () => {
    const { kernel, driver, records } = await host();
    kernel.sysctl.set('hw.bus.devctl.ifnet', 0);
    const ifp = driver.create({ name: 'eth0', addresses: ['192.0.2.1/24'] });
    kernel.sysctl.set('hw.bus.devctl.ethernet', 0);
    driver.create({ name: 'eth1' });
    ifp.destroy();
    assert.deepEqual(records, ['system=ETHERNET subsystem=eth0 type=IFATTACH']);
  });

  it('run behind all other handlers', async () => {
    const { kernel, driver, records } = await host();
    let before = -1;
    kernel.eventhandler.register('ifnet_arrival_event', {
      handler: () => {
        before = records.length;
      },
      priority: EVENTHANDLER_PRI_LAST - 1,
    });
    driver.create({ name: 'eth0' });
    assert.equal(before, 0);
    assert.equal(records.length, 2);
  });

  it('tell of a vhid that becomes MASTER, after its address is there', async () => {
    const { kernel, driver, records } = await host();
    driver.create({ name: 'eth0', addresses: ['192.0.2.1/24'] });
    const carp = await kernel.load(CarpModule);
    records.length = 0;
    const vhid = carp.create({ ifname: 'eth0', vhid: 1, password: 'x', addresses: ['192.0.2.100/24'] });
    await (kernel.clock as VirtualClock).advance(5000);
    assert.equal(vhid.state, 'MASTER');
    await kernel.unload('carp');
    assert.deepEqual(records, [
      'system=CARP subsystem=1@eth0 type=BACKUP',
      'system=IFNET subsystem=carp1 type=CARP_SLAVE vhid=1',
      'system=IFNET subsystem=eth0 type=ADDR_ADD address=192.0.2.100',
      'system=CARP subsystem=1@eth0 type=MASTER',
      'system=IFNET subsystem=carp1 type=CARP_MASTER vhid=1',
      'system=CARP subsystem=1@eth0 type=BACKUP',
      'system=IFNET subsystem=carp1 type=CARP_SLAVE vhid=1',
      'system=CARP subsystem=1@eth0 type=INIT',
      'system=IFNET subsystem=carp1 type=CARP_UNKNOWN vhid=1',
      'system=IFNET subsystem=eth0 type=ADDR_DEL address=192.0.2.100',
    ]);
  });

  it('end with the state of a vhid, also when a handler took a change back within its event', async () => {
    const { kernel, driver, records } = await host();
    driver.create({ name: 'eth0', addresses: ['192.0.2.1/24'] });
    const carp = await kernel.load(CarpModule);
    kernel.eventhandler.register('carp_state_event', (vhid, { to }) => {
      if (to === 'BACKUP') vhid.setState('INIT');
    });
    const vhid = carp.create({ ifname: 'eth0', vhid: 1, password: 'x', addresses: ['192.0.2.100/24'] });
    assert.equal(vhid.state, 'INIT');
    assert.deepEqual(records.slice(-2), [
      'system=CARP subsystem=1@eth0 type=INIT',
      'system=IFNET subsystem=carp1 type=CARP_UNKNOWN vhid=1',
    ]);
    const vrrp = await kernel.load(VrrpModule);
    kernel.eventhandler.register('vrrp_state_event', (router, { to }) => {
      if (to === 'BACKUP') router.setState('INIT');
    });
    vrrp.create({ ifname: 'eth0', vrid: 7, addresses: ['192.0.2.101/24'] });
    assert.equal(records.at(-1), 'system=VRRP subsystem=7@eth0 type=INIT');
  });

  it('tell of vhids in either form, and by another name', async () => {
    const kernel = new Kernel(strict);
    await using scope = new Scope('test', kernel);
    const told: unknown[] = [];
    const feeder = new CarpFeeder((...args) => told.push(args), scope);
    const vhid = { vhid: 7, ifname: 'eth0' };
    for (const state of ['INIT', 'BACKUP', 'MASTER']) feeder.state(vhid, state);
    assert.deepEqual(told, [
      ['CARP', '7@eth0', 'INIT'],
      ['IFNET', 'carp7', 'CARP_UNKNOWN', { vhid: 7 }],
      ['CARP', '7@eth0', 'BACKUP'],
      ['IFNET', 'carp7', 'CARP_SLAVE', { vhid: 7 }],
      ['CARP', '7@eth0', 'MASTER'],
      ['IFNET', 'carp7', 'CARP_MASTER', { vhid: 7 }],
    ]);
    kernel.sysctl.set('hw.bus.devctl.carp', 'off');
    kernel.sysctl.set('hw.bus.devctl.carp_ifname', 'carp-%i-%v');
    told.length = 0;
    feeder.state(vhid, 'MASTER');
    assert.deepEqual(told, [['IFNET', 'carp-eth0-7', 'CARP_MASTER', { vhid: 7 }]]);
    kernel.sysctl.set('hw.bus.devctl.carp_ifnet', 'off');
    feeder.state(vhid, 'BACKUP');
    assert.equal(told.length, 1);
    assert.throws(() => kernel.sysctl.set('hw.bus.devctl.carp_ifname', 'carp 1'), /must be one word/);
  });
});
