/** Settings change while checks are at work, and so do the vhids that they concern: no address moves that need not. */
import assert from 'node:assert/strict';
import { describe, it, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { inject, type Json, Module, Scope } from '../../../core/index.js';
import { CarpModule } from '../../../modules/carp/index.js';
import { HealthModule, type HealthSettings } from '../../../modules/health/index.js';
import { type Host, SHARED, World } from '../carp/support/world.js';
import { reload } from './reloaded.js';

type Checks = NonNullable<NonNullable<HealthSettings>['checks']>;

const check = { kind: 'module', of: 'lamp', interval: 1000, fall: 1, rise: 1, hold: 0 } as const;
const vhid = { ifname: 'eth0', vhid: 1, password: 'secret', addresses: [SHARED] };

/** Checks of a lamp, which is green until it is said to be red. */
async function lit({ kernel }: Host, checks: Checks): Promise<{ green: boolean }> {
  const lamp = { green: true };
  const health = await kernel.load(HealthModule, { checks });
  health.kinds.add('lamp', () => {
    if (!lamp.green) throw new Error('red');
  });
  return lamp;
}

/** Offers the kind as a module does: it starts, and starts again, after health. */
@Module({ name: 'lamp', depends: [HealthModule] })
class Lamp {
  constructor(@inject(HealthModule) health: HealthModule, @inject(Scope) scope: Scope) {
    scope.own(health.kinds.add('lamp', () => 'well'));
  }
}

describe('a check that stops a group', () => {
  it('lets a vhid go that leaves the group, and stops one that joins it', async () => {
    await using world = new World();
    const host = await world.host();
    const set = (vhids: object[]) => host.kernel.reconfigure(CarpModule, { vhids });
    const other = { ...vhid, vhid: 2, addresses: ['10.88.0.102/24'] };
    await set([{ ...vhid, failoverGroup: 'web' }, other]);
    const lamp = await lit(host, { light: { ...check, stop: true, group: 'web' } });
    await world.clock.advance(6000);
    lamp.green = false;
    await world.clock.advance(2000);
    const states = () => host.carp.list().map(({ state }) => state);
    assert.deepEqual(states(), ['INIT', 'MASTER']);
    await set([vhid, { ...other, failoverGroup: 'web' }]);
    await world.clock.advance(6000);
    assert.deepEqual(states(), ['MASTER', 'INIT']);
    lamp.green = true;
    await world.clock.advance(6000);
    assert.deepEqual(states(), ['MASTER', 'MASTER']);
  });
});

describe('a check that stops a vhid', () => {
  it('leaves one in INIT that an operator has put there', async () => {
    await using world = new World();
    const host = await world.host();
    const one = host.create();
    const lamp = await lit(host, { light: { ...check, stop: true } });
    await world.clock.advance(6000);
    one.setState('INIT');
    lamp.green = false;
    await world.clock.advance(3000);
    lamp.green = true;
    await world.clock.advance(10_000);
    assert.equal(one.state, 'INIT');
    one.setState('BACKUP');
    assert.equal(one.state, 'BACKUP');
  });

  it('leaves one in INIT that an operator has put there while it was held', async () => {
    await using world = new World();
    const host = await world.host();
    const [one, other] = [host.create(), host.create({ vhid: 2, addresses: ['10.88.0.102/24'] })];
    const lamp = await lit(host, { light: { ...check, stop: true } });
    lamp.green = false;
    await world.clock.advance(6000);
    one.setState('INIT');
    other.setState('INIT');
    other.setState('BACKUP');
    assert.deepEqual([one.state, other.state], ['INIT', 'INIT']);
    lamp.green = true;
    await world.clock.advance(20_000);
    assert.deepEqual([one.state, other.state], ['INIT', 'MASTER']);
  });

  it('goes on through a reload, in which the vhid does not stir', async () => {
    await using world = new World();
    const host = await world.host();
    const one = host.create();
    const lamp = await lit(host, { light: { ...check, of: 'nobody', stop: true } });
    lamp.green = false;
    await world.clock.advance(3000);
    world.history();
    await reload(world, host.kernel, HealthModule);
    await world.clock.advance(3000);
    assert.deepEqual([one.state, world.history()], ['INIT', []]);
    host.kernel.get(HealthModule).kinds.add('nobody', () => 'well');
    await world.clock.advance(6000);
    assert.equal(one.state, 'MASTER');
  });

  it('lets it go although carp was reloaded meanwhile, which made it anew', async () => {
    await using world = new World();
    const host = await world.host();
    await host.kernel.reconfigure(CarpModule, { vhids: [vhid] });
    const lamp = await lit(host, { light: { ...check, stop: true } });
    await world.clock.advance(6000);
    lamp.green = false;
    await world.clock.advance(3000);
    await reload(world, host.kernel, CarpModule);
    await world.clock.advance(3000);
    const [one] = host.kernel.get(CarpModule).list();
    assert.equal(one?.state, 'INIT');
    lamp.green = true;
    await world.clock.advance(6000);
    assert.equal(one.state, 'MASTER');
  });

  it('is let go by a successor whose settings have no such check', async () => {
    await using world = new World();
    const host = await world.host();
    const one = host.create();
    await lit(host, { light: { ...check, of: 'nobody', stop: true } });
    await world.clock.advance(3000);
    assert.equal(one.state, 'INIT');
    const state = await host.kernel.handover(HealthModule);
    // As the state of a vhid is handed over: in INIT until somebody says otherwise.
    await host.kernel.unload('health');
    one.setState('INIT');
    await host.kernel.load(HealthModule, { checks: {} }, { state: state! });
    assert.equal(one.state, 'BACKUP');
  });
});

test('a successor of a version that does not say what it stopped lets that go, too', async () => {
  await using world = new World();
  const host = await world.host();
  const one = host.create();
  const checks = { light: { ...check, of: 'later', stop: true } };
  await lit(host, checks);
  await world.clock.advance(3000);
  const { checks: states } = (await host.kernel.handover(HealthModule)) as { checks: Json };
  await host.kernel.unload('health');
  one.setState('INIT');
  const health = await host.kernel.load(HealthModule, { checks }, { state: { checks: states } });
  await world.clock.advance(3000);
  assert.equal(one.state, 'INIT');
  health.kinds.add('later', () => 'well');
  await world.clock.advance(6000);
  assert.equal(one.state, 'MASTER');
});

test('a reload demotes neither twice nor not at all meanwhile', async () => {
  await using world = new World();
  const host = await world.host();
  host.create();
  await lit(host, { light: { ...check, of: 'nobody', demote: 50 } });
  await world.clock.advance(6000);
  const sums: number[] = [];
  using _listening = host.carp.demotion.onChange((sum) => sums.push(sum));
  await reload(world, host.kernel, HealthModule);
  assert.deepEqual(sums, []);
  await host.kernel.reload(HealthModule, { settings: { checks: { other: { ...check, of: 'nobody' } } } });
  await world.clock.advance(1000);
  assert.deepEqual(
    host.carp.demotion.status().map(({ reason }) => reason),
    ['check other: no module offers the kind nobody'],
  );
});

test('a reload does not fail a check whose kind comes back with the module that offers it', async () => {
  await using world = new World();
  const host = await world.host();
  const vhid = host.create();
  await host.kernel.load(HealthModule, { checks: { light: { ...check, fall: 1, demote: 50 } } });
  await host.kernel.load(Lamp);
  await world.clock.advance(6000);
  const sums: number[] = [];
  using _listening = host.carp.demotion.onChange((sum) => sums.push(sum));
  await reload(world, host.kernel, HealthModule);
  await world.clock.advance(6000);
  assert.deepEqual([sums, vhid.demotions], [[], []]);
});

test('a check that waits for its kind begins anew at once when its rules change', async () => {
  await using world = new World();
  const host = await world.host();
  await lit(host, { light: { ...check, of: 'later' } });
  await world.clock.advance(100);
  await host.kernel.reconfigure(HealthModule, { checks: { light: { ...check, of: 'later', fall: 2 } } });
  const health = host.kernel.get(HealthModule);
  health.kinds.add('later', () => 'well');
  await world.clock.advance(100);
  assert.equal(health.list()[0]!.verdict, 'up');
});

describe('a change of settings', () => {
  const pairs = [
    { advskew: 100, preempt: true },
    { advskew: 90, preempt: true },
  ] as const;

  it('takes no weight away from a MASTER meanwhile', async () => {
    await using world = new World();
    const { hosts } = await world.pair(...pairs);
    const { kernel } = hosts[0]!;
    await lit(hosts[0]!, { light: { ...check, weight: 50 } });
    await world.clock.advance(10_000);
    assert.deepEqual(world.masters(), ['host1']);
    world.history();
    for (const change of [{ interval: 1100 }, { weight: 40 }, { vhids: ['1@eth0'] }]) {
      await kernel.reconfigure(HealthModule, { checks: { light: { ...check, weight: 50, ...change } } });
      await world.clock.advance(5000);
      assert.deepEqual(world.history(), [], JSON.stringify(change));
    }
    assert.deepEqual(
      hosts[0]!.carp.demotion.status().map(({ on, amount }) => `${on} ${amount}`),
      ['1@eth0 -50'],
    );
    await kernel.reconfigure(HealthModule, { checks: {} });
    assert.deepEqual(hosts[0]!.carp.demotion.status(), []);
  });

  it('fails no check whose run was under way', async () => {
    await using world = new World();
    const host = await world.host();
    const slow = { ...check, of: 'slow' };
    const health = await host.kernel.load(HealthModule, { checks: { slow } });
    health.kinds.add('slow', async () => {
      await new Promise<void>((resolve) => world.clock.callout('slow', () => resolve()).reset(300));
    });
    await world.clock.advance(2100);
    await host.kernel.reconfigure(HealthModule, { checks: { slow: { ...slow, demote: 7 } } });
    await world.clock.advance(5000);
    const count = (name: string): unknown => host.kernel.sysctl.get(`health.slow.${name}`)?.value;
    assert.deepEqual([count('failures'), count('runs')], [0, 4]);
  });

  it('keeps what a check that is down demotes and stops', async () => {
    await using world = new World();
    const { hosts } = await world.pair({}, { advskew: 100 });
    const { kernel, carp } = hosts[0]!;
    const lamp = await lit(hosts[0]!, { light: check, dark: { ...check, stop: true, vhids: ['7@eth0'] } });
    const seventh = hosts[0]!.create({ vhid: 7, addresses: ['10.88.0.107/24'] });
    await world.clock.advance(6000);
    lamp.green = false;
    await world.clock.advance(3000);
    const sums: number[] = [];
    using _listening = carp.demotion.onChange((sum) => sums.push(sum));
    world.history();
    await kernel.reconfigure(HealthModule, {
      checks: {
        light: { ...check, interval: 1500 },
        dark: { ...check, stop: true, vhids: ['7@eth0'], interval: 1500 },
      },
    });
    await world.clock.advance(5000);
    assert.deepEqual([sums, world.history(), seventh.state], [[], [], 'INIT']);
    await kernel.reconfigure(HealthModule, { checks: { light: { ...check, demote: 7 } } });
    assert.deepEqual([sums, seventh.state], [[240, 7], 'BACKUP']);
  });

  it('that adds a check to a MASTER moves no address unless the check fails', async () => {
    for (const stop of [false, true]) {
      await using world = new World();
      const { hosts, vhids } = await world.pair({ preempt: true }, { advskew: 90, preempt: true });
      const { kernel } = hosts[0]!;
      const lamp = await lit(hosts[0]!, {});
      await world.clock.advance(10_000);
      world.history();
      await kernel.reconfigure(HealthModule, { checks: { light: { ...check, stop } } });
      await world.clock.advance(5000);
      assert.deepEqual(world.history(), []);
      lamp.green = false;
      await kernel.reconfigure(HealthModule, { checks: {} });
      await kernel.reconfigure(HealthModule, { checks: { light: { ...check, stop, fall: 1000 } } });
      await world.clock.advance(1);
      assert.equal(vhids[0]!.state, stop ? 'INIT' : 'BACKUP');
      assert.equal(hosts[0]!.carp.demotion.status()[0]?.reason, 'check light: no success yet');
    }
  });

  it('or a successor, before the first run of such a check has ended, moves none either', async () => {
    await using world = new World();
    const { hosts } = await world.pair({ preempt: true }, { advskew: 90, preempt: true });
    const { kernel, carp } = hosts[0]!;
    const health = await kernel.load(HealthModule, { checks: {} });
    health.kinds.add('slow', () => new Promise<never>(() => undefined));
    await world.clock.advance(10_000);
    const sums: number[] = [];
    using _listening = carp.demotion.onChange((sum) => sums.push(sum));
    for (const interval of [1000, 1500])
      await kernel.reconfigure(HealthModule, { checks: { light: { ...check, of: 'slow', interval } } });
    const state = await kernel.handover(HealthModule);
    await kernel.unload('health');
    const light = { kind: 'file', path: process.execPath, interval: 1000 } as const;
    const successor = await kernel.load(HealthModule, { checks: { light } }, { state: state! });
    while (successor.list()[0]!.verdict === 'unknown') await setImmediate();
    assert.deepEqual([sums, successor.list()[0]!.verdict], [[], 'up']);
  });
});
