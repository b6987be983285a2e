/** The virtual routers of the module's settings: what an apply that failed leaves behind. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CarpModule } from '../../../modules/carp/index.js';
import { IfnetModule } from '../../../modules/ifnet/index.js';
import { VrrpModule, type VrrpRouterOptions } from '../../../modules/vrrp/index.js';
import { type Host, SHARED, World } from './support/world.js';

const ROUTER: VrrpRouterOptions = { ifname: 'eth0', vrid: 7, addresses: [SHARED], virtualMac: false };
/** Its number is one of CARP's. */
const TAKEN: VrrpRouterOptions = { ...ROUTER, vrid: 9, addresses: ['10.88.0.150/24'] };

const apply = async ({ kernel }: Host, ...routers: VrrpRouterOptions[]): Promise<void> =>
  kernel.reconfigure(VrrpModule, { routers });

/** A MASTER, beside which CARP has the number 9. */
async function master(world: World): Promise<Host> {
  const host = await world.host({ routers: [ROUTER] });
  const carp = await host.kernel.load(CarpModule);
  carp.create({ ifname: 'eth0', vhid: 9, password: 'x', addresses: ['10.88.0.200/24'] });
  world.advance(4000);
  return host;
}

const SECRETS: Partial<VrrpRouterOptions>[] = [
  { hmac: { key: '0f'.repeat(32) } },
  { version: 2, password: 'secret' },
];

for (const secret of SECRETS)
  test(`an apply that fails leaves no ${Object.keys(secret).at(-1)} in force`, async () => {
    await using world = new World();
    const host = await master(world);
    const peer = await world.host({ routers: [{ ...ROUTER, priority: 50 }] });
    await assert.rejects(apply(host, { ...ROUTER, ...secret }, TAKEN), { code: 'EBUSY' });
    assert.equal(host.vrrp.list()[0]!.toJSON().authentication, 'none');
    world.advance(10_000);
    assert.deepEqual(
      [host, peer].map(({ vrrp }) => vrrp.list()[0]!.state),
      ['MASTER', 'BACKUP'],
    );
  });

test('an apply that fails leaves no setting in force that stood in none before', async () => {
  await using world = new World();
  const host = await master(world);
  const wanted = { ...ROUTER, source: '10.88.0.1', failoverGroup: 'g' };
  await assert.rejects(apply(host, wanted, TAKEN), { code: 'EBUSY' });
  assert.deepEqual(await host.kernel.changes(VrrpModule, { routers: [ROUTER] }), []);
});

test('what somebody changed meanwhile is put in line again', async () => {
  await using world = new World();
  const host = await master(world);
  host.vrrp.list()[0]!.configure({ source: '10.88.0.1' });
  assert.deepEqual(await host.kernel.changes(VrrpModule, { routers: [ROUTER] }), [
    '7@eth0: source 10.88.0.1 -> default',
  ]);
  await apply(host, ROUTER);
  assert.deepEqual(await host.kernel.changes(VrrpModule, { routers: [ROUTER] }), []);
});

test('one that finds no place for its new settings nor for its former ones bows out, and starts again', async () => {
  await using world = new World();
  const [router] = await world.group({ virtualMac: true }, { virtualMac: true, priority: 50 });
  world.advance(5000);
  const eth0 = world.hosts[0]!.kernel.get(IfnetModule).byName('eth0')!;
  const whole = { setSysctl: eth0.setSysctl.bind(eth0), createMacvlan: eth0.createMacvlan.bind(eth0) };
  eth0.setSysctl = eth0.createMacvlan = () => {
    throw new Error('out of memory');
  };
  assert.throws(() => router!.configure({ virtualMac: false }), /out of memory/);
  world.advance(1000);
  assert.deepEqual(world.masters(), ['host2'], 'after its skew time');
  Object.assign(eth0, whole);
  world.advance(10_000);
  assert.deepEqual(world.masters(), ['host1'], 'as the preferred one');
});
