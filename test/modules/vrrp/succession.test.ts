/** A successor goes on where its predecessor stood: on the virtual clock, peers see one uninterrupted host. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Json, Kernel } from '../../../core/index.js';
import { CarpModule } from '../../../modules/carp/index.js';
import { IfnetModule } from '../../../modules/ifnet/index.js';
import { LanDriver } from '../../../modules/ifnet/lan/index.js';
import { VipModule } from '../../../modules/vip/index.js';
import { VrrpModule, type VrrpRouterOptions } from '../../../modules/vrrp/index.js';
import { strict } from '../../support/kernel.js';
import { shortOfDescriptors } from '../../support/short-of-descriptors.js';
import { succeed } from '../../support/succession.js';
import { type Host, SHARED, SHARED6, World } from './support/world.js';

const ROUTER = { ifname: 'eth0', vrid: 7, addresses: [SHARED], virtualMac: false };

/** Replaces the modules of a running host by new ones that take over their states. */
async function replace({ kernel }: Pick<Host, 'kernel'>, routers: VrrpRouterOptions[]): Promise<VrrpModule> {
  const [vrrp] = await succeed(kernel, [[VrrpModule, { routers }]]);
  return vrrp as VrrpModule;
}

for (const [how, options] of [
  ['over IPv4', { virtualMac: false }],
  ['with a virtual MAC', {}],
  ['over IPv6', { addresses: SHARED6 }],
  ['in version 2', { version: 2, virtualMac: false }],
  [
    'with a trailer over IPv6',
    { addresses: SHARED6, hmac: { id: 1, key: 'ab'.repeat(32) }, virtualMac: false },
  ],
  ['with a trailer', { hmac: { id: 1, key: 'ab'.repeat(32) }, virtualMac: false }],
] as const) {
  test(`a MASTER is replaced ${how}: no transition, no gap, the addresses stay`, async () => {
    await using world = new World(how);
    const own = { ...ROUTER, virtualMac: true, priority: 150, ...options } as VrrpRouterOptions;
    const host = await world.host({ routers: [own] });
    const peer = await world.host({ routers: [{ ...own, priority: 100 }] });
    world.advance(8000);
    assert.equal(peer.vrrp.list()[0]!.state, 'BACKUP');
    const [from, asked] = [world.seen.length, world.history.length];
    for (let i = 0; i < 20; i++) {
      world.advance(137 * i);
      await replace(host, [own]);
      assert.ok(own.addresses.every((text) => host.holds(String(text))));
    }
    world.advance(5000);
    const reports = world.history.slice(asked).map((line) => line.replace(/^\d+ | \S+$/g, ''));
    assert.deepEqual(reports, Array(20).fill('host1 INIT->MASTER taken over from the former process'));
    const sent = world.seen.slice(from);
    assert.ok(sent.every(({ port, payload }) => port.startsWith('host1') && payload[2] === 150));
    const gaps = sent.slice(1).map(({ time }, i) => time - sent[i]!.time);
    assert.ok(Math.max(...gaps) <= 1001 && Math.min(...gaps) > 900, gaps.join(' '));
    assert.equal(peer.vrrp.statistics.replayed.value, 0);
  });
}

test('a BACKUP is replaced: it waits on for the same deadline, by the interval that it learnt', async () => {
  await using world = new World();
  const better = { ...ROUTER, priority: 150, interval: 2000 };
  await world.host({ routers: [better] });
  const host = await world.host({ routers: [ROUTER] });
  world.advance(20_000);
  const last = world.seen.at(-1)!.time;
  const { clock } = world;
  world.lan.cut('host1:eth0');
  world.advance(500);
  const vrrp = await replace(host, [ROUTER]);
  const [router] = vrrp.list();
  assert.equal(router!.toJSON().masterInterval, 2000);
  assert.equal(router!.toJSON().master?.priority, 150);
  const deadTime = 3 * 2000 + (156 * 2000) / 256;
  world.advance(last + deadTime - clock.now() - 5);
  assert.equal(router!.state, 'BACKUP');
  world.advance(10);
  assert.equal(router!.state, 'MASTER');
});

test('what a predecessor refused to hear twice, its successor refuses', async () => {
  await using world = new World();
  const hmac = { id: 1, key: 'ab'.repeat(32) };
  const own = { ...ROUTER, hmac };
  await world.host({ routers: [{ ...own, priority: 150 }] });
  const host = await world.host({ routers: [own] });
  world.advance(8000);
  const state = (await host.kernel.handover(VrrpModule)) as { routers: { sequences: unknown[] }[] };
  assert.equal(state.routers[0]!.sequences.length, 1);
  assert.doesNotMatch(JSON.stringify(state), /abab|171,171/, 'no secret passes');
  const vrrp = await replace(host, [own]);
  const again = (await host.kernel.handover(VrrpModule)) as typeof state;
  assert.deepEqual(again.routers[0]!.sequences, state.routers[0]!.sequences);
  assert.equal(vrrp.list()[0]!.state, 'BACKUP');
});

test('settings that the successor has otherwise apply at once, without a failover', async () => {
  await using world = new World();
  const host = await world.host({ routers: [{ ...ROUTER, priority: 150 }] });
  const peer = await world.host({ routers: [ROUTER] });
  world.advance(8400);
  const from = world.seen.length;
  await replace(host, [{ ...ROUTER, priority: 120 }]);
  assert.deepEqual(
    world.seen.slice(from).map(({ payload }) => payload[2]),
    [120],
  );
  world.advance(5000);
  assert.deepEqual([host.holds(SHARED), peer.vrrp.list()[0]!.state], [true, 'BACKUP']);
});

test('settings that lack a virtual router of the predecessor are refused', async () => {
  await using world = new World();
  const host = await world.host({ routers: [{ ...ROUTER, priority: 150 }] });
  world.advance(5000);
  await assert.rejects(replace(host, []), {
    code: 'EHANDOVER',
    message: 'vrrp: the settings lack 7@eth0, which runs: remove it with carpet config apply first',
  });
});

test('a state of another format, or with a counter that is none, is refused in one line', async () => {
  await using world = new World();
  const host = await world.host({ routers: [ROUTER] });
  world.advance(5000);
  const good = (await host.kernel.handover(VrrpModule)) as { routers: { machine: object }[] };
  await using other = new Kernel();
  for (const [state, message] of [
    [{ ...good, format: 9 }, /format is of a format other than 1, the only one known here/],
    [
      { ...good, routers: [{ ...good.routers[0], machine: { ...good.routers[0]!.machine, learnt: 0 } }] },
      /routers\.0\.machine\.learnt/,
    ],
  ] as const)
    await assert.rejects(other.load(VrrpModule, undefined, { state: state as unknown as Json }), {
      code: 'EHANDOVER',
      message,
    });
});

test('demotion and a router that is held in INIT stay so', async () => {
  await using world = new World();
  const host = await world.host({ routers: [{ ...ROUTER, priority: 150 }] });
  world.advance(5000);
  host.kernel.get(VipModule).demotion.request({ by: 'test', reason: 'test', amount: 30 });
  host.vrrp.list()[0]!.setState('INIT');
  const vrrp = await replace(host, [{ ...ROUTER, priority: 150 }]);
  world.advance(8000);
  const [router] = vrrp.list();
  assert.deepEqual([router!.state, router!.toJSON().prioritySent], ['INIT', 120]);
  router!.setState('BACKUP');
  world.advance(4000);
  assert.equal(router!.state, 'MASTER');
});

test('a successor beside its predecessor: sockets wait, then it goes on with what it has not read', async () => {
  await using world = new World();
  const better = await world.host({ routers: [{ ...ROUTER, priority: 150 }] });
  const host = await world.host({ routers: [ROUTER] });
  world.advance(6000);
  const { succession } = host.kernel;
  const states = await succession.capture();
  await using kernel = new Kernel({ ...strict, clock: world.clock, name: 'heir', predecessor: states });
  await kernel.load(LanDriver, {
    lan: world.lan,
    interfaces: [{ name: 'eth0', addresses: ['10.88.0.2/24'] }],
  });
  const vrrp = await kernel.load(VrrpModule, { routers: [ROUTER] });
  world.advance(2300);
  assert.deepEqual(
    vrrp.list().map(({ state }) => state),
    ['INIT'],
  );
  assert.equal(vrrp.statistics.advert_rcvd.value, 0, 'its predecessor reads them');
  better.vrrp.list()[0]!.setState('INIT');
  world.advance(1);
  const last = succession.captureNow(states);
  kernel.succession.take(last);
  kernel.succession.begin();
  succession.give();
  assert.equal(vrrp.list()[0]!.state, 'BACKUP');
  assert.equal(vrrp.statistics.prio_zero_heard.value, 1);
  kernel.succession.alone();
  world.advance(700);
  assert.equal(vrrp.list()[0]!.state, 'MASTER');
  assert.equal(host.kernel.get(VrrpModule).list().length, 0);
});

test('the module is reloaded beside CARP: no failover, and what both need of the interface is restored once', async () => {
  await using world = new World();
  const { kernel } = await world.host();
  await kernel.unload(VrrpModule);
  const ifp = kernel.get(IfnetModule).byName('eth0')!;
  ifp.setSysctl(4, 'promote_secondaries', 0).keep();
  await kernel.load(VrrpModule, { routers: [ROUTER] });
  const vhid = { ifname: 'eth0', vhid: 1, password: 'secret', addresses: ['10.88.0.101/24'] };
  const carp = await kernel.load(CarpModule, { vhids: [vhid] });
  world.advance(5000);
  const from = world.history.length;
  await kernel.reload(VrrpModule);
  const vrrp = kernel.get(VrrpModule);
  const router = vrrp.list()[0]!;
  assert.deepEqual([carp.list()[0]!.state, router.state], ['MASTER', 'MASTER']);
  assert.deepEqual(world.history.slice(from), [
    '5000 host1 INIT->MASTER taken over from the former process 7@eth0',
  ]);
  world.advance(1000);
  vrrp.remove(router);
  assert.equal(ifp.ownSysctl(4, 'promote_secondaries'), 1, 'CARP needs it');
  carp.remove(carp.list()[0]!);
  assert.equal(ifp.ownSysctl(4, 'promote_secondaries'), 0);
});

test('one that is new, and gets no virtual interface when its predecessor ends, starts as soon as there is one', async () => {
  await using world = new World();
  const host = await world.host({ routers: [ROUTER] });
  const eth0 = host.kernel.get(IfnetModule).byName('eth0')!;
  const shortage = shortOfDescriptors(eth0);
  const added = { ...ROUTER, vrid: 8, virtualMac: true, addresses: ['10.88.0.102/24'] };
  const vrrp = await replace(host, [ROUTER, added]);
  world.advance(20_000);
  assert.deepEqual(
    vrrp.list().map(({ state }) => state),
    ['MASTER', 'INIT'],
  );
  shortage[Symbol.dispose]();
  world.advance(10_000);
  assert.equal(vrrp.list()[1]!.state, 'MASTER');
});
