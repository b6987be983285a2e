/**
 * After a partition there are two MASTERs, and neighbours that have learnt each one's link-layer address. The one that
 * stays must hear of the other, or it announces nothing, and half of the clients talk to the loser.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CarpModule, type CarpVhid, type CarpVhidOptions } from '../../../modules/carp/index.js';
import { succeed } from '../../support/succession.js';
import { machine } from './support/machine.js';
import { type Host, SHARED, World } from './support/world.js';

interface Healed {
  readonly world: World;
  readonly hosts: Host[];
  readonly vhids: CarpVhid[];
}

/** Two MASTERs; the first host's next advertisement comes `lead` ms after the healing, the other's at another time. */
async function heal(world: World, lead: number, ...options: Partial<CarpVhidOptions>[]): Promise<Healed> {
  const { hosts, vhids } = await world.pair(...options);
  world.lan.partition([world.lan.ports[0]!]);
  world.advance(10_000);
  assert.deepEqual(world.masters(), ['host1', 'host2']);
  const last = world.seen.findLast(({ port, kind }) => kind === 'carp4' && port === 'host1:eth0')!.time;
  world.advance(last + vhids[0]!.interval - lead - world.clock.now());
  world.lan.heal();
  world.seen.length = 0;
  return { world, hosts, vhids };
}

/** Who sent what of the kind since the healing. */
function sent(world: World, kind: string): string[] {
  return world.seen.filter((seen) => seen.kind === kind).map(({ port }) => port.split(':', 1)[0]!);
}

describe('the MASTER that yields', () => {
  for (const election of ['auto', 'bsd', 'openbsd', 'ucarp', 'ucarp-be'] as const) {
    it(`${election}: says one more word, and the other corrects the neighbours`, async () => {
      await using world = new World();
      await heal(world, 1, { election }, { election, advskew: 100 });
      world.advance(5);
      assert.deepEqual(world.masters(), ['host1']);
      assert.deepEqual(sent(world, 'carp4'), ['host1', 'host2']);
      assert.deepEqual(sent(world, 'garp'), ['host1']);
      // A ucarp that yields may announce itself after this answer to its word.
      world.advance(100);
      assert.deepEqual(sent(world, 'garp'), ['host1', 'host1']);
      // The third is the delayed one; with the same advertisement the loser repeats its word, which is answered as well.
      world.advance(1900);
      assert.deepEqual(sent(world, 'garp'), ['host1', 'host1', 'host1', 'host1']);
    });
  }

  it('after a moment has its last word answered too: it may have announced itself after the first answer', async () => {
    await using world = new World();
    const { vhids } = await world.pair({ preempt: true }, { preempt: true, advskew: 100 });
    world.advance(10_000);
    assert.deepEqual(world.masters(), ['host1']);
    world.seen.length = 0;
    vhids[1]!.setState('MASTER');
    world.advance(5);
    assert.deepEqual(world.masters(), ['host1']);
    assert.deepEqual(sent(world, 'garp'), ['host2', 'host1', 'host1']);
  });

  it('of two equal ones speaks before it yields', async () => {
    await using world = new World();
    const [first, second] = [await world.host(), await world.host()];
    world.lan.partition([world.lan.ports[0]!]);
    first.create();
    world.advance(600);
    second.create();
    world.advance(10_300);
    assert.deepEqual(world.masters(), ['host1', 'host2']);
    world.lan.heal();
    world.seen.length = 0;
    world.advance(1000);
    assert.deepEqual(world.masters(), ['host1']);
    assert.deepEqual(sent(world, 'carp4'), ['host1', 'host2', 'host1']);
    assert.equal(sent(world, 'garp')[0], 'host1');
  });

  it('of a failover group leaves the others in silence, and the winner corrects their neighbours too', async () => {
    await using world = new World();
    const { hosts } = await heal(world, 1, { failoverGroup: 'g' }, { failoverGroup: 'g', advskew: 100 });
    const [first, second] = hosts.map((host, i) =>
      host.create({ vhid: 2, addresses: ['10.88.0.101/24'], failoverGroup: 'g', advskew: 100 * i }),
    );
    world.lan.partition([world.lan.ports[0]!]);
    world.advance(10_000);
    assert.deepEqual([first!.state, second!.state], ['MASTER', 'MASTER']);
    world.lan.heal();
    world.seen.length = 0;
    world.advance(1100);
    assert.deepEqual([first!.state, second!.state], ['MASTER', 'BACKUP']);
    const announced = world.seen.filter(({ kind }) => kind === 'garp').map(({ payload }) => payload[17]);
    assert.deepEqual(new Set(announced), new Set([100, 101]));
  });
});

describe('the last word to a unicast peer for which the system has given up looking meanwhile', () => {
  /** ARP asks for it all the time, which keeps the winner's cache fresh. */
  const GONE = '10.88.0.9';
  const LOSER = { peers: ['10.88.0.1', GONE], advskew: 100 };

  /** The partition ends when the loser has just asked for the winner for the third time; the winner knows the loser's address still. */
  async function healLate(world: World): Promise<CarpVhid[]> {
    const { vhids } = await world.pair({ peers: ['10.88.0.2', GONE] }, LOSER);
    world.advance(10_000);
    vhids[0]!.setState('BACKUP');
    world.advance(31_700);
    world.lan.partition([world.lan.ports[0]!]);
    world.advance(8500);
    assert.deepEqual(world.masters(), ['host1', 'host2']);
    world.lan.heal();
    world.seen.length = 0;
    return vhids;
  }

  it('is repeated, twice, and the winner corrects the neighbours', async () => {
    await using world = new World();
    await healLate(world);
    world.advance(1000);
    assert.deepEqual(world.masters(), ['host1']);
    world.advance(1000);
    assert.deepEqual(new Set(sent(world, 'carp4')), new Set(['host1']), 'the word is lost');
    assert.deepEqual(sent(world, 'garp'), []);
    world.advance(1000);
    assert.deepEqual(new Set(sent(world, 'garp')), new Set(['host1']));
    world.advance(20_000);
    assert.equal(sent(world, 'carp4').filter((host) => host === 'host2').length, 2);
    assert.deepEqual(world.masters(), ['host1']);
  });

  it('is repeated by a successor', async () => {
    await using world = new World();
    await healLate(world);
    for (const ms of [1000, 500]) {
      world.advance(ms);
      const vhid = { ifname: 'eth0', vhid: 1, password: 'secret', addresses: [SHARED], ...LOSER };
      await succeed(world.hosts[1]!.kernel, [[CarpModule, { vhids: [vhid] }]]);
    }
    assert.deepEqual(sent(world, 'garp'), []);
    world.advance(20_000);
    assert.deepEqual(new Set(sent(world, 'garp')), new Set(['host1']));
    assert.equal(sent(world, 'carp4').filter((host) => host === 'host2').length, 2);
  });

  it('is not repeated by one that is the better one by now, since the other one has become slower', async () => {
    await using world = new World();
    const vhids = await healLate(world);
    world.advance(1000);
    assert.deepEqual(world.masters(), ['host1']);
    vhids[0]!.configure({ advskew: 150 });
    world.advance(20_000);
    assert.deepEqual(new Set(sent(world, 'carp4')), new Set(['host1']));
    assert.deepEqual(world.masters(), ['host1']);
  });
});

describe('the last word, of which the network loses all that the winner should have heard,', () => {
  for (const family of [4, 6] as const) {
    it(`IPv${family}: is repeated to the winner alone, which corrects the neighbours: no better BACKUP takes over`, async () => {
      await using world = new World();
      const addresses = [family === 4 ? SHARED : 'fd88::100/64'];
      const [kind, correction] = family === 4 ? (['carp4', 'garp'] as const) : (['carp6', 'na'] as const);
      for (const settings of [{}, { advskew: 100 }, { advskew: 50, preempt: true }]) {
        const last = world.hosts.length + 1;
        const host = await world.host([`10.88.0.${last}/24`, `fd88::${last}/64`]);
        host.create({ addresses, election: 'bsd', ...settings });
      }
      const [first, , third] = world.lan.ports;
      world.advance(5000);
      world.lan.partition([first!, third!]);
      world.advance(10_000);
      assert.deepEqual(world.masters(), ['host1', 'host2']);
      first!.impair({ rx: { loss: 1 } });
      world.lan.heal();
      world.seen.length = 0;
      world.transitions.length = 0;
      world.advance(1100);
      first!.impair({});
      assert.deepEqual([world.masters(), sent(world, correction)], [['host1'], []]);
      world.seen.length = 0;
      world.advance(8000);
      assert.deepEqual(new Set(sent(world, correction)), new Set(['host1']));
      assert.equal(sent(world, kind).filter((host) => host === 'host2').length, 2);
      assert.deepEqual(
        world.transitions.map(({ host, to }) => `${host} ${to}`),
        ['host2 BACKUP'],
      );
    });
  }
});

describe('a MASTER that yields in silence, because the other one would yield to its word', () => {
  for (const election of ['bsd', 'openbsd'] as const)
    it(`${election}: says none to a unicast peer later either`, async () => {
      await using world = new World();
      const { vhids } = await world.pair(
        { election, peers: ['10.88.0.2'] },
        { election, peers: ['10.88.0.1'], advskew: 100 },
      );
      world.advance(10_500);
      assert.deepEqual(world.masters(), ['host1']);
      vhids[1]!.configure({ advskew: 0 });
      vhids[1]!.setState('MASTER');
      world.advance(5);
      assert.deepEqual(world.masters(), ['host2']);
      world.history();
      world.seen.length = 0;
      world.advance(20_000);
      assert.deepEqual(world.history(), []);
      assert.deepEqual(new Set(sent(world, 'carp4')), new Set(['host2']));
    });
});

describe('a MASTER that hears a worse one again and again', () => {
  it('announces itself four times an interval at most, and once more after the last time', () => {
    const { clock, announced, hear } = machine();
    clock.advanceSync(10_500);
    announced.length = 0;
    for (let i = 0; i < 50; i++) {
      hear(356);
      clock.advanceSync(20);
    }
    assert.deepEqual(announced, [10_500, 10_520, 10_540, 10_560]);
    announced.length = 0;
    clock.advanceSync(10_000);
    // With the second advertisement after the one of 11 280, which was an answer.
    assert.deepEqual(announced, [13_280]);
  });

  it('answers with an advertisement only if its last one is old', () => {
    const { clock, sent: times, hear } = machine();
    clock.advanceSync(10_500);
    times.length = 0;
    for (let i = 0; i < 50; i++) {
      hear(356);
      clock.advanceSync(5);
    }
    assert.deepEqual(times, [10_500]);
    clock.advanceSync(1);
    hear(356);
    assert.deepEqual(times, [10_500, 10_751]);
  });
});
