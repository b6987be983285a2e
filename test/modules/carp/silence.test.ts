/**
 * A vhid that steps down with its failover group does it in silence: to the MASTER that it then hears, which may be another host
 * than the one that the group has yielded to, it says that it was there.
 */
import assert from 'node:assert/strict';
import { describe, it, test } from 'node:test';
import { CarpModule, type CarpVhid, type CarpVhidOptions } from '../../../modules/carp/index.js';
import { InetAddress } from '../../../modules/ifnet/index.js';
import { LanDriver } from '../../../modules/ifnet/lan/index.js';
import { announcers } from '../../support/announcers.js';
import { SleepingClock } from '../../support/sleeping-clock.js';
import { succeed } from '../../support/succession.js';
import { softcOf } from './support/softc.js';
import { World } from './support/world.js';

const OUTSIDE = '10.77.0.100';
const INSIDE_MS = 1000;
const OUTSIDE_MS = 5000;
const common = { ifname: 'eth0', password: 'secret', preempt: false };
const outside = { ...common, vhid: 2, advbase: OUTSIDE_MS / 1000, addresses: [`${OUTSIDE}/24`] };

interface Divided {
  /** Of the first host: inside and outside. */
  readonly group: readonly CarpVhid[];
  readonly options: readonly CarpVhidOptions[];
  /** What the first host has said outside since, and to whom. */
  readonly said: () => string[];
  /** Who has announced the outside address since. */
  readonly announced: string[];
}

/**
 * Three hosts, each MASTER on its own: the first between two segments, the second inside, the third outside. Both segments are
 * united when the first has just advertised outside: it hears the second, and yields to it, before anything is heard there. A
 * fourth one would take over outside from a MASTER that is worse than itself.
 */
async function unite(world: World, settings: Partial<CarpVhidOptions> = {}): Promise<Divided> {
  const [first, second] = [await world.host(), await world.host()];
  first.kernel.get(LanDriver).create({ name: 'eth1', addresses: ['10.77.0.5/24'] });
  const [third, fourth] = [await world.host(['10.77.0.3/24']), await world.host(['10.77.0.7/24'])];
  const grouped = { failoverGroup: 'wall', advskew: 100, ...settings };
  const options = [
    { ...common, vhid: 1, addresses: ['10.88.0.100/24'], ...grouped },
    { ...outside, ifname: 'eth1', ...grouped },
  ];
  const group = options.map((each) => first.create(each));
  second.create(common);
  third.create(outside);
  world.lan.partition(['host1:eth0'], ['host1:eth1'], ['host2:eth0'], ['host3:eth0', 'host4:eth0']);
  world.advance(20_000);
  fourth.create({ ...outside, advskew: 50, preempt: true });
  world.advance(20_000);
  assert.deepEqual(world.masters(), ['host1', 'host1', 'host2', 'host3']);
  const last = (): number =>
    world.seen.findLast(({ port, kind }) => port === 'host1:eth1' && kind === 'carp4')?.time ?? 0;
  const before = last();
  for (let ms = 0; ms < 2 * OUTSIDE_MS && last() === before; ms++) world.advance(1);
  const { said, announced } = announcers(world.lan, OUTSIDE, 'host1:eth1');
  world.history();
  world.lan.partition(['host1:eth0', 'host2:eth0'], ['host1:eth1', 'host3:eth0', 'host4:eth0']);
  world.advance(2 * INSIDE_MS);
  assert.deepEqual(
    world.history().map((line) => line.replace(/^\d+ /, '')),
    ['host1 MASTER->BACKUP more frequent advertisement received', 'host1 MASTER->BACKUP failover group'],
  );
  assert.deepEqual([said(), announced], [[], []], 'outside nobody knows of it');
  return { group, options, said, announced };
}

describe('a vhid that stepped down with its failover group in silence', () => {
  it('says a worse word to a MASTER that it hears, twice, to that one alone, which corrects the neighbours', async () => {
    await using world = new World();
    const { said, announced } = await unite(world);
    world.advance(OUTSIDE_MS);
    assert.deepEqual(said(), ['10.77.0.3 254']);
    assert.deepEqual(new Set(announced), new Set(['host3:eth0']));
    world.advance(5 * OUTSIDE_MS);
    assert.deepEqual(said(), ['10.77.0.3 254', '10.77.0.3 254']);
    assert.deepEqual(world.history(), [], 'nobody has taken it for a MASTER to be replaced');
  });

  it('says it where a successor goes on', async () => {
    await using world = new World();
    const { options, said, announced } = await unite(world);
    await succeed(world.hosts[0]!.kernel, [[CarpModule, { vhids: options }]]);
    world.advance(5 * OUTSIDE_MS);
    assert.deepEqual([said().length, new Set(announced)], [2, new Set(['host3:eth0'])]);
  });

  it('says nothing if it has bowed out', async () => {
    await using world = new World();
    const { group, said } = await unite(world);
    world.advance(5 * OUTSIDE_MS);
    for (const vhid of group) vhid.setState('MASTER');
    group[0]!.setState('BACKUP');
    world.advance(10);
    assert.equal(said().at(-1), '224.0.0.18 255');
    const before = said().length;
    world.advance(5 * OUTSIDE_MS);
    assert.equal(said().length, before);
  });

  it('says it where it does not bow out', async () => {
    await using world = new World();
    const { group, said } = await unite(world, { bowOut: false });
    world.advance(5 * OUTSIDE_MS);
    for (const vhid of group) vhid.setState('MASTER');
    group[0]!.setState('BACKUP');
    world.advance(5 * OUTSIDE_MS);
    assert.deepEqual(said().slice(-2), ['10.77.0.3 254', '10.77.0.3 254']);
  });
});

describe('a MASTER that stood still while its partition ended', () => {
  it('says a worse word to the MASTER that it hears then, over each family, and nothing to a better BACKUP', async () => {
    await using world = new World();
    const clock = new SleepingClock(world.clock);
    const addresses = ['10.88.0.100/24', 'fd88::100/64'];
    for (const settings of [{}, { advskew: 100 }, { advskew: 50, preempt: true }]) {
      const last = world.hosts.length + 1;
      const given = last === 1 ? { clock } : {};
      const host = await world.host([`10.88.0.${last}/24`, `fd88::${last}/64`], {}, given);
      host.create({ addresses, election: 'bsd', preempt: false, ...settings });
    }
    world.advance(5300);
    world.lan.partition(['host1:eth0'], ['host2:eth0', 'host3:eth0']);
    clock.suspend();
    world.advance(20_000);
    assert.equal(world.masters()[0], 'host1');
    world.lan.heal();
    world.history();
    const from = world.seen.length;
    world.hosts[0]!.kernel.eventhandler.invoke('power_resume', clock.resume());
    world.advance(5000);
    const words = world.seen
      .slice(from)
      .filter(({ port, payload }) => port === 'host1:eth0' && payload[2] === 254);
    assert.deepEqual(words.map(({ kind }) => kind).toSorted(), ['carp4', 'carp4', 'carp6', 'carp6']);
    assert.deepEqual(
      world.history().map((line) => line.replace(/^\d+ /, '')),
      ['host1 MASTER->BACKUP resumed after a pause'],
    );
  });
});

describe('a MASTER that finds its host suspended, and hears nobody yet,', () => {
  it('says a worse word to the MASTER that it hears then, though it is the better one', async () => {
    await using world = new World();
    const clock = new SleepingClock(world.clock);
    const host = await world.host(undefined, {}, { clock });
    host.create({ preempt: false });
    (await world.host()).create({ preempt: false, advskew: 100 });
    world.advance(5300);
    world.lan.partition(['host1:eth0'], ['host2:eth0']);
    clock.suspend();
    world.advance(20_000);
    assert.deepEqual(world.masters(), ['host1', 'host2']);
    world.lan.heal();
    const { said, announced } = announcers(world.lan, '10.88.0.100', 'host1:eth0');
    host.kernel.eventhandler.invoke('power_resume', clock.resume());
    world.advance(5000);
    assert.deepEqual(
      [world.masters(), said(), new Set(announced)],
      [['host2'], ['10.88.0.2 254', '10.88.0.2 254'], new Set(['host2:eth0'])],
    );
  });
});

test('what is worse than a MASTER of any interval is slower than it, and no bow-out', async () => {
  await using world = new World();
  const { vhids } = await world.pair({}, { advskew: 100 });
  world.advance(5000);
  const { output } = softcOf(vhids[0]);
  for (const [advbase, advskew, said] of [
    [1, 0, [1, 254]],
    [1, 253, [1, 254]],
    [1, 254, [2, 254]],
    [1, 255, [2, 254]],
    [0, 20, [1, 254]],
    [255, 254, [255, 254]],
  ] as const) {
    output.follow('silence');
    output.answer(
      { units: 256 * advbase + advskew, demote: 3, source: InetAddress.parse('10.88.0.2') },
      false,
    );
    world.advance(5);
    const { payload } = world.seen.findLast(({ port, kind }) => port === 'host1:eth0' && kind === 'carp4')!;
    assert.deepEqual([payload[5], payload[2], payload[4]], [...said, 3]);
  }
});
