/** Checks on the virtual clock, of a kind of one's own. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { inject, type Json, Module, Scope } from '../../../core/index.js';
import { DevctlModule } from '../../../modules/devctl/index.js';
import { HealthModule, type HealthSettings, type HealthStatus } from '../../../modules/health/index.js';
import { type Host, World } from '../carp/support/world.js';

/** A kind of one's own. */
@Module({ name: 'lamp', depends: [HealthModule] })
class Lamp {
  green = true;
  constructor(@inject(HealthModule) health: HealthModule, @inject(Scope) scope: Scope) {
    scope.own(
      health.kinds.add('lamp', (settings) => {
        if (!this.green) throw new Error(`${String(settings)} is red`);
      }),
    );
  }
}

const check = { kind: 'module', of: 'lamp', with: 'the lamp', interval: 1000 } as const;
type Checks = NonNullable<NonNullable<HealthSettings>['checks']>;

async function healthy(host: Host, checks: Checks): Promise<{ health: HealthModule; lamp: Lamp }> {
  const health = await host.kernel.load(HealthModule, { checks });
  const lamp = await host.kernel.load(Lamp);
  return { health, lamp };
}

/** The first of them has checks and is MASTER. */
async function pair(world: World, checks: Checks) {
  const { hosts, vhids } = await world.pair({ preempt: true }, { advskew: 100, preempt: true });
  const made = await healthy(hosts[0]!, checks);
  await world.clock.advance(6000);
  assert.deepEqual(world.masters(), ['host1']);
  world.history();
  return { ...made, host: hosts[0]!, vhids };
}

const moves = (world: World) =>
  world
    .history()
    .filter((line) => line.includes('->MASTER'))
    .map((line) => line.split(' ')[1]);

describe('a check', () => {
  it('demotes from the start until the first success', async () => {
    await using world = new World();
    const host = await world.host();
    const vhid = host.create();
    await host.kernel.load(HealthModule, { checks: { light: { ...check, demote: 100 } } });
    await world.clock.advance(1500);
    assert.deepEqual(
      [vhid.advskew, vhid.demotions[0]?.by, vhid.demotions[0]?.reason],
      [100, 'health', 'check light: no success yet'],
    );
    await world.clock.advance(3000);
    const [status] = host.kernel.get(HealthModule).list();
    assert.deepEqual([status?.verdict, status?.last], ['down', 'no module offers the kind lamp']);
    await host.kernel.load(Lamp);
    await world.clock.advance(1000);
    assert.deepEqual([vhid.advskew, host.kernel.sysctl.get('health.light.up')?.value], [0, 1]);
  });

  it('moves the address once when it fails, and once when it recovers', async () => {
    await using world = new World();
    const { lamp, host } = await pair(world, { light: { ...check, hold: 5000 } });
    const events: HealthStatus[] = [];
    host.kernel.eventhandler.register('health_event', (status) => void events.push(status));
    lamp.green = false;
    await world.clock.advance(60_000);
    assert.deepEqual(moves(world), ['host2']);
    const [status] = host.kernel.get(HealthModule).list();
    assert.deepEqual(
      [status?.verdict, status?.last, status?.on, status?.effect],
      ['down', 'the lamp is red', 'all', 240],
    );
    lamp.green = true;
    await world.clock.advance(60_000);
    assert.deepEqual(moves(world), ['host1']);
    assert.deepEqual(
      events.map(({ verdict }) => verdict),
      ['down', 'up'],
    );
    assert.deepEqual(host.carp.demotion.status(), []);
  });

  it('that flaps every second moves it at most once, with hasty rules too', async () => {
    for (const rules of [{}, { rise: 1, fall: 1 }]) {
      await using world = new World();
      const { lamp } = await pair(world, { light: { ...check, ...rules } });
      for (let i = 0; i < 300; i++) {
        lamp.green = i % 2 === 1;
        await world.clock.advance(1000);
      }
      assert.ok(moves(world).length <= 1);
    }
  });

  it('can stop vhids, which lasts as long as one check says so, and not longer', async () => {
    await using world = new World();
    const stop = { ...check, stop: true, vhids: ['1@eth0'], hold: 0, fall: 1, rise: 1 };
    const { lamp, host, vhids } = await pair(world, { light: stop, other: stop });
    const free = host.create({ vhid: 2, addresses: ['10.88.0.102/24'] });
    lamp.green = false;
    await world.clock.advance(5000);
    assert.deepEqual([vhids[0]!.state, free.state, world.masters()], ['INIT', 'MASTER', ['host1', 'host2']]);
    vhids[0]!.setState('BACKUP');
    assert.equal(vhids[0]!.state, 'INIT');
    lamp.green = true;
    await world.clock.advance(6000);
    assert.deepEqual([vhids[0]!.state, world.masters()], ['MASTER', ['host1', 'host1']]);
    lamp.green = false;
    await world.clock.advance(5000);
    await host.kernel.unload('lamp');
    await host.kernel.unload('health');
    assert.deepEqual([vhids[0]!.state, host.carp.demotion.status()], ['BACKUP', []]);
  });

  it('whose probe does not end fails at its timeout, and is not started again meanwhile', async () => {
    await using world = new World();
    const host = await world.host();
    const health = await host.kernel.load(HealthModule, { checks: { light: { ...check, timeout: 500 } } });
    let started = 0;
    let end = (): void => undefined;
    using _kind = health.kinds.add('lamp', () => {
      started++;
      return new Promise<void>((resolve) => (end = resolve));
    });
    await world.clock.advance(400);
    assert.equal(started, 1, 'the first run waits for its kind');
    await world.clock.advance(3000);
    assert.deepEqual([started, health.list()[0]!.last], [1, 'the run before still hangs']);
    const set = (changes: object) =>
      host.kernel.reconfigure(HealthModule, { checks: { light: { ...check, timeout: 500, ...changes } } });
    await set({ fall: 7, vhids: ['1@eth0'] });
    await world.clock.advance(3000);
    assert.deepEqual([started, health.list()[0]!.last], [1, 'the run before still hangs']);
    end();
    await world.clock.advance(1000);
    assert.equal(started, 2);
    await set({ with: 'another lamp' });
    await world.clock.advance(1);
    assert.equal(started, 3);
  });

  it('lets a program run for as long as its timeout says, and no longer', async () => {
    await using world = new World();
    const host = await world.host();
    const hour = 3_600_000;
    const slow = {
      kind: 'command',
      command: ['sleep', '60'],
      interval: 3 * hour,
      timeout: 2 * hour,
    } as const;
    const health = await host.kernel.load(HealthModule, { checks: { slow } });
    await world.clock.advance(1.5 * hour);
    assert.equal(health.list()[0]!.last, 'has not run yet');
    await world.clock.advance(hour);
    assert.equal(health.list()[0]!.last, 'no result within 7200000 ms');
  });

  it('goes on whatever its probe throws, rejects with, or returns', async () => {
    await using world = new World();
    const host = await world.host();
    const health = await host.kernel.load(HealthModule, { checks: { light: check } });
    const thrower = (thrown: unknown) => () => {
      throw thrown;
    };
    const odd: [() => unknown, string][] = [
      [() => Promise.reject(), 'undefined'],
      [() => Promise.reject(null), 'null'],
      [thrower(Object.create(null)), 'a thrown object without a text'],
      [thrower(Object.assign(new Error(), { message: 5 })), '5'],
      // oxlint-disable-next-line unicorn/no-thenable
      [() => ({ then: thrower(undefined) }), 'undefined'],
      [() => true, 'well'],
      [() => ({}), 'well'],
    ];
    let ran = 0;
    using _kind = health.kinds.add('lamp', () => odd[ran++]![0]() as never);
    for (const [i, [, last]] of odd.entries()) {
      await world.clock.advance(i === 0 ? 500 : 1000);
      assert.equal(health.list()[0]!.last, last);
    }
    assert.equal(ran, odd.length);
  });

  it('that is up moves no address when its settings change; one that is down begins anew', async () => {
    await using world = new World();
    const { hosts, vhids } = await world.pair({ preempt: true }, { advskew: 100, preempt: true });
    const { kernel } = hosts[0]!;
    const health = await kernel.load(HealthModule, { checks: { light: check } });
    let green = true;
    using _kind = health.kinds.add('lamp', async () => {
      await new Promise<void>((resolve) => world.clock.callout('lamp', () => resolve()).reset(300));
      if (!green) throw new Error('red');
    });
    await world.clock.advance(15_000);
    assert.deepEqual(world.masters(), ['host1']);
    world.history();
    await kernel.reconfigure(HealthModule, { checks: { light: { ...check, interval: 1500, hold: 700 } } });
    await world.clock.advance(200);
    assert.deepEqual([health.list()[0]!.verdict, health.list()[0]!.hold], ['up', 700]);
    await world.clock.advance(5000);
    assert.deepEqual(world.history(), []);
    green = false;
    await world.clock.advance(10_000);
    assert.deepEqual([health.list()[0]!.verdict, vhids[0]!.advskew], ['down', 240]);
    await kernel.reconfigure(HealthModule, { checks: { light: check } });
    await world.clock.advance(200);
    assert.deepEqual([health.list()[0]!.verdict, vhids[0]!.advskew], ['unknown', 240]);
    green = true;
    await world.clock.advance(1500);
    assert.deepEqual([health.list()[0]!.verdict, vhids[0]!.advskew], ['up', 0]);
  });

  it('makes a record for devd, and a counter', async () => {
    await using world = new World();
    const host = await world.host();
    const devctl = await host.kernel.load(DevctlModule);
    const { lamp } = await healthy(host, { light: { ...check, fall: 1 } });
    await world.clock.advance(2000);
    lamp.green = false;
    await world.clock.advance(2000);
    const records: string[] = [];
    using _reader = devctl.open((batch) => void records.push(...batch.map(({ text }) => text.trim())));
    await world.clock.advance(1);
    assert.deepEqual(records.filter((text) => text.includes('HEALTH')).slice(-2), [
      '!system=HEALTH subsystem=light type=UP kind=lamp reason=well',
      '!system=HEALTH subsystem=light type=DOWN kind=lamp reason="the lamp is red"',
    ]);
    assert.ok((host.kernel.sysctl.get('health.light.failures')!.value as number) >= 1);
  });

  it('goes on when other settings change, and goes with its line when it is taken out', async () => {
    await using world = new World();
    const host = await world.host();
    const { health, lamp } = await healthy(host, { light: check, dark: { ...check, demote: 7 } });
    await world.clock.advance(5000);
    lamp.green = false;
    await world.clock.advance(5000);
    const settings = { checks: { light: check, fresh: check } };
    assert.deepEqual(await host.kernel.changes(HealthModule, settings), ['dark: removed', 'fresh: new']);
    const age = health.list()[0]!.age;
    await host.kernel.reconfigure(HealthModule, settings);
    assert.deepEqual(
      health.list().map(({ name, verdict }) => `${name} ${verdict}`),
      ['light down', 'fresh unknown'],
    );
    assert.equal(health.list()[0]!.age, age);
    assert.deepEqual(
      host.carp.demotion.status().map(({ reason }) => reason),
      ['check light: the lamp is red', 'check fresh: no success yet'],
    );
  });

  it('passes to a successor as it stands', async () => {
    await using world = new World();
    const host = await world.host();
    const { lamp } = await healthy(host, { light: { ...check, hold: 30_000 } });
    await world.clock.advance(2000);
    lamp.green = false;
    await world.clock.advance(10_000);
    const state = JSON.parse(JSON.stringify(await host.kernel.handover(HealthModule))) as Json;
    await host.kernel.unload('lamp');
    await host.kernel.unload('health');
    const health = await host.kernel.load(
      HealthModule,
      { checks: { light: { ...check, hold: 30_000 } } },
      { state },
    );
    assert.equal(health.list()[0]!.verdict, 'down');
    assert.deepEqual(
      host.carp.demotion.status().map(({ reason }) => reason),
      ['check light: the lamp is red'],
    );
  });

  it('is refused in words that name it', async () => {
    await using world = new World();
    const host = await world.host();
    const web = { kind: 'http', url: 'http://127.0.0.1/' };
    const wrong: [unknown, RegExp][] = [
      [{ a: { kind: 'telepathy' } }, /checks\.a\.kind/],
      [{ a: { ...check, timeout: 5000 } }, /checks\.a: has a timeout that is longer than its interval/],
      [{ a: { ...check, vhids: ['eth0'] } }, /checks\.a\.vhids\[0\]: is no vhid, as 1@eth0/],
      [{ a: { ...check, vhids: ['1@eth0'], group: 'x' } }, /checks\.a: has vhids and a group: give one/],
      [{ a: { kind: 'process' } }, /checks\.a: names no process: give a name or a pidFile/],
      [
        { a: { ...web, method: 'HEAD', contains: 'ok' } },
        /checks\.a: asks by HEAD, and a text is in no answer to that/,
      ],
      [{ a: { ...web, status: [399, 200] } }, /checks\.a\.status: has the highest status first/],
      [{ a: { kind: 'icmp', to: 'gateway' } }, /checks\.a\.to: is not an IPv4 or IPv6 address/],
      [{ '1 2': check }, /is no name of a check/],
    ];
    for (const [checks, message] of wrong)
      await assert.rejects(host.kernel.load(HealthModule, { checks } as never), {
        code: 'ESETTINGS',
        message,
      });
  });
});
