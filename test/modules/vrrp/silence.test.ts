/**
 * A virtual router that steps down with its failover group does it in silence: to the MASTER that it then hears, which may be
 * another host than the one that the group has yielded to, it says that it was there.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { InetAddress } from '../../../modules/ifnet/index.js';
import { LanDriver } from '../../../modules/ifnet/lan/index.js';
import { VrrpModule, type VrrpRouter, type VrrpRouterOptions } from '../../../modules/vrrp/index.js';
import { VrrpSoftc } from '../../../modules/vrrp/softc.js';
import { announcers } from '../../support/announcers.js';
import { SleepingClock } from '../../support/sleeping-clock.js';
import { succeed } from '../../support/succession.js';
import { World } from './support/world.js';

const OUTSIDE = '10.77.0.100';
const INSIDE_MS = 100;
const OUTSIDE_MS = 5000;
const common = { preempt: false, virtualMac: false } as const;
const inside = { ...common, interval: INSIDE_MS };
const outside = { ...common, vrid: 8, addresses: [`${OUTSIDE}/24`], interval: OUTSIDE_MS };

/** The host that is outside alone. */
type Third = { readonly address: string } & Partial<VrrpRouterOptions>;

interface Divided {
  /** Of the first host: inside and outside. */
  readonly group: readonly [VrrpRouter, VrrpRouter];
  readonly options: readonly VrrpRouterOptions[];
  /** What the first host has said outside since, and to whom. */
  readonly said: () => string[];
  /** Who has announced the outside address since. */
  readonly announced: string[];
  /** Since the group has yielded. */
  readonly changes: () => string[];
}

/**
 * Three hosts, each MASTER on its own: the first between two segments, the second inside, the third outside. Both segments are
 * united when the first has just advertised outside: it hears the second, and yields to it, before anything is heard there.
 */
async function unite(world: World, third: Third): Promise<Divided> {
  const { address, ...settings } = third;
  const first = await world.host();
  first.kernel.get(LanDriver).create({ name: 'eth1', addresses: ['10.77.0.5/24'] });
  const second = await world.host();
  const last = await world.host({}, { addresses: [`${address}/24`], linkLocal: false });
  const backup = await world.host({}, { addresses: ['10.77.0.7/24'], linkLocal: false });
  const grouped = { failoverGroup: 'wall', priority: 150 };
  const options = [
    { ifname: 'eth0', vrid: 7, addresses: ['10.88.0.100/24'], ...inside, ...grouped },
    { ifname: 'eth1', ...outside, ...grouped, ...settings, priority: 150 },
  ];
  const group = [first.create(options[0]), first.create(options[1])] as const;
  second.create({ ...inside, priority: 200 });
  last.create({ ...outside, ...settings });
  world.lan.partition(['host1:eth0'], ['host1:eth1'], ['host2:eth0'], ['host3:eth0', 'host4:eth0']);
  world.advance(25_000);
  backup.create({ ...outside, ...settings, priority: 140, preempt: true, preemptDelay: 60_000 });
  world.advance(10_000);
  assert.deepEqual(world.masters(), ['host1', 'host2', 'host3']);
  const last1 = (): number => world.seen.findLast(({ port }) => port === 'host1:eth1')?.time ?? 0;
  const spokeBefore = last1();
  for (let ms = 0; ms < 2 * OUTSIDE_MS && last1() === spokeBefore; ms++) world.advance(1);
  const { said, announced } = announcers(world.lan, OUTSIDE, 'host1:eth1');
  const from = world.history.length;
  world.lan.partition(['host1:eth0', 'host2:eth0'], ['host1:eth1', 'host3:eth0', 'host4:eth0']);
  world.advance(2 * INSIDE_MS);
  assert.deepEqual(
    group.map(({ state }) => state),
    ['BACKUP', 'BACKUP'],
  );
  assert.deepEqual([said(), announced], [[], []], 'outside nobody knows of it');
  return { group, options, said, announced, changes: () => world.history.slice(from + 2) };
}

describe('a virtual router that stepped down with its failover group in silence', () => {
  for (const [what, third, priority] of [
    ['says the least priority to a MASTER that it hears', { address: '10.77.0.3', priority: 200 }, 1],
    ['says so to one of that priority which wins the tie', { address: '10.77.0.9', priority: 1 }, 1],
    ['says that it stops to one that would lose it', { address: '10.77.0.3', priority: 1 }, 0],
    [
      'says the least priority to a unicast peer',
      { address: '10.77.0.3', priority: 200, peers: ['10.77.0.3', '10.77.0.5', '10.77.0.7'] },
      1,
    ],
  ] as [string, Third, number][])
    it(`${what}, twice, to that one alone, which corrects the neighbours`, async () => {
      await using world = new World();
      const { said, announced, changes } = await unite(world, third);
      world.advance(OUTSIDE_MS);
      assert.deepEqual(said(), [`${third.address} ${priority}`]);
      assert.deepEqual(new Set(announced), new Set(['host3:eth0']));
      world.advance(5 * OUTSIDE_MS);
      assert.deepEqual(said(), Array(2).fill(`${third.address} ${priority}`));
      assert.deepEqual(changes(), [], 'nobody has taken it for a bow-out');
    });

  it('says it where a successor goes on', async () => {
    await using world = new World();
    const { options, said, announced } = await unite(world, { address: '10.77.0.3', priority: 200 });
    await succeed(world.hosts[0]!.kernel, [[VrrpModule, { routers: options }]]);
    world.advance(5 * OUTSIDE_MS);
    assert.deepEqual([said().length, new Set(announced)], [2, new Set(['host3:eth0'])]);
  });

  it('says nothing if it has bowed out, or has a virtual MAC', async () => {
    for (const virtualMac of [true, false]) {
      await using world = new World();
      const { group, said } = await unite(world, { address: '10.77.0.3', priority: 200, virtualMac });
      if (!virtualMac) {
        world.advance(5 * OUTSIDE_MS);
        for (const router of group) router.setState('MASTER');
        group[0].setState('BACKUP');
      }
      const before = said().length;
      world.advance(5 * OUTSIDE_MS);
      assert.equal(said().length, before);
    }
  });
});

describe('the word of a MASTER that stood still', () => {
  for (const [what, peer, priority, said] of [
    ['is of the least priority, to all', '10.88.0.3', 2, ['224.0.0.18 1']],
    ['is the same to one of that priority which wins the tie', '10.88.0.9', 1, ['224.0.0.18 1']],
    ['is that it stops to one that would lose it, and to that alone', '10.88.0.3', 1, ['10.88.0.3 0']],
    ['is none to one that stops itself', '10.88.0.3', 0, []],
  ] as const)
    it(what, async () => {
      await using world = new World();
      for (const address of ['10.88.0.5', peer]) await world.host({}, { addresses: [`${address}/24`] });
      const router = world.hosts[0]!.create(common);
      world.advance(5500);
      assert.equal(router.state, 'MASTER');
      assert.ok(router instanceof VrrpSoftc);
      const heard = announcers(world.lan, '10.88.0.100', 'host1:eth0').said;
      const left = router.output.standBack({ priority, source: InetAddress.parse(peer), interval: 1000 });
      world.advance(100);
      assert.deepEqual([heard(), left], [said, said.length > 0]);
    });
});

describe('a MASTER that finds its host suspended, and hears nobody yet,', () => {
  it('says a worse word to the MASTER that it hears then, though it is the better one', async () => {
    await using world = new World();
    const clock = new SleepingClock(world.clock);
    const host = await world.host({}, {}, { clock });
    host.create({ ...common, priority: 150 });
    (await world.host()).create(common);
    world.advance(5300);
    world.lan.partition(['host1:eth0'], ['host2:eth0']);
    clock.suspend();
    world.advance(20_000);
    assert.deepEqual(world.masters(), ['host1', 'host2']);
    world.lan.partition();
    const { said, announced } = announcers(world.lan, '10.88.0.100', 'host1:eth0');
    host.kernel.eventhandler.invoke('power_resume', clock.resume());
    world.advance(5000);
    assert.deepEqual(
      [world.masters(), said(), new Set(announced)],
      [['host2'], ['10.88.0.2 1', '10.88.0.2 1'], new Set(['host2:eth0'])],
    );
  });
});
