/** Maintenance of virtual routers: services leave, then the addresses, and the host stays away until it is told to come back. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CarpModule } from '../../../modules/carp/index.js';
import { VipModule } from '../../../modules/vip/index.js';
import type { VrrpRouter, VrrpRouterOptions } from '../../../modules/vrrp/index.js';
import { memory } from '../carp/support/memory.js';
import { type Host, SHARED, SHARED6, World } from './support/world.js';

const call = { caller: {}, signal: new AbortController().signal };

/** Two hosts that have heard each other; the first is MASTER. */
async function pair(world: World, ...options: Partial<VrrpRouterOptions>[]): Promise<[Host, Host]> {
  const [first, second] = [await world.host(), await world.host()];
  const longest = 6 * Math.max(1000, ...options.map(({ interval = 0 }) => interval));
  second.create(options[1]);
  await world.clock.advance(longest);
  first.create({ priority: 150, ...options[0] });
  await world.clock.advance(longest);
  assert.deepEqual(world.masters(), [first.name]);
  world.history.length = 0;
  world.seen.length = 0;
  return [first, second];
}

const routerOf = ({ vrrp }: Host): VrrpRouter => vrrp.list()[0]!;
const drain = ({ kernel }: Host, input: object = {}): Promise<unknown> =>
  kernel.verbs.invoke('vrrp.drain', input, call);
const undrain = ({ kernel }: Host, input: object = {}): Promise<unknown> =>
  kernel.verbs.invoke('vrrp.undrain', input, call);
/** What a host has said: the priorities of its advertisements. */
const said = ({ seen }: World, { name }: Host): number[] =>
  seen.filter(({ port }) => port.startsWith(name)).map(({ payload }) => payload[2]!);

describe('a drain of a MASTER', () => {
  it('waits for services, then hands over without a moment in which no host serves', async () => {
    await using world = new World();
    const [first, second] = await pair(world);
    const { eventhandler, clock } = first.kernel;
    const steps: string[] = [];
    eventhandler.register('vip_drain_event', async (vips, reason) => {
      steps.push(`drain ${vips.map(({ name }) => name).join()} ${reason}, ${routerOf(first).priority}`);
      await new Promise<void>((resolve) => clock.callout('service', () => resolve()).reset(2000));
      steps.push(`left as ${routerOf(first).state}`);
    });
    const serving: number[] = [];
    const watch = clock.callout('watch', () => {
      serving.push(world.hosts.filter((host) => host.holds(SHARED)).length);
      watch.reset(0.1);
    });
    watch.reset(0.1);
    const drained = drain(first, { reason: 'new kernel' });
    await world.clock.advance(1999);
    assert.equal(routerOf(first).state, 'MASTER');
    // The skew of priority 100, and the moment in which the other one puts the addresses in place.
    await world.clock.advance(609.4 + 52);
    assert.deepEqual(await drained, [{ name: '7@eth0', state: 'BACKUP' }]);
    watch.stop();
    assert.deepEqual(steps, ['drain 7@eth0 new kernel, 150', 'left as MASTER']);
    assert.ok(serving.length > 10_000 && serving.every((count) => count > 0), 'somebody always serves');
    const both = serving.filter((count) => count === 2).length / 10;
    assert.ok(both > 40 && both < 60, `two serve for ${both} ms`);
    assert.deepEqual(said(world, first).slice(-2), [1, 0], 'nothing is said after priority 0');
    assert.deepEqual([routerOf(first).priority, routerOf(first).toJSON().demotions?.[0]?.by], [1, 'drain']);
    await world.clock.advance(60_000);
    assert.deepEqual(world.masters(), [second.name]);
    await undrain(first);
    await world.clock.advance(4000);
    assert.deepEqual([world.masters(), routerOf(first).priority], [[first.name], 150]);
  });

  for (const [what, ...options] of [
    ['that does not preempt', {}, { preempt: false }],
    ['of the lowest priority, which waits longest', {}, { priority: 1, preempt: false }],
    ['of an interval of ten seconds', { interval: 10_000 }, { interval: 10_000, priority: 2 }],
    ['of ten centiseconds', { interval: 100 }, { interval: 100, preempt: false, priority: 1 }],
    ['of version 2', { version: 2 }, { version: 2, preempt: false, priority: 1 }],
    ['over IPv6', { addresses: SHARED6 }, { addresses: SHARED6, preempt: false }],
    ['of unicast', { peers: ['10.88.0.2'] }, { peers: ['10.88.0.1'], preempt: false }],
  ] as [string, Partial<VrrpRouterOptions>, Partial<VrrpRouterOptions>][]) {
    it(`is relieved by a peer ${what}, after one priority 0`, async () => {
      await using world = new World();
      const [first, second] = await pair(world, ...options);
      const drained = drain(first);
      const { interval = 1000 } = options[0];
      await world.clock.advance(interval + 100);
      const [{ state }] = (await drained) as [{ state: string }];
      assert.equal(state, 'BACKUP');
      assert.deepEqual(world.masters(), [second.name]);
      const relieved = world.seen.findIndex(({ port }) => port.startsWith(second.name));
      assert.deepEqual(said({ seen: world.seen.slice(0, relieved) } as World, first).slice(-2), [1, 0]);
      assert.equal(said(world, first).filter((priority) => priority === 0).length, 1);
      await world.clock.advance(30 * interval);
      assert.deepEqual(world.masters(), [second.name]);
    });
  }

  it('leaves it as BACKUP of the one that took over, however seldom that one speaks', async () => {
    await using world = new World();
    const [first, second] = await pair(world, {}, { interval: 10_000 });
    // It took over before it heard the other one.
    const drained = drain(first, { force: true });
    await world.clock.advance(1000);
    assert.deepEqual(await drained, [{ name: '7@eth0', state: 'BACKUP' }]);
    assert.equal(routerOf(first).toJSON().masterInterval, 10_000);
    await world.clock.advance(60_000);
    assert.deepEqual(world.masters(), [second.name]);
    const moves = world.history.filter((line) => line.includes(first.name));
    assert.equal(moves.length, 1, moves.join('\n'));
  });

  it('is not taken back by demotion that changes no priority, as of a check whose service has left', async () => {
    await using world = new World();
    const [first, second] = await pair(world, {}, { preempt: false });
    const drained = drain(first);
    await world.clock.advance(300);
    const { demotion } = first.kernel.get(VipModule);
    using _line = demotion.request({ by: 'health', reason: 'the service has left', amount: 30 });
    await world.clock.advance(400);
    assert.deepEqual(await drained, [{ name: '7@eth0', state: 'BACKUP' }]);
    assert.deepEqual(world.masters(), [second.name]);
    assert.deepEqual(said(world, first).slice(-2), [1, 0]);
  });

  it('lasts for one that owns the addresses too, until it comes back', async () => {
    await using world = new World();
    const [first, second] = await pair(world, { priority: 255 });
    // It was MASTER at once, and the other one yielded in silence.
    const drained = drain(first, { force: true });
    await world.clock.advance(1000);
    await drained;
    await world.clock.advance(30_000);
    assert.deepEqual([world.masters(), routerOf(first).priority], [[second.name], 1]);
    await undrain(first);
    await world.clock.advance(4000);
    assert.deepEqual([world.masters(), routerOf(first).priority], [[first.name], 255]);
  });

  it('is a last resort for its peers: one that is drained takes over when they die', async () => {
    await using world = new World();
    const [first] = await pair(world);
    const drained = drain(first);
    await world.clock.advance(1000);
    await drained;
    world.lan.cut('host2:eth0');
    await world.clock.advance(5000);
    assert.equal(routerOf(first).state, 'MASTER');
    world.lan.mend('host2:eth0');
    await world.clock.advance(5000);
    assert.equal(routerOf(first).state, 'BACKUP', 'and yields to any of them');
  });
});

describe('whether a peer could take over', () => {
  it('is unknown of one that was never heard: a drain asks for force, and leaves no address without a host', async () => {
    await using world = new World();
    const [host, silent] = [await world.host(), await world.host()];
    host.create();
    await world.clock.advance(5000);
    await assert.rejects(drain(host), {
      code: 'ENOPEER',
      message: /^7@eth0: no peer was heard since this process started, and a BACKUP is silent: .*--force$/,
    });
    assert.deepEqual(host.kernel.get(VipModule).demotion.status(), []);
    const forced = drain(host, { force: true });
    await world.clock.advance(10_000);
    assert.deepEqual(await forced, [{ name: '7@eth0', state: 'MASTER' }]);
    assert.deepEqual(
      said(world, host).filter((priority) => priority === 0),
      [0, 0, 0, 0],
    );
    assert.match(host.log.at(-1)!.message, /drained, but no peer took over: this host serves until/);
    assert.ok(host.holds(SHARED));
    silent.create({ priority: 2 });
    await world.clock.advance(5000);
    assert.deepEqual(world.masters(), [silent.name]);
  });

  it('of the second of two equals needs no force: the first one was drained, and has not stopped', async () => {
    await using world = new World();
    const hosts = [await world.host(), await world.host()];
    for (const host of hosts) host.create({ priority: 100 });
    await world.clock.advance(5000);
    for (const round of [1, 2, 3]) {
      const [master, other] = hosts.toSorted((a) => (routerOf(a).state === 'MASTER' ? -1 : 1)) as [
        Host,
        Host,
      ];
      const drained = drain(master, { force: round === 1 });
      await world.clock.advance(2000);
      assert.deepEqual(await drained, [{ name: '7@eth0', state: 'BACKUP' }], `round ${round}`);
      assert.deepEqual(world.masters(), [other.name]);
      await master.kernel.verbs.invoke('undrain', {}, call);
      await world.clock.advance(20_000);
      assert.deepEqual(world.masters(), [other.name], 'equal priorities: who is MASTER stays');
    }
  });

  it('is unlikely of one whose last word was priority 0, until it is heard again', async () => {
    await using world = new World();
    const [first, second] = await pair(world);
    routerOf(first).setState('INIT');
    await world.clock.advance(2000);
    await assert.rejects(drain(second), {
      code: 'ENOPEER',
      message: /^7@eth0: every peer that was heard has said that it stops, and .*--force$/,
    });
    routerOf(first).setState('BACKUP');
    await world.clock.advance(5000);
    routerOf(second).setState('MASTER');
    await world.clock.advance(5000);
    assert.deepEqual(world.masters(), [first.name]);
    const drained = drain(first);
    await world.clock.advance(1000);
    assert.deepEqual(await drained, [{ name: '7@eth0', state: 'BACKUP' }]);
  });
});

describe('what is drained', () => {
  it('outlives a restart, with its reason', async () => {
    await using world = new World();
    const store = memory();
    const host = await world.host(undefined, {}, { store });
    host.create({ priority: 150 });
    const drained = drain(host, { reason: 'disk', force: true });
    await world.clock.advance(10_000);
    await drained;
    const again = await world.host(undefined, {}, { store });
    assert.equal(again.create({ priority: 150 }).priority, 1);
    assert.deepEqual(again.kernel.get(VipModule).demotion.status(), [
      { by: 'drain', on: 'all', amount: 240, reason: 'disk', age: 10_000 },
    ]);
    await undrain(again);
    const last = await world.host(undefined, {}, { store });
    const group = [7, 8].map((vrid) => last.create({ vrid, priority: 150, failoverGroup: 'wall' }));
    assert.deepEqual(
      group.map(({ priority }) => priority),
      [150, 150],
    );
    const grouped = drain(last, { vhid: '8@eth0', force: true });
    await world.clock.advance(10_000);
    await grouped;
    const next = await world.host(undefined, {}, { store });
    assert.deepEqual(
      [7, 8, 9].map((vrid) => next.create({ vrid, priority: 150 }).priority),
      [1, 1, 150],
    );
  });

  it('is one virtual router of several by its name', async () => {
    await using world = new World();
    const [first] = await pair(world);
    const other = first.create({ addresses: SHARED6, priority: 150 });
    await world.clock.advance(5000);
    const drained = drain(first, { vhid: '7@eth0' });
    await world.clock.advance(1000);
    await drained;
    assert.deepEqual([routerOf(first).state, routerOf(first).priority], ['BACKUP', 1]);
    assert.deepEqual([other.state, other.priority], ['MASTER', 150]);
    await assert.rejects(undrain(first, { vhid: '7v6@eth0' }), /7v6@eth0: is not drained by itself$/);
    await assert.rejects(drain(first, { vhid: '8@eth0' }), /no .*8@eth0; there are: 7@eth0, 7v6@eth0/);
  });

  it('is a whole failover group by the name of any: a part of one would be taken back and forth', async () => {
    await using world = new World();
    const failoverGroup = 'wall';
    const [first, second] = await pair(world, { failoverGroup }, { failoverGroup });
    const addresses = ['10.88.0.101/24'];
    for (const [i, host] of [first, second].entries()) {
      host.create({ vrid: 8, addresses, failoverGroup, priority: i === 0 ? 150 : 100 });
      await world.clock.advance(5000);
    }
    const states = () => [first, second].map(({ vrrp }) => vrrp.list().map(({ state }) => state));
    assert.deepEqual(states(), [
      ['MASTER', 'MASTER'],
      ['BACKUP', 'BACKUP'],
    ]);
    const drained = drain(first, { vhid: '8@eth0', force: true });
    await world.clock.advance(1000);
    assert.deepEqual(await drained, [
      { name: '7@eth0', state: 'BACKUP' },
      { name: '8@eth0', state: 'BACKUP' },
    ]);
    const moves = world.history.length;
    await world.clock.advance(60_000);
    assert.equal(world.history.length, moves, world.history.slice(moves).join('\n'));
    assert.deepEqual(world.masters(), [second.name]);
    await undrain(first, { vhid: '7@eth0' });
    await world.clock.advance(5000);
    assert.deepEqual(states(), [
      ['MASTER', 'MASTER'],
      ['BACKUP', 'BACKUP'],
    ]);
  });

  it('is the host: what shares addresses by CARP leaves with it, whichever command says so', async () => {
    for (const verb of ['drain', 'carp.drain', 'vrrp.drain']) {
      await using world = new World();
      const hosts = await pair(world);
      const [first, second] = hosts;
      for (const [i, { kernel }] of hosts.entries()) {
        const carp = await kernel.load(CarpModule);
        carp.create({
          ifname: 'eth0',
          vhid: 1,
          password: 'secret',
          addresses: ['10.88.0.101/24'],
          advskew: 100 * i,
          preempt: true,
          startupDelay: 5000 * (1 - i),
        });
      }
      await world.clock.advance(12_000);
      const told: string[] = [];
      const names = (vips: readonly { name: string }[]) => vips.map(({ name }) => name).join();
      const { eventhandler } = first.kernel;
      eventhandler.register('vip_drain_event', (vips) => void told.push(`vip ${names(vips)}`));
      eventhandler.register('carp_drain_event', (vips) => void told.push(`carp ${names(vips)}`));
      eventhandler.register('vip_undrain_event', (vips) => void told.push(`back ${names(vips)}`));
      const drained = first.kernel.verbs.invoke(verb, {}, call);
      await world.clock.advance(1000);
      assert.deepEqual(await drained, [
        { name: '7@eth0', state: 'BACKUP' },
        { name: '1@eth0', state: 'BACKUP' },
      ]);
      assert.deepEqual(told, ['vip 7@eth0,1@eth0', 'carp 1@eth0']);
      assert.equal(second.kernel.get(CarpModule).list()[0]!.state, 'MASTER');
      await first.kernel.verbs.invoke(verb.replace('drain', 'undrain'), {}, call);
      assert.equal(told.at(-1), 'back 7@eth0,1@eth0');
      await world.clock.advance(5000);
      assert.deepEqual(world.masters(), [first.name]);
    }
  });

  it('is known to a successor, and who was heard', async () => {
    await using world = new World();
    const [first] = await pair(world);
    const router = routerOf(first) as VrrpRouter & { successor: string; handover: { capture(): unknown } };
    assert.equal(router.successor, 'heard');
    const { peers } = router.handover.capture() as { peers: object[] };
    assert.equal(peers.length, 1);
  });
});
