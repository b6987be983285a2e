/** Sealed advertisements: what nobody without the password can alter, repeat or keep for later. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { seededRandom } from '../../../core/index.js';
import type { CarpSealMode, CarpVhid, CarpVhidOptions } from '../../../modules/carp/index.js';
import {
  bearsMark,
  codeOf,
  highOf,
  lowOf,
  SEAL_UNIT_MS,
  sealedLow,
  sequenceAt,
  sequenceOf,
} from '../../../modules/carp/seal/format.js';
import { CarpSequence } from '../../../modules/carp/seal/sequence.js';
import { SimProcess } from '../../sim/process.js';
import { advertisement } from './support/advertisement.js';
import { altered } from './support/altered.js';
import { memory } from './support/memory.js';
import { type SealedFields, sealedAdvertisements } from './support/seal.js';
import { stranger } from './support/stranger.js';
import { type Host, SHARED, World } from './support/world.js';

const OPTIONS: CarpVhidOptions = { ifname: 'eth0', vhid: 1, password: 'secret', addresses: [SHARED] };
const PEER = '10.88.0.9';
const HOUR = 3_600_000;

const value = (host: Host, name: keyof Host['carp']['statistics']): number =>
  host.carp.statistics[name].value;

/** A BACKUP that hears a peer of the test's making, with the sequence that its clock shows. @param age of the world, in ms */
async function listener(options: Partial<CarpVhidOptions> = {}, age = 0) {
  const world = new World();
  world.advance(age);
  const host = await world.host();
  const vhid = host.create({ seal: 'require', advskew: 100, ...options });
  const wire = stranger(world);
  const make = sealedAdvertisements(OPTIONS, PEER);
  const now = (): number => sequenceAt(world.clock.wallTime()) + 1000;
  const say = (fields: Partial<SealedFields> = {}, source = PEER): void => {
    wire.send(make({ sequence: now(), ...fields }), source);
    world.advance(10);
  };
  world.advance(1000);
  return { world, host, vhid, wire, make, now, say };
}

describe('the counter of a sealed advertisement', () => {
  it('holds sequence and code, bears the mark, and rises with the sequence', () => {
    fc.assert(
      fc.property(fc.nat({ max: 2 ** 37 - 1 }), fc.nat({ max: 2 ** 18 - 1 }), (sequence, code) => {
        const high = highOf(sequence);
        const low = sealedLow(high, lowOf(sequence), code);
        assert.ok(bearsMark(high, low));
        assert.equal(sequenceOf(high, low), sequence);
        assert.equal(codeOf(low), code);
        // A peer that counts on from it makes no claim for the next 511.
        for (let step = 1; step < 512 - (low & 511); step++) assert.ok(!bearsMark(high, low + step));
      }),
    );
  });

  it('is met by chance once in 512', () => {
    const random = seededRandom('marks');
    let met = 0;
    for (let i = 0; i < 200_000; i++) if (bearsMark(random.uint32(), random.uint32())) met++;
    assert.ok(met > 300 && met < 480, `${met} of 200,000`);
  });

  it('begins with 0 for clocks that no host can have', () => {
    for (const wall of [-1, 0, Date.UTC(2025, 0, 1), 2 ** 44, Number.MAX_SAFE_INTEGER])
      assert.equal(sequenceAt(wall), 0);
  });
});

describe('a host that requires seals', () => {
  it('hears what is sealed, and nothing else', async () => {
    const { world, host, vhid, wire, say } = await listener();
    await using _ = world;
    say();
    assert.deepEqual([vhid.master?.address, vhid.master?.sealed], [PEER, true]);
    const heard = vhid.master!.heardAgo;
    wire.send(advertisement(OPTIONS, { advskew: 255, advbase: 255, counter: 77n }), PEER);
    world.advance(10);
    assert.equal(vhid.state, 'BACKUP');
    assert.equal(value(host, 'unsealed'), 1);
    assert.ok(vhid.master!.heardAgo > heard);
    const line = host.log.find(({ message }) => message.includes('(unsealed)'))!.message;
    assert.match(
      line,
      /1@eth0: advertisement from 10.88.0.9 refused: it has no seal, which the setting `seal` requires/,
    );
  });

  it('refuses it with any field altered', async () => {
    for (const fields of [{ advbase: 0 }, { advskew: 1 }, { demote: 1 }, { advbase: 255, advskew: 255 }]) {
      const { world, host, vhid, say } = await listener();
      await using _ = world;
      say({ ...fields, sealedAs: { advbase: 1, advskew: 0, demote: 0 } });
      assert.equal(value(host, 'badseal'), 1, JSON.stringify(fields));
      assert.equal(vhid.master, undefined);
    }
  });

  it('refuses it from another source', async () => {
    const { world, host, vhid, say } = await listener();
    await using _ = world;
    say({}, '10.88.0.10');
    assert.equal(value(host, 'badseal'), 1);
    assert.equal(vhid.master, undefined);
  });

  it('refuses it in the other family', async () => {
    await using world = new World();
    const dual = { addresses: [SHARED, 'fd00:88::100/64'], seal: 'require' as const };
    const [one, two] = [
      await world.host(undefined, { linkLocal: true }),
      await world.host(undefined, { linkLocal: true }),
    ];
    one.create(dual);
    const backup = two.create({ ...dual, advskew: 100 });
    const wire = stranger(world);
    world.advance(10_000);
    assert.deepEqual([backup.state, backup.unheardFamilies.length], ['BACKUP', 0]);
    const six = world.seen.findLast(({ kind }) => kind === 'carp6')!.payload;
    world.lan.cut('host1:eth0');
    world.advance(500);
    wire.send(six, '10.88.0.1');
    world.advance(10);
    assert.equal(value(two, 'replayed') + value(two, 'badseal'), 1);
  });

  it('tries a counter once, whatever its other fields say, and no more than sixteen a second', async () => {
    const { world, host, vhid, say, now } = await listener();
    await using _ = world;
    const sequence = now();
    for (let advskew = 1; advskew < 200; advskew++) say({ sequence, advskew, sealedAs: { advskew: 0 } });
    assert.deepEqual([value(host, 'badseal'), value(host, 'replayed')], [1, 198]);
    say({ sequence });
    const { master } = vhid;
    assert.equal(master, undefined, 'the true one comes too late');
    say();
    assert.deepEqual(vhid.toJSON().master?.address, PEER);
  });

  it('takes each once: the latest, and those of hosts that spoke at the same moment', async () => {
    const { world, host, say, now } = await listener();
    await using _ = world;
    const sequence = now();
    say({ sequence });
    say({ sequence });
    say({ sequence: sequence - 30, advskew: 7 });
    say({ sequence: sequence - 30, advskew: 7 });
    say({ sequence: sequence - 100 });
    assert.equal(value(host, 'replayed'), 3);
  });

  it('refuses what is older than ten seconds and a dead time, though it never heard it', async () => {
    const { world, host, vhid, say, now } = await listener();
    await using _ = world;
    say();
    const sequence = now();
    world.advance(20_000);
    assert.equal(vhid.state, 'MASTER');
    say({ sequence, advbase: 0 });
    assert.equal(vhid.state, 'MASTER');
    assert.equal(value(host, 'replayed'), 1);
    say({ advbase: 0 });
    assert.equal(vhid.state, 'BACKUP');
  });

  it('hears nothing that was sealed with another password, and forgets all with a new one', async () => {
    const { world, host, vhid, say, wire } = await listener();
    await using _ = world;
    say();
    vhid.configure({ password: 'new' });
    world.advance(50);
    // The clock of the new password's hosts may stand where it likes.
    wire.send(sealedAdvertisements({ ...OPTIONS, password: 'new' }, PEER)({ sequence: 7, advskew: 3 }), PEER);
    world.advance(10);
    assert.equal(vhid.master?.advskew, 3);
    say();
    assert.equal(value(host, 'badauth'), 1);
  });
});

/** Hosts with clocks that are wrong by so much; `first`: what only the first one has. */
async function hosts(
  seal: CarpSealMode,
  offsets: readonly number[],
  first: Partial<CarpVhidOptions> = {},
): Promise<{ world: World; vhids: CarpVhid[] }> {
  const world = new World();
  const vhids: CarpVhid[] = [];
  for (const [i, offset] of offsets.entries()) {
    const clock = new SimProcess(world.clock, `host${i + 1}`);
    clock.wallOffset = offset;
    const host = await world.host(undefined, {}, { clock });
    vhids.push(host.create({ seal, advskew: 50 * i, ...(i === 0 && first) }));
    world.advance(2000);
  }
  return { world, vhids };
}

describe('hosts whose wall clocks differ', () => {
  it('fail over and hand over as others do', async () => {
    for (const offsets of [
      [HOUR, 0, -HOUR],
      [-HOUR, HOUR, 0],
      [0, 400 * 24 * HOUR, -30_000],
    ]) {
      const { world, vhids } = await hosts('require', offsets);
      await using _ = world;
      world.advance(5000);
      assert.deepEqual(world.masters(), ['host1']);
      vhids[0]!.setState('BACKUP');
      world.advance(100);
      assert.deepEqual(world.masters(), ['host2']);
      world.lan.cut('host2:eth0');
      world.advance(4000);
      assert.ok(world.masters().length === 1);
      world.lan.mend('host2:eth0');
      world.advance(8000);
      assert.equal(world.masters().length, 1, world.history().join('\n'));
    }
  });

  it('settle within an interval when a partition heals', async () => {
    const { world } = await hosts('require', [-HOUR, HOUR, 0]);
    await using _ = world;
    world.lan.partition(['host1:eth0'], ['host2:eth0'], ['host3:eth0']);
    world.advance(10_000);
    assert.equal(world.masters().length, 3);
    world.lan.heal();
    world.advance(2500);
    assert.deepEqual(world.masters(), ['host1']);
  });
});

describe('a host that refuses no replays', () => {
  it('settles with those that do when a partition heals, though its clock is behind', async () => {
    for (const replay of ['off', 'loop'] as const) {
      const { world } = await hosts('auto', [0, HOUR], { replay });
      await using _ = world;
      world.advance(5000);
      world.lan.partition(['host1:eth0'], ['host2:eth0']);
      world.advance(10_000);
      assert.equal(world.masters().length, 2);
      world.lan.heal();
      world.advance(2500);
      assert.deepEqual(world.masters(), ['host1'], replay);
    }
  });
});

describe('across restarts', () => {
  /** A MASTER and a BACKUP; the BACKUP's host is made anew on the same store, with its clock wrong by `offset`. */
  async function restarted({ offset = 0, keeps = true, away = 5000 } = {}) {
    const world = new World();
    const store = memory();
    const other = memory();
    const first = await world.host();
    const second = await world.host(undefined, {}, { store });
    const master = first.create({ seal: 'require' });
    second.create({ seal: 'require', advskew: 100 });
    world.advance(10_000);
    // It steps down once and takes it back: a bow-out of its is on record, and heard by all.
    master.setState('BACKUP');
    world.advance(100);
    second.carp.list()[0]!.setState('BACKUP');
    world.advance(30_000);
    const words = world.seen
      .filter(({ kind, port }) => kind === 'carp4' && port === 'host1:eth0')
      .map(({ payload }) => payload);
    const writes = store.writes;
    await second.kernel.shutdown();
    world.advance(away);
    const clock = new SimProcess(world.clock, 'again');
    clock.wallOffset = offset;
    const again = await world.host(['10.88.0.2/24'], {}, { store: keeps ? store : other, clock });
    world.history();
    const wire = stranger(world);
    const vhid = again.create({ seal: 'require', advskew: 100 });
    return { world, again, vhid, words, writes, say: (word: Uint8Array) => wire.send(word, '10.88.0.1') };
  }

  it('a recording of another life changes nothing, with a memory of it', async () => {
    for (const { offset, away } of [
      { offset: 0, away: 5000 },
      { offset: 0, away: 400 },
      { offset: -2000, away: 5000 },
    ]) {
      const { world, again, vhid, words, say } = await restarted({ offset, away });
      await using _ = world;
      for (const word of words) say(word);
      world.advance(1);
      assert.equal(vhid.state, 'BACKUP');
      assert.equal(value(again, 'replayed'), words.length);
      world.advance(20_000);
      assert.deepEqual(
        world.history().filter((line) => !line.includes('INIT->BACKUP')),
        [],
      );
    }
  });

  it('what is remembered is written a few times in a life, not with each advertisement', async () => {
    const { world, writes } = await restarted();
    await using _ = world;
    assert.ok(writes <= 3, `${writes} times in 40 s`);
  });

  it('without a memory a recording works, until the first true word is heard', async () => {
    const { world, vhid, words, say, again } = await restarted({ keeps: false });
    await using _ = world;
    const bowOut = words.find((word) => word[2] === 255 && word[5] === 255)!;
    say(bowOut);
    world.advance(10);
    assert.equal(vhid.state, 'MASTER');
    world.advance(5000);
    assert.deepEqual(world.masters(), ['host1']);
    say(bowOut);
    for (const word of words) say(word);
    world.advance(5000);
    assert.deepEqual(world.masters(), ['host1']);
    assert.ok(value(again, 'replayed') > words.length - 70);
  });

  it('without a memory recordings hold a BACKUP that has no MASTER, as long as they go on at their pace', async () => {
    const { world, vhid, now, say } = await listener({}, 2 * HOUR);
    await using _ = world;
    const recorded = (): number => now() - HOUR / SEAL_UNIT_MS;
    for (let second = 0; second < 60; second++) {
      say({ sequence: recorded() });
      world.advance(990);
    }
    assert.equal(vhid.state, 'BACKUP');
    world.advance(4000);
    assert.equal(vhid.state, 'MASTER');
    for (let second = 0; second < 10; second++) {
      say({ sequence: recorded() });
      world.advance(990);
    }
    assert.equal(vhid.state, 'MASTER');
  });

  it('a clock set forward meanwhile costs an interval at most', async () => {
    const { world, vhid } = await restarted({ offset: HOUR });
    await using _ = world;
    world.advance(60_000);
    // What it hears is an hour old, by its clock; its own word puts the others an hour ahead.
    const [taken, yielded, ...more] = world.transitions.filter(({ from }) => from !== 'INIT');
    assert.deepEqual([taken?.to, yielded?.to, more.length], ['MASTER', 'BACKUP', 0]);
    assert.ok(yielded!.time - taken!.time <= 1001, `${yielded!.time - taken!.time} ms`);
    assert.equal(vhid.state, 'BACKUP');
  });

  it('a sender whose clock was set back is heard again as soon as it has heard another', async () => {
    for (const store of [memory(), undefined]) {
      await using world = new World();
      const made = (offset: number) => {
        const clock = new SimProcess(world.clock, 'sender');
        clock.wallOffset = offset;
        return { clock, ...(store && { store }) };
      };
      const sender = await world.host(undefined, {}, made(0));
      const backup = (await world.host()).create({ seal: 'require', advskew: 100 }) && world.hosts[1]!;
      sender.create({ seal: 'require' });
      world.advance(HOUR / 10);
      await sender.kernel.shutdown();
      world.advance(10_000);
      const again = await world.host(['10.88.0.1/24'], {}, made(-24 * HOUR));
      const vhid = again.create({ seal: 'require', preempt: true });
      world.advance(8000);
      assert.deepEqual([vhid.state, backup.carp.list()[0]!.state], ['MASTER', 'BACKUP']);
    }
  });
});

describe('beside hosts that send no seals', () => {
  it('auto hears them, and refuses what was sealed and is altered', async () => {
    const { world, host, vhid, wire, say, now } = await listener({ seal: 'auto' });
    await using _ = world;
    wire.send(advertisement(OPTIONS, { advskew: 9, counter: 5n }), '10.88.0.20');
    world.advance(10);
    assert.deepEqual([vhid.master?.address, vhid.master?.sealed], ['10.88.0.20', false]);
    say({ sequence: now(), advskew: 3, sealedAs: { advskew: 0 } });
    assert.equal(value(host, 'badseal'), 1);
    assert.equal(vhid.master?.advskew, 9);
  });

  it('send takes an altered seal for none, as hosts without seals do', async () => {
    const { world, host, vhid, say } = await listener({ seal: 'send' });
    await using _ = world;
    say({ advskew: 3, sealedAs: { advskew: 0 } });
    assert.deepEqual([vhid.master?.advskew, vhid.master?.sealed], [3, false]);
    say({ advskew: 4 });
    assert.deepEqual([vhid.master?.advskew, vhid.master?.sealed], [4, true]);
    assert.equal(value(host, 'badseal'), 0);
  });

  it('auto hears every word of a peer that counts on from a sealed counter', async () => {
    const { world, host, wire, say, now } = await listener({ seal: 'auto' });
    await using _ = world;
    const sequence = now();
    say({ sequence });
    const own = sealedAdvertisements(OPTIONS, PEER)({ sequence });
    const from = new DataView(own.buffer, own.byteOffset).getBigUint64(8);
    for (let i = 1; i <= 2000; i++) {
      wire.send(advertisement(OPTIONS, { counter: from + BigInt(i) }), '10.88.0.20');
      world.advance(1000);
    }
    assert.deepEqual(
      ['badseal', 'replayed', 'unsealed'].map((name) => value(host, name as 'badseal')),
      [0, 0, 0],
    );
    assert.equal(host.carp.list()[0]!.state, 'BACKUP');
  });

  it('auto hears a carpet without seals, though some of its counters bear the mark', async () => {
    await using world = new World();
    const { vhids, hosts } = await world.pair(
      { seal: 'off', advbase: 0, advskew: 20 },
      { seal: 'auto', advskew: 100 },
    );
    world.advance(200_000);
    assert.deepEqual(
      vhids.map(({ state }) => state),
      ['MASTER', 'BACKUP'],
    );
    assert.equal(value(hosts[1]!, 'badseal') + value(hosts[1]!, 'replayed'), 0);
  });

  it('is a change that moves no address: off, send, auto, require, one host after the other', async () => {
    await using world = new World();
    const { vhids } = await world.pair({ seal: 'off' }, { seal: 'off', advskew: 100 });
    world.advance(5000);
    world.history();
    for (const seal of ['send', 'require', 'auto', 'require'] as const) {
      for (const vhid of vhids.toReversed()) {
        vhid.configure({ seal });
        world.advance(3000);
      }
    }
    assert.deepEqual(world.history(), []);
  });
});

it('words of a host are its own for ever, under whatever source', async () => {
  await using world = new World();
  const { hosts, vhids } = await world.pair({ seal: 'require' }, { seal: 'require', advskew: 100 });
  const wire = stranger(world);
  world.advance(60_000);
  const words = world.seen.filter(({ kind }) => kind === 'carp4').map(({ payload }) => payload);
  world.history();
  for (const word of words) {
    for (const source of ['10.88.0.1', '10.88.0.2', '10.88.0.77']) {
      wire.send(word, source);
      wire.send(altered(word, { advbase: 0, advskew: 0 }), source);
    }
    world.advance(100);
  }
  assert.deepEqual(world.history(), []);
  assert.equal(vhids[0]!.state, 'MASTER');
  assert.ok(value(hosts[0]!, 'looped') > words.length);
});

describe('the common time', () => {
  it('is never behind what was heard, and steps with the clock between words', () => {
    const sequence = new CarpSequence(Date.UTC(2030, 0, 1), 0);
    const first = sequence.next(0);
    assert.equal(sequence.next(0), first + 1);
    assert.equal(sequence.next(1600), first + 101);
    sequence.heard(first + 5000, 1700);
    assert.equal(sequence.next(1700), first + 5001);
    assert.equal(sequence.next(3300), first + 5101);
  });

  it('goes on for a machine that slept', () => {
    const sequence = new CarpSequence(Date.UTC(2030, 0, 1), 0);
    const first = sequence.next(0);
    sequence.slept(HOUR, 0);
    assert.ok(!sequence.isFresh(first + 1000, 100, { deadTime: 3000 }));
    assert.equal(sequence.next(0), first + HOUR / 16);
  });
});
