/** What a provider is still asked for when its vhid, or its kernel, ends: no address stays on a host that is down. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { type Clock, inject, Module, type ModuleEnd } from '../../../core/index.js';
import { CarpModule } from '../../../modules/carp/index.js';
import { type ProvidedRequest, type ProviderRegistration, VipModule } from '../../../modules/vip/index.js';
import { SHARED, World } from '../carp/support/world.js';
import { ADD, Cloud, hosted, pass, REMOVE } from './support/cloud.js';

/** Calls of one kind take 1.5 s, less than the limit of 2 s. */
class SlowCloud extends Cloud {
  ms = 1500;

  constructor(
    private readonly clock: Clock,
    private readonly slow: 'add' | 'remove' = 'add',
  ) {
    super();
  }

  override async add(request: ProvidedRequest, signal: AbortSignal): Promise<void> {
    if (this.slow === 'add') await this.#wait();
    await super.add(request, signal);
  }

  override async remove(request: ProvidedRequest, signal: AbortSignal): Promise<void> {
    if (this.slow === 'remove') await this.#wait();
    await super.remove(request, signal);
  }

  async #wait(): Promise<void> {
    if (this.ms === 0) return;
    await new Promise<void>((resolve) => this.clock.callout('cloud', () => resolve()).reset(this.ms));
  }
}

/** What it says has failed was done, as after a timeout. */
class DoubtfulCloud extends Cloud {
  override async add(request: ProvidedRequest, signal: AbortSignal): Promise<void> {
    await super.add(request, signal);
    await new Promise<void>(() => undefined);
  }
}

/** As vip-script: registered before the protocol is loaded, so it ends after it. */
async function loadedFirst(world: World, cloud: Cloud) {
  @Module({ name: 'cloud', depends: [VipModule] })
  class CloudModule {
    readonly #registration: ProviderRegistration;
    constructor(@inject(VipModule) vip: VipModule) {
      this.#registration = vip.providers.register('cloud', cloud);
    }
    async stop(end: ModuleEnd): Promise<void> {
      await this.#registration.end(end);
    }
  }
  const { kernel } = await world.host();
  await kernel.unload('carp');
  await kernel.load(CloudModule);
  const carp = await kernel.load(CarpModule);
  const vhid = { ifname: 'eth0', vhid: 1, password: 'secret', addresses: [SHARED], provider: 'cloud' };
  return { kernel, carp, vhid: carp.create(vhid) };
}

it('removes what an add under way at the end of the kernel has put there', async () => {
  await using world = new World();
  const cloud = new SlowCloud(world.clock);
  const { kernel, vhid } = await loadedFirst(world, cloud);
  await pass(world, 4000);
  assert.deepEqual([vhid.state, [...cloud.here]], ['MASTER', []]);
  const down = kernel.shutdown();
  await pass(world, 5000);
  await down;
  assert.deepEqual([cloud.calls, [...cloud.here]], [[REMOVE, ADD, REMOVE], []]);
});

it('removes what an add may have put there that fails after its vhid has gone', async () => {
  await using world = new World();
  const cloud = new DoubtfulCloud();
  const { carp, vhid } = await hosted(world, cloud);
  await pass(world, 4000);
  assert.deepEqual([vhid.state, [...cloud.here]], ['MASTER', [SHARED]]);
  carp.remove(vhid);
  await pass(world, 5000);
  assert.deepEqual([cloud.calls, [...cloud.here]], [[REMOVE, ADD, REMOVE], []]);
});

it('repeats a remove that fails, a few times', async () => {
  await using world = new World();
  const cloud = new Cloud();
  const { kernel } = await loadedFirst(world, cloud);
  await pass(world, 5000);
  cloud.failure = 'try again later';
  const down = kernel.shutdown();
  await pass(world, 500);
  cloud.failure = undefined;
  await pass(world, 5000);
  await down;
  assert.deepEqual([cloud.calls, [...cloud.here]], [[REMOVE, ADD, REMOVE, REMOVE], []]);
});

it('does not hold up the end of the kernel for a provider that fails for good', async () => {
  await using world = new World();
  const cloud = new Cloud();
  const { kernel } = await loadedFirst(world, cloud);
  await pass(world, 5000);
  cloud.failure = 'no such account';
  let ended = false;
  const down = kernel.shutdown().then(() => (ended = true));
  await pass(world, 5000);
  assert.equal(ended, true);
  await down;
});

it('leaves the rest to a vhid that has come in its place', async () => {
  await using world = new World();
  const cloud = new Cloud();
  const host = await hosted(world, cloud);
  await pass(world, 5000);
  cloud.failure = 'try again later';
  host.carp.remove(host.vhid);
  const heir = host.create({ provider: 'cloud' });
  await pass(world, 500);
  cloud.failure = undefined;
  heir.setState('MASTER');
  await pass(world, 10_000);
  assert.deepEqual([heir.state, [...cloud.here]], ['MASTER', [SHARED]]);
  assert.deepEqual(cloud.calls, [REMOVE, ADD, REMOVE, REMOVE, ADD], 'one of each that has failed');
});

it('waits for the last call of a vhid that had its place: the address of a MASTER stays', async () => {
  await using world = new World();
  const cloud = new SlowCloud(world.clock, 'remove');
  const host = await hosted(world, cloud);
  await pass(world, 6000);
  assert.deepEqual([...cloud.here], [SHARED]);
  host.carp.remove(host.vhid);
  await pass(world, 250);
  cloud.ms = 0;
  const heir = host.create({ provider: 'cloud' });
  heir.setState('MASTER');
  await pass(world, 2500);
  cloud.ms = 0;
  assert.deepEqual([heir.state, [...cloud.here]], ['MASTER', [SHARED]]);
});

it('waits for the last call of a vhid that had its place: a BACKUP gets no address', async () => {
  await using world = new World();
  const cloud = new SlowCloud(world.clock);
  const host = await hosted(world, cloud);
  await pass(world, 4000);
  host.carp.remove(host.vhid);
  const heir = host.create({ provider: 'cloud' });
  await pass(world, 2500);
  cloud.ms = 0;
  assert.deepEqual([heir.state, [...cloud.here]], ['BACKUP', []]);
});

it('waits for the last call of a version that a reload has replaced', async () => {
  await using world = new World();
  const cloud = new SlowCloud(world.clock);
  const host = await hosted(world, cloud);
  await host.kernel.unload('carp');
  const vhid = { ifname: 'eth0', vhid: 1, password: 'secret', addresses: [SHARED], provider: 'cloud' };
  await host.kernel.load(CarpModule, { vhids: [vhid] });
  await pass(world, 3250);
  cloud.ms = 0;
  await host.kernel.reload(CarpModule);
  await pass(world, 250);
  const [heir] = host.kernel.get(CarpModule).list();
  assert.equal(heir!.state, 'MASTER');
  heir!.setState('BACKUP');
  await pass(world, 2500);
  assert.deepEqual([heir!.state, [...cloud.here]], ['BACKUP', []]);
});
