/** The parts of a seal by themselves: what is fresh, what is remembered, what is forgotten. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CarpSealCode } from '../../../modules/carp/seal/code.js';
import { bearsMark, highOf, lowOf, sealedLow, sequenceAt } from '../../../modules/carp/seal/format.js';
import { SealMemory } from '../../../modules/carp/seal/memory.js';
import { CarpSequence } from '../../../modules/carp/seal/sequence.js';
import { HmacWork } from '../../../modules/carp/wire/hmac.js';
import { InetAddress } from '../../../modules/ifnet/index.js';
import { advertisement } from './support/advertisement.js';
import { memory } from './support/memory.js';
import { sealedAdvertisements } from './support/seal.js';
import { stranger } from './support/stranger.js';
import { SHARED, World } from './support/world.js';

const WALL = Date.UTC(2030, 0, 1);
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** Units of 16 ms. */
const units = (ms: number): number => Math.floor(ms / 16);
const OPTIONS = { ifname: 'eth0', vhid: 1, password: 'secret', addresses: [SHARED] };
const PEER = '10.88.0.9';

it('the code covers the family: an IPv6 address may begin with the bytes of an IPv4 one', () => {
  const code = new CarpSealCode(new HmacWork(), new TextEncoder().encode('secret'));
  const of = (source: string): number =>
    code.of(1, 0, { advbase: 1, advskew: 0, demote: 0, source: InetAddress.parse(source) });
  assert.notEqual(of('10.88.0.9'), of('a58:9::'));
  assert.equal(of('10.88.0.9'), of('10.88.0.9'));
});

describe('what is fresh', () => {
  /** A sequence that was last heard at 0. */
  function heard(): { sequence: CarpSequence; last: number } {
    const sequence = new CarpSequence(WALL, 0);
    const last = sequenceAt(WALL) + 5000;
    sequence.heard(last, 0);
    return { sequence, last };
  }

  it('is not older than ten seconds, a dead time, and what clocks may drift in the silence', () => {
    for (const [silence, slack] of [
      [60_000, 13_030],
      [DAY, 13_000 + DAY / 2000],
    ] as const) {
      const { sequence, last } = heard();
      assert.ok(sequence.isFresh(last + units(silence - slack + 100), silence, { deadTime: 3000 }));
      assert.ok(!sequence.isFresh(last + units(silence - slack - 100), silence, { deadTime: 3000 }));
    }
  });

  it('is not what is a second below the greatest, nor below anything that is no longer remembered', () => {
    const { sequence, last } = heard();
    assert.ok(sequence.isFresh(last - 62, 0, { deadTime: 3000 }));
    assert.ok(!sequence.isFresh(last - 63, 0, { deadTime: 3000 }));
    sequence.forget(last - 30);
    assert.ok(!sequence.isFresh(last - 30, 0, { deadTime: 3000 }));
    assert.ok(sequence.isFresh(last - 29, 0, { deadTime: 3000 }));
  });

  it('after a restart is what is a second old, and half a millisecond for each second away', () => {
    for (const [away, slack] of [
      [2000, 1001],
      [HOUR, 1000 + HOUR / 2000],
    ] as const) {
      const { last } = heard();
      const again = new CarpSequence(WALL + away, 7);
      again.restore({ sequence: last, wall: WALL }, WALL + away, 7);
      assert.ok(again.isFresh(last + units(away - slack + 50), 7, { deadTime: 3000 }));
      assert.ok(!again.isFresh(last + units(away - slack - 50), 7, { deadTime: 3000 }));
      assert.ok(!again.isFresh(last, 7, { deadTime: 3000 }));
      // The first word settles it.
      again.heard(last + units(away), 7);
      assert.ok(again.isFresh(last + units(away + 60_000 - 12_000), 60_007, { deadTime: 3000 }));
    }
  });
});

describe('the sequence of the next advertisement', () => {
  it('is that of the wall clock at first, also when what was heard is below it', () => {
    const sequence = new CarpSequence(WALL, 0);
    sequence.heard(17, 0);
    assert.equal(sequence.next(1600), sequenceAt(WALL) + 100);
  });

  it('goes on from a former life instead, however far the wall clock is ahead of that', () => {
    const sequence = new CarpSequence(WALL, 0);
    sequence.restore({ sequence: 1000, wall: WALL - 16_000 }, WALL, 0);
    assert.equal(sequence.next(0), 2000);
  });

  it('is not set back by a word that was held up on its way', () => {
    const sequence = new CarpSequence(WALL, 0);
    const first = sequence.next(0);
    sequence.heard(first + 1, 8000);
    assert.ok(Math.abs(sequence.next(8000) - first - units(8000)) <= 1);
  });

  it('falls back to the clocks of others as fast as clocks drift apart, a thousandth of a unit at a time too', () => {
    const sequence = new CarpSequence(WALL, 0);
    const first = sequence.next(0);
    // The clock of the others began four seconds behind.
    for (let now = 1000; now <= HOUR; now += 32) sequence.heard(first + units(now - 4000), now);
    assert.ok(Math.abs(sequence.next(HOUR) - first - units(HOUR - HOUR / 2000)) <= 1);
    for (let now = HOUR + 32; now <= 3 * HOUR; now += 32) sequence.heard(first + units(now - 4000), now);
    assert.ok(Math.abs(sequence.next(3 * HOUR) - first - units(3 * HOUR - 4000)) <= 1);
  });

  it('goes on in a successor, also from a state in which the time of this host is that of its start', () => {
    const sequence = new CarpSequence(WALL, 0);
    sequence.heard(sequence.next(0) + 1, 8000);
    const captured = sequence.capture();
    const expected = sequence.next(9000);
    const old = { ...captured, start: sequenceAt(WALL), startedAt: 0 };
    for (const state of [captured, old]) {
      const successor = new CarpSequence(WALL, 8000);
      successor.adopt(state);
      assert.ok(Math.abs(successor.next(9000) - expected) <= 1);
    }
    const restored = new CarpSequence(WALL, 8000);
    restored.adopt({ ...captured, start: null });
    assert.equal(restored.next(8000), captured.highest + 1);
  });

  it('loses nothing of the common time, however often it is handed over', () => {
    let sequence = new CarpSequence(WALL, 0);
    sequence.next(15);
    const expected = sequence.capture();
    for (let life = 0; life < 100; life++) {
      const successor = new CarpSequence(WALL, 15);
      successor.adopt(sequence.capture());
      sequence = successor;
    }
    assert.equal(sequence.next(16 * 1000), sequenceAt(WALL) + 1000);
    assert.equal(expected.start! + (16 * 1000 - expected.startedAt) / 16, sequenceAt(WALL) + 1000);
  });
});

describe('the memory of a former life', () => {
  it('is written when the relation to the wall clock changes, and no more than every ten seconds', () => {
    const store = memory();
    const kept = new SealMemory(store, 'x');
    const at = (sequence: number, wall: number, now: number): number => {
      if (kept.isDue(now)) kept.note(1, { sequence, wall }, now);
      return store.writes;
    };
    assert.equal(at(1000, WALL, 0), 1);
    assert.equal(at(9000, WALL, 9000), 1, 'too soon');
    assert.equal(at(9000, WALL, 10_000), 2);
    assert.equal(at(9000 + units(60_000), WALL + 60_000, 70_000), 2, 'nothing has changed');
    assert.equal(at(9000 + units(60_000), WALL + 60_300, 72_000), 3);
  });

  it('is looked at every second, and written for a quarter of one', () => {
    const store = memory();
    const kept = new SealMemory(store, 'x');
    const due = (...times: number[]): boolean[] => times.map((now) => kept.isDue(now));
    kept.note(1, { sequence: 1000, wall: WALL }, 0);
    assert.deepEqual([due(9999, 10_000), store.writes], [[false, true], 1]);
    kept.note(1, { sequence: 1000, wall: WALL + 249 }, 10_000);
    assert.deepEqual([due(10_999, 11_000), store.writes], [[false, true], 1]);
    kept.note(1, { sequence: 1000, wall: WALL + 250 }, 11_000);
    assert.equal(store.writes, 2);
  });

  it('that was read, or written at an end, is written again only when it has been forgotten', () => {
    const store = memory();
    const first = { sequence: 0, wall: WALL };
    const kept = new SealMemory(store, 'x');
    kept.write(1, first);
    kept.note(1, first, 0);
    const next = new SealMemory(store, 'x');
    assert.deepEqual(next.read(1), { fingerprint: 1, ...first });
    next.note(1, first, 0);
    assert.deepEqual([store.writes, next.isDue(1)], [1, false]);
    next.forget();
    assert.equal(next.isDue(1), true);
    next.note(2, first, 1);
    assert.equal(store.writes, 2);
  });

  it('is of one password', () => {
    const store = memory();
    new SealMemory(store, 'x').write(1, { sequence: 5, wall: WALL });
    assert.equal(new SealMemory(store, 'x').read(2), undefined);
    assert.equal(new SealMemory(store, 'x').read(1)?.sequence, 5);
    void store.write('x', { fingerprint: 1, sequence: -1, wall: WALL });
    assert.equal(new SealMemory(store, 'x').read(1), undefined);
    void store.write('x', 'nonsense');
    assert.equal(new SealMemory(store, 'x').read(1), undefined);
  });
});

describe('a vhid', () => {
  async function listener(seal: 'auto' | 'require' = 'require') {
    const world = new World();
    const store = memory();
    const host = await world.host(undefined, {}, { store });
    const vhid = host.create({ seal, advskew: 100 });
    const wire = stranger(world);
    world.advance(1000);
    return { world, store, host, vhid, wire };
  }

  it('with a new password forgets the sequence, every counter, and what it had written', async () => {
    const { world, store, vhid, wire } = await listener();
    await using _ = world;
    const make = sealedAdvertisements(OPTIONS, PEER);
    for (let i = 0; i < 40; i++) {
      wire.send(make({ sequence: 1_000_000 + i, advskew: 1 }), PEER);
      world.advance(10);
    }
    const written = store.writes;
    vhid.configure({ password: 'new' });
    const anew = sealedAdvertisements({ ...OPTIONS, password: 'new' }, PEER);
    for (let i = 0; i < 40; i++) {
      wire.send(anew({ sequence: 100 + i, advskew: i }), PEER);
      world.advance(10);
      assert.equal(vhid.master?.advskew, i);
    }
    assert.equal(store.writes, written + 1);
  });

  it('looks at sixteen wrong codes a second, and at right ones again when they end', async () => {
    const { world, host, vhid, wire } = await listener();
    await using _ = world;
    const make = sealedAdvertisements(OPTIONS, PEER);
    const say = (sequence: number, fields: object = {}): void => {
      wire.send(make({ sequence, ...fields }), PEER);
    };
    for (let i = 0; i < 20; i++) say(1000 + i, { advskew: 9, sealedAs: { advskew: 0 } });
    say(2000);
    world.advance(5);
    assert.equal(vhid.toJSON().master, undefined);
    assert.equal(host.carp.statistics.badseal.value, 21);
    world.advance(1000);
    say(3000);
    world.advance(5);
    assert.equal(vhid.toJSON().master?.address, PEER);
  });

  it('with auto hears a number drawn at random that bears the mark, if no clock shows such a time', async () => {
    const { world, host, vhid, wire } = await listener('auto');
    await using _ = world;
    const sequence = sequenceAt(world.clock.wallTime()) + units(2 * 365 * DAY);
    const high = highOf(sequence);
    const low = sealedLow(high, lowOf(sequence), 77);
    assert.ok(bearsMark(high, low));
    const counter = (BigInt(high) << 32n) | BigInt(low);
    for (let i = 0; i < 5; i++) {
      wire.send(advertisement(OPTIONS, { counter }), PEER);
      world.advance(1000);
    }
    assert.equal(host.carp.statistics.badseal.value, 0);
    assert.equal(vhid.master?.sealed, false);
    assert.ok(vhid.master.heardAgo <= 1000);
  });
});
