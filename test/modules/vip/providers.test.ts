/** What puts shared addresses elsewhere than on an interface: called in order, again after a failure, and for nothing in vain. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { inject, Module } from '../../../core/index.js';
import type { CarpModule, CarpVhid } from '../../../modules/carp/index.js';
import { type ProviderRegistration, VipModule } from '../../../modules/vip/index.js';
import { succeed } from '../carp/support/successor.js';
import { type Host, SHARED, World } from '../carp/support/world.js';
import { ADD, Cloud, hosted, pass, REMOVE } from './support/cloud.js';

const serves = ({ addresses }: Pick<Host, 'addresses'>): boolean => addresses().includes(SHARED);

describe('an address provider', () => {
  it('gets what a killed run may have left removed, adds as MASTER, removes after, and the interface has nothing', async () => {
    await using world = new World();
    const cloud = new Cloud();
    const host = await hosted(world, cloud);
    await pass(world, 5000);
    assert.deepEqual(cloud.calls, [REMOVE, ADD]);
    assert.deepEqual([host.vhid.state, serves(host)], ['MASTER', false]);
    assert.ok(!world.seen.some(({ kind }) => kind === 'garp'), 'it is not on this network');
    host.vhid.setState('INIT');
    await setImmediate();
    assert.deepEqual(cloud.calls.slice(2), [REMOVE]);
    assert.deepEqual([...cloud.here], []);
  });

  it('that fails demotes the vhid and hands over, and is asked again', async () => {
    await using world = new World();
    const broken = new Cloud();
    const a = await hosted(world, broken);
    await pass(world, 5000);
    const b = await hosted(world, new Cloud(), { advskew: 100 });
    a.vhid.setState('BACKUP');
    await pass(world, 1000);
    broken.failure = 'no quota';
    a.vhid.setState('MASTER');
    await pass(world, 4000);
    assert.match(a.log.map(({ message }) => message).join('\n'), /1@eth0: provider cloud: no quota/);
    assert.deepEqual([a.vhid.state, b.vhid.state], ['BACKUP', 'MASTER']);
    assert.deepEqual(
      a.vhid.demotions.map(({ amount }) => amount),
      [240],
    );
    broken.failure = undefined;
    await b.kernel.unload('carp');
    await pass(world, 20_000);
    assert.deepEqual([a.vhid.state, a.vhid.demotions, [...broken.here]], ['MASTER', [], [SHARED]]);
  });

  it('that hangs is given up at its limit, and the last wish counts', async () => {
    await using world = new World();
    const cloud = new Cloud();
    const { vhid } = await hosted(world, cloud);
    await pass(world, 2000);
    cloud.hangs = true;
    await pass(world, 2000);
    assert.deepEqual(cloud.calls, [REMOVE, ADD]);
    vhid.setState('BACKUP');
    vhid.setState('MASTER');
    vhid.setState('INIT');
    cloud.hangs = false;
    await pass(world, 2000);
    assert.equal(cloud.aborted, 1);
    assert.deepEqual(cloud.calls.slice(2), [REMOVE], 'one call for three wishes');
  });

  it('whose check finds nothing is asked to add again', async () => {
    await using world = new World();
    const cloud = new Cloud();
    const host = await hosted(world, cloud);
    await pass(world, 4000);
    cloud.here.clear();
    await pass(world, 3500);
    assert.deepEqual([cloud.calls.slice(2), [...cloud.here]], [[ADD], [SHARED]]);
    assert.match(
      host.log.map(({ message }) => message).join('\n'),
      /its addresses are gone; adding them again/,
    );
  });

  it('whose check fails demotes the vhid until one succeeds, and is asked again every 5 s', async () => {
    await using world = new World();
    const cloud = new Cloud();
    const { vhid } = await hosted(world, cloud);
    await pass(world, 5000);
    cloud.checkFailure = 'no route to the API';
    await pass(world, 3000);
    cloud.checks = 0;
    for (let second = 0; second < 20; second++) {
      assert.match(vhid.demotions[0]?.reason ?? '', /cloud: no route to the API/, `after ${second} s`);
      await pass(world, 1000);
      if (second === 7) vhid.configure({});
    }
    assert.ok(cloud.checks >= 4 && cloud.checks <= 5, `${cloud.checks} checks in 20 s`);
    cloud.checkFailure = undefined;
    await pass(world, 5000);
    assert.deepEqual([vhid.demotions, cloud.calls], [[], [REMOVE, ADD]]);
  });

  it('is not checked for a vhid that has no address here, nor when it has no check any more', async () => {
    await using world = new World();
    const cloud = new Cloud();
    const { kernel, vhid, registration, log } = await hosted(world, cloud);
    await pass(world, 5000);
    const { checks } = cloud;
    vhid.setState('INIT');
    await pass(world, 5000);
    assert.equal(cloud.checks, checks);
    vhid.setState('BACKUP');
    await pass(world, 5000);
    registration[Symbol.dispose]();
    const unchecked = { add: cloud.add.bind(cloud), remove: cloud.remove.bind(cloud) };
    kernel.get(VipModule).providers.register('cloud', unchecked);
    await pass(world, 5000);
    assert.deepEqual(cloud.calls, [REMOVE, ADD, REMOVE, ADD]);
    assert.ok(!log.some(({ message }) => message.includes('are gone')));
  });

  it('follows the settings: an address that leaves is removed, a new one added, another provider takes over', async () => {
    await using world = new World();
    const cloud = new Cloud();
    const host = await hosted(world, cloud);
    await pass(world, 5000);
    host.vhid.configure({ addresses: ['10.88.0.101/24'] });
    await pass(world, 500);
    assert.deepEqual(cloud.calls.slice(2), [REMOVE, 'add 10.88.0.101/24 of 1@eth0']);
    host.vhid.configure({ provider: 'netlink', addresses: [SHARED] });
    await pass(world, 500);
    assert.deepEqual([[...cloud.here], serves(host)], [[], true]);
  });

  it('that has failed to add an address gets it removed if it leaves the settings: it may be there all the same', async () => {
    await using world = new World();
    const cloud = new Cloud();
    const { vhid } = await hosted(world, cloud);
    await pass(world, 2000);
    cloud.failure = 'no answer';
    vhid.setState('MASTER');
    await setImmediate();
    assert.deepEqual(cloud.calls, [REMOVE, ADD]);
    cloud.here.add(SHARED);
    cloud.failure = undefined;
    vhid.configure({ addresses: ['10.88.0.101/24'] });
    await pass(world, 5000);
    assert.deepEqual([vhid.state, [...cloud.here]], ['MASTER', ['10.88.0.101/24']]);
  });

  it('that cannot add one more address leaves its MASTER the others: it is demoted, but does not bow out', async () => {
    await using world = new World();
    const cloud = new Cloud();
    const { vhid, carp } = await hosted(world, cloud);
    await pass(world, 5000);
    cloud.failure = 'no quota';
    vhid.configure({ addresses: [SHARED, '10.88.0.101/24'] });
    await pass(world, 6000);
    assert.match(vhid.demotions[0]?.reason ?? '', /no quota/);
    assert.deepEqual([vhid.state, carp.statistics.bowouts.value], ['MASTER', 0]);
    const more = 'add 10.88.0.101/24 of 1@eth0';
    assert.deepEqual(cloud.calls.slice(2), [more, more], 'the others are not added again');
    cloud.failure = undefined;
    await pass(world, 5000);
    assert.deepEqual([vhid.demotions, [...cloud.here]], [[], [SHARED, '10.88.0.101/24']]);
  });

  it('that is unloaded removes its addresses first; a vhid without its provider says so and serves when it comes', async () => {
    await using world = new World();
    const cloud = new Cloud();
    const host = await hosted(world, cloud);
    await pass(world, 5000);
    await host.registration.end();
    assert.deepEqual([...cloud.here], []);
    assert.match(
      host.log.at(-1)!.message + host.vhid.demotions[0]?.reason,
      /provider cloud: no module has registered it; there are: netlink, macvlan, none/,
    );
    host.kernel.get(VipModule).providers.register('cloud', cloud);
    await pass(world, 500);
    assert.deepEqual([[...cloud.here], host.vhid.demotions], [[SHARED], []]);
  });

  it('has removed its addresses when its kernel has ended', async () => {
    const world = new World();
    const cloud = new Cloud();
    await hosted(world, cloud);
    await pass(world, 5000);
    await world[Symbol.asyncDispose]();
    assert.deepEqual([cloud.calls.at(-1), [...cloud.here]], [REMOVE, []]);
  });

  it('learns nothing of a handover', async () => {
    await using world = new World();
    const cloud = new Cloud();
    const host = await hosted(world, cloud);
    await pass(world, 5000);
    await handOver(host, cloud, [SHARED]);
    await pass(world, 5000);
    assert.deepEqual([cloud.calls.length, [...cloud.here]], [2, [SHARED]]);
  });

  it('that has failed to remove an address which has left the settings is asked again by a successor', async () => {
    await using world = new World();
    const cloud = new Cloud();
    const host = await hosted(world, cloud);
    await pass(world, 5000);
    host.vhid.configure({ addresses: [SHARED, OTHER] });
    await pass(world, 500);
    cloud.failure = 'no answer';
    host.vhid.configure({ addresses: [OTHER] });
    await pass(world, 500);
    const before = cloud.calls.length;
    const { vhid, carp } = await handOver(host, cloud, [OTHER]);
    await pass(world, 1000);
    // It goes on to serve the other one.
    assert.deepEqual([vhid.state, carp.statistics.bowouts.value], ['MASTER', 0]);
    cloud.failure = undefined;
    await pass(world, 10_000);
    assert.deepEqual([...cloud.here], [OTHER]);
    assert.ok(
      cloud.calls.slice(before).every((call) => call === REMOVE),
      cloud.calls.join('\n'),
    );
  });

  it('that fails for the last address after a handover, too, has its MASTER bow out', async () => {
    await using world = new World();
    const cloud = new Cloud();
    const host = await hosted(world, cloud);
    await pass(world, 5000);
    cloud.failure = 'no quota';
    host.vhid.configure({ addresses: [SHARED, OTHER] });
    await pass(world, 1000);
    const { vhid, carp } = await handOver(host, cloud, [SHARED, OTHER]);
    await pass(world, 6000);
    assert.equal(carp.statistics.bowouts.value, 0, 'the first one is there');
    vhid.configure({ addresses: [OTHER] });
    await pass(world, 1000);
    assert.equal(carp.statistics.bowouts.value, 1);
    cloud.failure = undefined;
  });
});

const OTHER = '10.88.0.101/24';

/** Another process goes on with the vhid, at the same provider. */
async function handOver(
  host: Awaited<ReturnType<typeof hosted>>,
  cloud: Cloud,
  addresses: string[],
): Promise<{ carp: CarpModule; vhid: CarpVhid }> {
  @Module({ name: 'cloud', depends: [VipModule] })
  class CloudModule {
    readonly registration: ProviderRegistration;
    constructor(@inject(VipModule) vip: VipModule) {
      this.registration = vip.providers.register('cloud', cloud);
    }
  }
  host.registration[Symbol.dispose]();
  const vhid = { ifname: 'eth0', vhid: 1, password: 'secret', addresses, provider: 'cloud' };
  const carp = await succeed(host, { vhids: [vhid] }, { kept: true });
  await host.kernel.load(CloudModule);
  return { carp, vhid: carp.list()[0]! };
}

it('none: an election without an address', async () => {
  await using world = new World();
  const host = await world.host();
  const vhid = host.create({ provider: 'none' });
  await pass(world, 5000);
  assert.deepEqual([vhid.state, serves(host)], ['MASTER', false]);
  assert.ok(!world.seen.some(({ kind }) => kind === 'garp'));
});

it('macvlan: as virtualMac service', async () => {
  await using world = new World();
  const host = await world.host();
  const vhid = host.create({ provider: 'macvlan' });
  await pass(world, 5000);
  const { virtualMac, virtualIfname } = vhid.toJSON();
  assert.deepEqual([virtualMac, virtualIfname, serves(host)], ['00:00:5e:00:01:01', 'carp1-1', false]);
  assert.throws(() => host.create({ vhid: 2, provider: 'none', virtualMac: 'service' }), {
    code: 'ESETTINGS',
    message: /virtualMac service needs the provider netlink or macvlan/,
  });
});
