/** No address outlives its master: lifetimes that the host ends, on the virtual clock, with processes that can be stopped. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { VirtualClock } from '../../../core/index.js';
import { deadTime } from '../../../modules/carp/election/interval.js';
import type { CarpVhidOptions } from '../../../modules/carp/index.js';
import { IfnetModule, InetPrefix } from '../../../modules/ifnet/index.js';
import { Lease } from '../../../modules/vip/service/lease.js';
import { Leases } from '../../../modules/vip/service/leases.js';
import { lifetimeOf } from '../../../modules/vip/service/lifetime.js';
import { SimProcess } from '../../sim/process.js';
import { type Host, SHARED, World } from './support/world.js';

const OWN = { manageAddresses: true, provider: 'netlink' };
const PATIENCE_MS = 3000;
const SHARED6 = 'fd88::100/64';

/** A host whose process can be stopped, while its kernel goes on. */
async function stoppable(world: World): Promise<Host & { process: SimProcess }> {
  const process = new SimProcess(world.clock, `process ${world.hosts.length}`);
  const host = await world.host(['10.88.0.1/24', 'fd88::1/64'], {}, { clock: process });
  process.adopt(host.kernel.get(IfnetModule).byName('eth0')!);
  return Object.assign(host, { process });
}

/** The shared addresses on any interface of the host, as its kernel has them. */
function held({ kernel }: Host): string[] {
  const all = kernel.get(IfnetModule).list();
  return all.flatMap((ifp) => ifp.addresses.map(({ prefix }) => String(prefix))).filter(isShared);
}

const isShared = (text: string): boolean => text === SHARED || text === SHARED6;

describe('the lifetime', () => {
  const cases: [
    lifetime: number | 'auto' | 'off',
    advbase: number,
    deadRatio: number,
    seconds: number | undefined,
  ][] = [
    ['auto', 1, 3, 2],
    ['auto', 2, 3, 5],
    ['auto', 1, 4, 3],
    ['auto', 1, 2, undefined],
    ['auto', 0, 3, undefined],
    ['off', 1, 3, undefined],
    [3, 1, 3, 3],
    [1, 0, 3, 1],
  ];
  for (const [lifetime, advbase, deadRatio, seconds] of cases) {
    it(`${lifetime} is ${seconds ?? 'none'} with advbase ${advbase} and a dead ratio of ${deadRatio}`, () => {
      assert.equal(
        lifetimeOf({ ...OWN, lifetime }, deadTime(advbase, 0, deadRatio), false)?.seconds,
        seconds,
      );
    });
  }

  it('is none where a script has the addresses', () => {
    assert.equal(lifetimeOf({ ...OWN, lifetime: 2, manageAddresses: false }, PATIENCE_MS, false), undefined);
  });

  it('is none by itself among many vhids, and what is asked for', () => {
    assert.equal(lifetimeOf({ ...OWN, lifetime: 'auto' }, PATIENCE_MS, true), undefined);
    assert.equal(lifetimeOf({ ...OWN, lifetime: 2 }, PATIENCE_MS, true)?.seconds, 2);
  });
});

describe('a MASTER that runs', () => {
  for (const options of [
    {},
    { advskew: 240 },
    { advbase: 2, advskew: 255 },
    { lifetime: 1 },
    { advbase: 2, lifetime: 1 },
    { virtualMac: 'service' as const },
  ] satisfies Partial<CarpVhidOptions>[]) {
    it(`keeps its addresses, without an event: ${JSON.stringify(options)}`, async () => {
      await using world = new World();
      const host = await stoppable(world);
      const events: string[] = [];
      const vhid = host.create({ addresses: [SHARED, SHARED6], ...options });
      while (vhid.state !== 'MASTER') world.advance(100);
      host.kernel.eventhandler.register(
        'ifaddr_event',
        (_ifp, { prefix }, op) => void events.push(`${prefix} ${op}`),
      );
      for (let i = 0; i < 600; i++) {
        world.advance(100);
        assert.deepEqual(held(host), [SHARED, SHARED6]);
      }
      assert.deepEqual(events, []);
      assert.equal(host.carp.statistics.expired.value, 0);
    });
  }

  it('may be held up for 1.2 s at any moment', async () => {
    await using world = new World();
    const host = await stoppable(world);
    host.create();
    world.advance(5000);
    for (let phase = 0; phase < 40; phase++) {
      world.advance(2000 + phase * 25);
      host.process.stop();
      world.advance(1200);
      assert.deepEqual(held(host), [SHARED], `stopped ${phase * 25} ms later`);
      host.process.continue('timers');
    }
    assert.equal(host.carp.statistics.expired.value, 0);
  });
});

/** So many have their renewals gathered. */
const CROWD = Array.from({ length: 65 }, (_, i) => i + 1);

describe('one of many MASTERs', () => {
  /** They became MASTER at different moments, and each has one address. */
  function crowd(world: World, host: Host, options: Partial<CarpVhidOptions> = {}): string[] {
    const addresses = CROWD.map((n) => `10.88.1.${n}/32`);
    for (const n of CROWD) {
      host.create({ vhid: n, addresses: [addresses[n - 1]!], lifetime: 2, ...options });
      world.advance(37);
    }
    world.advance(8000);
    return addresses;
  }
  /** A BACKUP of all of them, which takes over as soon as any does. */
  async function follower(world: World, addresses: readonly string[], advskew: number): Promise<Host> {
    const host = await world.host(['10.88.0.2/24', 'fd88::2/64']);
    for (const n of CROWD) host.create({ vhid: n, addresses: [addresses[n - 1]!], advskew, preempt: false });
    return host;
  }
  const served = ({ kernel }: Host): string[] =>
    kernel
      .get(IfnetModule)
      .byName('eth0')!
      .addresses.map(({ prefix }) => String(prefix))
      .filter((text) => text.startsWith('10.88.1.'));

  it('may be held up for 0.9 s at any moment', async () => {
    await using world = new World();
    const host = await stoppable(world);
    const addresses = crowd(world, host);
    for (let phase = 0; phase < 40; phase++) {
      world.advance(2000 + phase * 25);
      host.process.stop();
      world.advance(900);
      assert.deepEqual(served(host), addresses, `stopped ${phase * 25} ms later`);
      host.process.continue('timers');
    }
    assert.equal(host.carp.statistics.expired.value, 0);
  });

  for (const options of [{}, { advskew: 30 }, { advskew: 120 }, { advskew: 240 }, { lifetime: 1 }]) {
    it(`keeps its address, and has lost it when a peer has it: ${JSON.stringify(options)}`, async () => {
      for (let phase = 0; phase < 5; phase++) {
        await using world = new World(phase);
        const first = await stoppable(world);
        const addresses = crowd(world, first, options);
        const second = await follower(world, addresses, (options.advskew ?? 0) + 1);
        for (let ms = 0; ms < 20_000; ms += 100) {
          world.advance(100);
          assert.equal(served(first).length, CROWD.length, `after ${ms} ms`);
        }
        assert.equal(first.carp.statistics.expired.value, 0);
        world.advance(phase * 200);
        first.process.stop();
        for (let ms = 0; served(second).length < CROWD.length; ms += 5) {
          world.advance(5);
          const both = served(first).filter((each) => served(second).includes(each));
          assert.deepEqual(both, [], `two holders after ${ms} ms`);
          assert.ok(ms < 10_000, 'not all were taken over');
        }
      }
    });
  }

  it('renews with the others, four times a second', async () => {
    const clock = new VirtualClock();
    const leases = new Leases(clock);
    const moments = new Set<number>();
    const leased = {
      placed: [InetPrefix.parse(SHARED)],
      renewal: () => ({ renew: () => void moments.add(clock.now()) }),
      reclaim: () => assert.fail('one has expired'),
    };
    const owner = {
      name: '1@eth0',
      settings: { ...OWN, lifetime: 2 },
      interval: 1000,
      patience: PATIENCE_MS,
    };
    const all = CROWD.map(() => new Lease(owner, leased, { clock, protocol: 'carp', leases }));
    for (const lease of all) lease.begin();
    for (let second = 0; second < 8; second++)
      for (const lease of all) {
        lease.sent();
        clock.advanceSync(1000 / all.length);
      }
    assert.equal(moments.size, 8 * 4);
  });
});

describe('the 65th vhid of a process', () => {
  it('takes the lifetime from the addresses of all, and leaves them the addresses', async () => {
    await using world = new World();
    const host = await stoppable(world);
    const address = (n: number): string => `10.88.1.${n}/32`;
    const present = (): number => {
      const ifp = host.kernel.get(IfnetModule).byName('eth0')!;
      return ifp.addresses.filter(({ prefix }) => String(prefix).startsWith('10.88.1.')).length;
    };
    const create = (n: number) => host.create({ vhid: n, addresses: [address(n)] });
    for (let n = 1; n <= 64; n++) create(n);
    world.advance(5000);
    host.process.stop();
    world.advance(4000);
    assert.equal(present(), 0, 'they have one until then');
    host.process.continue('timers');
    world.advance(10_000);
    assert.equal(present(), 64);
    const { expired } = host.carp.statistics;
    const before = expired.value;
    const last = create(65);
    world.advance(10_000);
    assert.deepEqual([present(), expired.value], [65, before]);
    host.process.stop();
    world.advance(10_000);
    assert.equal(present(), 65);
    host.process.continue('timers');
    host.carp.remove(last);
    world.advance(5000);
    host.process.stop();
    world.advance(4000);
    assert.equal(present(), 0, 'and again when it has gone');
  });

  it('gives it back to those that were MASTER when it came and when it goes', async () => {
    await using world = new World();
    const host = await stoppable(world);
    host.create();
    for (const n of CROWD.slice(2)) host.create({ vhid: n, addresses: [`10.88.1.${n}/32`] });
    world.advance(5000);
    const last = host.create({ vhid: 2, addresses: ['10.88.1.2/32'] });
    world.advance(5000);
    host.carp.remove(last);
    world.advance(5000);
    host.process.stop();
    world.advance(4000);
    assert.deepEqual(held(host), []);
  });
});

it('an address whose lifetime may be over is sought before it is renewed, which would hide that it was gone', () => {
  const clock = new VirtualClock();
  const steps: string[] = [];
  const prefix = InetPrefix.parse(SHARED);
  const leased = {
    placed: [prefix],
    renewal: () => ({ renew: () => void steps.push('renew') }),
    reclaim: () => void steps.push('reclaim'),
  };
  const owner = { name: '1@eth0', settings: { ...OWN, lifetime: 2 }, interval: 1000, patience: PATIENCE_MS };
  const lease = new Lease(owner, leased, { clock, protocol: 'carp', leases: new Leases(clock) });
  lease.begin();
  for (const ms of [1899, 1899, 1901]) {
    clock.advanceSync(ms);
    lease.renew(clock.now());
  }
  assert.deepEqual(steps, ['renew', 'renew', 'reclaim', 'renew']);
  lease.adopt(null);
  lease.renew(clock.now());
  assert.deepEqual(steps.slice(4), ['reclaim', 'renew'], 'of a predecessor that did not say');
});

it('a renewal that waited while the process stood still is left to the advertisement that is overdue', () => {
  const clock = new VirtualClock();
  const steps: string[] = [];
  const leased = {
    placed: [InetPrefix.parse(SHARED)],
    renewal: () => ({ renew: () => void steps.push('renew') }),
    reclaim: () => void steps.push('reclaim'),
  };
  const owner = { name: '1@eth0', settings: { ...OWN, lifetime: 2 }, interval: 1000, patience: PATIENCE_MS };
  const standing = new Leases(new VirtualClock());
  const lease = new Lease(owner, leased, { clock, protocol: 'carp', leases: standing });
  lease.begin();
  lease.sent();
  for (const ms of [900, 200, 2000]) {
    clock.advanceSync(ms);
    lease.renewInTime(clock.now());
  }
  assert.deepEqual(steps, ['renew'], 'others may have taken over');
  lease.sent();
  lease.renewInTime(clock.now());
  assert.deepEqual(steps, ['renew', 'reclaim', 'renew']);
  owner.settings = { ...OWN, lifetime: 5 };
  clock.advanceSync(1100);
  lease.renewInTime(clock.now());
  assert.equal(steps.length, 4, 'another lifetime is given at once');
});

it('one that cannot be renewed holds up no other', () => {
  const clock = new VirtualClock();
  const leases = new Leases(clock);
  const renewed: number[] = [];
  leases.add({
    waiting: false,
    renewInTime() {
      throw new Error('a defect');
    },
  });
  for (const n of [1, 2]) leases.add({ waiting: false, renewInTime: () => void renewed.push(n) });
  assert.throws(() => clock.advanceSync(1), /a defect/);
  clock.advanceSync(1);
  assert.deepEqual(renewed, [1, 2]);
});

describe('a MASTER that is stopped', () => {
  for (const options of [
    {},
    { advskew: 200 },
    { virtualMac: 'service' as const },
    { advbase: 2 },
    { lifetime: 1 },
  ] satisfies Partial<CarpVhidOptions>[]) {
    it(`has lost its addresses when a peer has them: ${JSON.stringify(options)}`, async () => {
      for (let phase = 0; phase < 20; phase++) {
        await using world = new World(phase);
        const first = await stoppable(world);
        const common = { addresses: [SHARED, SHARED6] };
        first.create({ ...common, ...options });
        world.advance(15_000);
        const second = await world.host(['10.88.0.2/24', 'fd88::2/64']);
        second.create({ ...common, ...options, advskew: 201, preempt: false });
        world.advance(10_000 + phase * 100);
        assert.deepEqual(world.masters(), ['host1']);
        first.process.stop();
        for (let ms = 0; held(second).length === 0; ms += 5) {
          world.advance(5);
          assert.ok(held(second).length === 0 || held(first).length === 0, `two holders after ${ms} ms`);
          assert.ok(ms < 10_000, 'nobody took over');
        }
      }
    });
  }

  it('and goes on before anyone took over puts them back, says why, and stays MASTER', async () => {
    await using world = new World();
    const host = await stoppable(world);
    const vhid = host.create({ addresses: [SHARED, SHARED6] });
    world.advance(10_000);
    for (const order of ['timers', 'sockets'] as const) {
      const before = host.carp.statistics.expired.value;
      host.process.stop();
      world.advance(2900);
      assert.deepEqual(held(host), []);
      host.process.continue(order);
      world.advance(5);
      assert.deepEqual(held(host), [SHARED, SHARED6]);
      assert.equal(host.carp.statistics.expired.value, before + 2);
      assert.equal(vhid.state, 'MASTER');
      world.advance(5000);
    }
    const lines = host.log.map(({ message }) => message);
    assert.ok(
      lines.some((line) =>
        /10.88.0.100\/24 expired on eth0, because .* could not renew it for [23]\.\d s/.test(line),
      ),
    );
    assert.ok(!lines.some((line) => line.includes('another program')), lines.join('\n'));
  });
});

describe('without a lifetime', () => {
  it('the addresses stay when the process is stopped', async () => {
    await using world = new World();
    const host = await stoppable(world);
    host.create({ lifetime: 'off' });
    world.advance(5000);
    host.process.stop();
    world.advance(60_000);
    assert.deepEqual(held(host), [SHARED]);
  });

  it('they get one, and lose it, when the setting changes', async () => {
    await using world = new World();
    const host = await stoppable(world);
    const vhid = host.create();
    world.advance(5000);
    vhid.configure({ lifetime: 'off' });
    world.advance(10);
    host.process.stop();
    world.advance(10_000);
    assert.deepEqual(held(host), [SHARED]);
    host.process.continue('timers');
    world.advance(10_000);
    vhid.configure({ lifetime: 'auto' });
    world.advance(10);
    host.process.stop();
    world.advance(3000);
    assert.deepEqual(held(host), []);
  });
});

it('an address removed by hand is back at once, with its lifetime', async () => {
  await using world = new World();
  const host = await stoppable(world);
  host.create();
  world.advance(5000);
  host.kernel.get(IfnetModule).byName('eth0')!.removeAddress(InetPrefix.parse(SHARED));
  assert.deepEqual(held(host), []);
  world.advance(5);
  assert.deepEqual(held(host), [SHARED]);
  assert.equal(host.carp.statistics.expired.value, 0);
  assert.ok(host.log.some(({ message }) => message.includes('removed from eth0 by another program')));
  world.advance(10_000);
  assert.deepEqual(held(host), [SHARED]);
  host.process.stop();
  world.advance(3000);
  assert.deepEqual(held(host), []);
});
