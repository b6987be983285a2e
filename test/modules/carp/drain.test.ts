/** Maintenance: services leave, then the addresses, and the host stays away until it is told to come back. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CarpModule, type CarpVhidOptions } from '../../../modules/carp/index.js';
import { memory } from './support/memory.js';
import { type Host, SHARED, World } from './support/world.js';

const call = { caller: {}, signal: new AbortController().signal };

/** Two hosts that have heard each other; the first is MASTER. */
async function pair(world: World, ...options: Partial<CarpVhidOptions>[]): Promise<[Host, Host]> {
  const [second, first] = [await world.host(), await world.host()];
  second.create({ advskew: 100, ...options[1] });
  await world.clock.advance(5000);
  first.create({ preempt: true, ...options[0] });
  await world.clock.advance(5000);
  assert.deepEqual(world.masters(), [first.name]);
  world.history();
  return [first, second];
}

const serving = ({ hosts }: World) =>
  hosts.filter((host) => host.addresses().includes(SHARED)).map(({ name }) => name);

describe('a drain', () => {
  it('waits for services, then hands over without a moment in which no host serves', async () => {
    await using world = new World();
    const [first, second] = await pair(world);
    const steps: string[] = [];
    const { eventhandler, clock } = first.kernel;
    eventhandler.register('carp_drain_event', async (vhids, reason) => {
      steps.push(`drain ${vhids.join()} ${reason}, skew ${first.carp.list()[0]!.advskew}`);
      await new Promise<void>((resolve) => clock.callout('service', () => resolve()).reset(2000));
      steps.push(`left as ${first.carp.list()[0]!.state}`);
    });
    const gaps: number[] = [];
    const watch = clock.callout('watch', () => {
      gaps.push(serving(world).length);
      watch.reset(0.1);
    });
    watch.reset(0.1);
    const drained = first.carp.maintenance.drain({ reason: 'new kernel' });
    await world.clock.advance(1999);
    assert.equal(first.carp.list()[0]!.state, 'MASTER');
    await world.clock.advance(100);
    assert.deepEqual(await drained, [{ name: '1@eth0', state: 'BACKUP' }]);
    watch.stop();
    assert.deepEqual(steps, ['drain 1@eth0 new kernel, skew 0', 'left as MASTER']);
    assert.ok(gaps.length > 10_000 && gaps.every((count) => count > 0), 'somebody always serves');
    const both = gaps.filter((count) => count === 2).length / 10;
    assert.ok(both > 40 && both < 60, `two serve for ${both} ms`);
    assert.deepEqual([world.masters(), serving(world)], [[second.name], [second.name]]);
    assert.deepEqual(first.carp.list()[0]!.toJSON().demotions?.[0]?.by, 'drain');
    await world.clock.advance(60_000);
    assert.deepEqual(world.masters(), [second.name]);
    await first.carp.maintenance.undrain();
    await world.clock.advance(3000);
    assert.deepEqual([world.masters(), first.carp.demotion.status()], [[first.name], []]);
  });

  it('asks for force when no peer was heard, and leaves no address without a host', async () => {
    await using world = new World();
    const host = await world.host();
    host.create();
    await world.clock.advance(5000);
    const drain = (input: object) => host.kernel.verbs.invoke('carp.drain', input, call);
    await assert.rejects(drain({}), { code: 'ENOPEER', message: /^1@eth0: no peer was heard .*--force$/ });
    assert.deepEqual(host.carp.demotion.status(), []);
    const forced = drain({ force: true });
    await world.clock.advance(5000);
    assert.deepEqual(await forced, [{ name: '1@eth0', state: 'MASTER' }]);
    assert.match(host.log.at(-1)!.message, /drained, but no peer took over: this host serves until/);
    const text = host.kernel.verbs.find('carp.drain').text?.(await forced);
    assert.match(text ?? '', /no peer took over 1@eth0: this host serves/);
    assert.deepEqual([world.masters(), host.carp.list()[0]!.advskew], [['host1'], 240]);
    const other = await world.host();
    other.create({ advskew: 200, preempt: true });
    await world.clock.advance(5000);
    assert.deepEqual(world.masters(), ['host2']);
  });

  it('outlives a restart, with its reason and its beginning', async () => {
    await using world = new World();
    const store = memory();
    const host = await world.host(undefined, {}, { store });
    host.create();
    const drained = host.carp.maintenance.drain({ reason: 'disk', force: true });
    await world.clock.advance(10_000);
    await drained;
    const again = await world.host(undefined, {}, { store });
    const vhid = again.create();
    assert.equal(vhid.advskew, 240);
    assert.deepEqual(again.carp.demotion.status(), [
      { by: 'drain', on: 'all', amount: 240, reason: 'disk', age: 10_000 },
    ]);
    await again.carp.maintenance.undrain();
    const last = await world.host(undefined, {}, { store });
    assert.deepEqual(last.carp.demotion.status(), []);
  });

  it('says so when it cannot be kept for a restart, and does not wait for a disk that hangs', async () => {
    const broken = (): never => {
      throw new Error('no such file system');
    };
    for (const [write, ms] of [
      [() => Promise.resolve(false), 10],
      [() => new Promise<boolean>(() => undefined), 2010],
      // Against their word.
      [() => Promise.reject(new Error('disk full')), 10],
      [broken, 10],
    ] as const) {
      await using world = new World();
      const host = await world.host(
        undefined,
        {},
        { store: { read: write === broken ? broken : () => undefined, write } },
      );
      host.create();
      await world.clock.advance(5000);
      const verb = (name: string): Promise<unknown> => {
        const input = name === 'carp.drain' ? { vhid: '1@eth0', force: true } : {};
        return host.kernel.verbs.invoke(name, input, call);
      };
      for (const [name, state] of [
        ['carp.drain', 'drained'],
        ['carp.undrain', 'in service again'],
      ] as const) {
        const done = verb(name);
        await world.clock.advance(name === 'carp.drain' ? 10_000 + ms : ms);
        const result = await done;
        assert.deepEqual(result, [{ name: '1@eth0', state: 'MASTER', kept: false }]);
        assert.match(
          host.kernel.verbs.find(name).text?.(result) ?? '',
          /a restart of carpet undoes this: there is no state folder that can be written \(--state-dir\)$/m,
        );
        assert.match(
          host.log.at(-1)!.message,
          new RegExp(`^this host is ${state}, but a restart of this process undoes it`),
        );
      }
    }
  });

  it('is not said to come back with a restart that would not know of it', async () => {
    await using world = new World();
    const host = await world.host(undefined, {}, { store: null });
    host.create();
    await world.clock.advance(5000);
    const drained = host.carp.maintenance.drain({ force: true });
    await world.clock.advance(10_010);
    assert.deepEqual(await drained, [{ name: '1@eth0', state: 'MASTER', kept: false }]);
    assert.deepEqual(await host.carp.maintenance.undrain(), [{ name: '1@eth0', state: 'MASTER' }]);
    assert.doesNotMatch(host.log.at(-1)!.message, /a restart of this process undoes it/);
  });

  it('of one vhid leaves the others', async () => {
    await using world = new World();
    const [first] = await pair(world);
    const other = first.create({ vhid: 2, addresses: ['10.88.0.102/24'] });
    await world.clock.advance(4000);
    const { maintenance } = first.carp;
    const drained = maintenance.drain({ vhid: '1@eth0' });
    await assert.rejects(maintenance.drain({ vhid: '1@eth0' }), { code: 'EBUSY' });
    await world.clock.advance(100);
    await drained;
    assert.deepEqual([first.carp.list()[0]!.state, other.state, other.advskew], ['BACKUP', 'MASTER', 0]);
    await assert.rejects(maintenance.undrain({ vhid: '2@eth0' }), /2@eth0: is not drained by itself$/);
    await assert.rejects(
      maintenance.drain({ vhid: '3@eth0' }),
      /there is no vhid 3@eth0; there are: 1@eth0, 2@eth0/,
    );
    await maintenance.undrain({ vhid: '1@eth0' });
    await assert.rejects(maintenance.undrain(), /this host is not drained/);
  });

  it('does not wait for ever for a service that hangs', async () => {
    await using world = new World();
    const [first, second] = await pair(world);
    first.kernel.sysctl.set('net.inet.vip.drain_timeout', 500);
    first.kernel.eventhandler.register('carp_drain_event', () => new Promise(() => {}));
    const drained = first.carp.maintenance.drain();
    await world.clock.advance(600);
    assert.deepEqual(await drained, [{ name: '1@eth0', state: 'BACKUP' }]);
    assert.deepEqual(world.masters(), [second.name]);
    assert.ok(
      first.log.some(({ message }) => /takes longer than 500 ms: goes on without them/.test(message)),
    );
  });

  it('does not stop at a handler that goes wild', async () => {
    await using world = new World();
    const first = await world.host();
    first.create();
    await world.clock.advance(5000);
    const { eventhandler } = first.kernel;
    eventhandler.register('carp_drain_event', () => eventhandler.invoke('carp_drain_event', [], 'again'));
    const drained = first.carp.maintenance.drain({ force: true });
    await world.clock.advance(5000);
    await drained;
    assert.equal(first.carp.demotion.status()[0]?.by, 'drain');
    assert.ok(first.log.some(({ message }) => message.endsWith(': goes on without the others')));
  });

  it('is stopped, and only then started again, by handlers that come late', async () => {
    await using world = new World();
    const [first] = await pair(world);
    const { eventhandler, clock, sysctl } = first.kernel;
    const steps: string[] = [];
    sysctl.set('net.inet.vip.drain_timeout', 500);
    const slow = () => new Promise<void>((resolve) => clock.callout('slow', () => resolve()).reset(800));
    eventhandler.register('carp_drain_event', slow);
    eventhandler.register('carp_drain_event', () => void steps.push('stop'));
    eventhandler.register('carp_undrain_event', () => void steps.push('start'));
    const drained = first.carp.maintenance.drain();
    await world.clock.advance(600);
    await drained;
    const back = first.carp.maintenance.undrain();
    await world.clock.advance(300);
    await back;
    assert.deepEqual(steps, ['stop', 'start']);
  });

  it('is not told to services behind one that hangs when they have been started again', async () => {
    await using world = new World();
    const [first] = await pair(world);
    const { eventhandler, sysctl } = first.kernel;
    const steps: string[] = [];
    let end = (): void => {};
    sysctl.set('net.inet.vip.drain_timeout', 500);
    eventhandler.register('carp_drain_event', () => new Promise<void>((resolve) => (end = resolve)));
    eventhandler.register('carp_drain_event', () => void steps.push('stop'));
    eventhandler.register('carp_undrain_event', () => void steps.push('start'));
    const drained = first.carp.maintenance.drain();
    await world.clock.advance(600);
    await drained;
    const back = first.carp.maintenance.undrain();
    await world.clock.advance(600);
    await back;
    end();
    await world.clock.advance(1000);
    assert.deepEqual(steps, ['start']);
  });

  it('keeps an upgrade waiting until it is done, and is refused during one', async () => {
    await using world = new World();
    const [first] = await pair(world);
    const { succession } = first.kernel;
    const drained = first.carp.maintenance.drain();
    assert.equal(succession.held, 'this host is being drained');
    await world.clock.advance(100);
    await drained;
    assert.equal(succession.held, undefined);
    using _frozen = succession.freeze();
    await assert.rejects(first.carp.maintenance.undrain(), {
      code: 'EAGAIN',
      message: /upgrade is under way/,
    });
    assert.equal(first.carp.demotion.status()[0]?.by, 'drain');
  });

  it('ends with an error when the module is reloaded, and the host stays drained', async () => {
    await using world = new World();
    const { kernel } = await world.host();
    await kernel.unload(CarpModule);
    const vhid = { ifname: 'eth0', vhid: 1, password: 'secret', addresses: [SHARED] };
    await kernel.load(CarpModule, { vhids: [vhid] });
    await world.clock.advance(5000);
    const drain = kernel.verbs.invoke('carp.drain', { force: true }, call);
    const ended = assert.rejects(drain, { code: 'ECLOSED' });
    await world.clock.advance(100);
    assert.equal(kernel.get(CarpModule).demotion.status().length, 1);
    await kernel.reload(CarpModule);
    await ended;
    assert.equal(kernel.get(CarpModule).demotion.status()[0]?.by, 'drain');
  });

  it('of a group that grew, and of one that has left, is undone whole', async () => {
    await using world = new World();
    const store = memory();
    const host = await world.host(undefined, {}, { store });
    const { maintenance, demotion } = host.carp;
    const grow = (vhid: number) =>
      host.create({ vhid, addresses: [`10.88.0.10${vhid}/24`], failoverGroup: 'web' });
    const vhids = [grow(1), grow(2)];
    const lines = () => demotion.status().map(({ on }) => on);
    await maintenance.drain({ vhid: '1@eth0' });
    vhids.push(grow(3));
    await maintenance.drain({ vhid: '1@eth0' });
    assert.deepEqual(
      vhids.map((each) => demotion.local(each)),
      [240, 240, 240],
    );
    assert.deepEqual(lines(), ['1@eth0, 2@eth0, 3@eth0']);
    host.carp.remove(vhids[1]!);
    await maintenance.drain({ vhid: '3@eth0' });
    assert.deepEqual(
      lines(),
      ['1@eth0, 3@eth0, 2@eth0'],
      'one that has left stays drained, for when it comes back',
    );
    const back = await maintenance.undrain({ vhid: '2@eth0' });
    assert.deepEqual(
      back.map(({ name }) => name),
      ['1@eth0', '3@eth0'],
    );
    assert.deepEqual([lines(), store.read('carp-drain')], [[], []]);
  });

  it('hands over what was made while services left', async () => {
    await using world = new World();
    const [first, second] = await pair(world);
    const { eventhandler, clock } = first.kernel;
    eventhandler.register(
      'carp_drain_event',
      () => new Promise<void>((resolve) => clock.callout('service', () => resolve()).reset(9000)),
    );
    const drained = first.carp.maintenance.drain();
    second.create({ vhid: 2, addresses: ['10.88.0.102/24'], advskew: 100 });
    first.create({ vhid: 2, addresses: ['10.88.0.102/24'], preempt: true });
    await world.clock.advance(8000);
    assert.equal(first.carp.list()[1]!.state, 'MASTER');
    await world.clock.advance(1100);
    assert.deepEqual(
      (await drained).map(({ name, state }) => `${name} ${state}`),
      ['1@eth0 BACKUP', '2@eth0 BACKUP'],
    );
  });
});
