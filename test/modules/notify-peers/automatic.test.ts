/** The announcements that nobody asks for. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Kernel, seededRandom, VirtualClock } from '../../../core/index.js';
import { IfnetModule, InetPrefix, parseLladdr } from '../../../modules/ifnet/index.js';
import { Lan, LanDriver } from '../../../modules/ifnet/lan/index.js';
import { NotifyPeers } from '../../../modules/notify-peers/index.js';
import { strict } from '../../support/kernel.js';

async function host(arpNotify: number, ndiscNotify = arpNotify) {
  const clock = new VirtualClock();
  const lan = new Lan({ clock, random: seededRandom(1) });
  const kernel = new Kernel({ ...strict, clock, name: 'alpha' });
  const driver = await kernel.load(LanDriver, { lan });
  const ifp = driver.create({ name: 'eth0', addresses: ['10.0.0.1/24', 'fd00::1/64'] });
  ifp.setSysctl(4, 'arp_notify', arpNotify);
  ifp.setSysctl(6, 'ndisc_notify', ndiscNotify);
  await kernel.load(NotifyPeers);
  const announced: string[] = [];
  kernel.eventhandler.register('netdev_notify_peers', (on, { addresses }) => {
    announced.push(`${clock.now()} ${on.name} ${addresses?.join(' ') ?? 'all'}`);
  });
  return { clock, lan, kernel, driver, ifp, announced };
}

describe('an announcement without being asked', () => {
  it('is made when the interface comes up, if the host wants it', async () => {
    for (const [arp, ndisc, expected] of [
      [1, 0, ['0 eth0 10.0.0.1']],
      [0, 1, []], // the IPv6 address went when the interface did
      [0, 0, []],
    ] as const) {
      const { ifp, announced } = await host(arp, ndisc);
      ifp.setUp(false);
      ifp.setUp(true);
      assert.deepEqual(announced, expected);
    }
  });

  it('waits for the link of an interface that comes up without one', async () => {
    const { clock, lan, ifp, announced } = await host(1);
    ifp.setUp(false);
    lan.cut(ifp.port);
    ifp.setUp(true);
    await clock.advance(500);
    assert.equal(announced.length, 0);
    lan.mend(ifp.port);
    assert.deepEqual(announced, ['500 eth0 10.0.0.1']);
  });

  it('is not made for a link that merely flaps', async () => {
    const { lan, ifp, announced } = await host(1);
    lan.cut(ifp.port);
    lan.mend(ifp.port);
    assert.equal(announced.length, 0);
  });

  it('is made when the link-layer address changes', async () => {
    const { ifp, announced } = await host(1);
    ifp.setLladdr(parseLladdr('02:00:00:00:00:99'));
    assert.deepEqual(announced, ['0 eth0 10.0.0.1 fd00::1']);
  });

  it('follows for an IPv6 address when duplicate address detection is over', async () => {
    const { clock, ifp, announced } = await host(0, 1);
    ifp.addAddress(InetPrefix.parse('fd00::2/64'));
    assert.equal(announced.length, 0);
    await clock.advance(5000);
    assert.deepEqual(
      announced.map((line) => line.replace(/^\d+(\.\d+)? /, '')),
      ['eth0 fd00::2'],
    );
  });

  for (const event of ['power_resume', 'vm_generation_event'] as const) {
    it(`is made once, of everything, at ${event}, unless switched off`, async () => {
      const { kernel, announced, driver } = await host(0);
      driver.create({ name: 'eth1', up: false });
      const invoke = () =>
        event === 'power_resume'
          ? kernel.eventhandler.invoke(event, 1000)
          : kernel.eventhandler.invoke(event);
      invoke();
      assert.deepEqual(announced, ['0 eth0 all']);
      kernel.sysctl.set('net.link.notify_peers.on_resume', false);
      invoke();
      assert.equal(announced.length, 1);
    });
  }

  it('forgets an interface that has gone', async () => {
    const { kernel, ifp, announced } = await host(1);
    ifp.destroy();
    kernel.eventhandler.invoke('power_resume', 1);
    assert.equal(kernel.get(IfnetModule).list().length, 0);
    assert.equal(announced.length, 0);
  });
});
