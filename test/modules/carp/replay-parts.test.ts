/** What the replay guard remembers, part by part: numbers that were used, the lives of carpets, and who sends. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Senders } from '../../../modules/carp/link/replay/senders.js';
import { CounterStreams } from '../../../modules/carp/link/replay/streams.js';
import { MAX_NUMBERS, UsedNumbers } from '../../../modules/carp/link/replay/used-numbers.js';
import { counterAt, highWord, lowWord } from '../../../modules/carp/wire/counter.js';

describe('the numbers that were used', () => {
  const used = (...numbers: bigint[]): UsedNumbers => {
    const all = new UsedNumbers();
    for (const number of numbers) all.add(highWord(number), lowWord(number));
    return all;
  };
  const has = (all: UsedNumbers, number: bigint): boolean => all.has(highWord(number), lowWord(number));
  const HIGH = 1n << 32n;

  it('are told by both of their words', () => {
    const all = used(5n * HIGH + 7n, 9n * HIGH);
    assert.ok(has(all, 5n * HIGH + 7n) && has(all, 9n * HIGH));
    for (const other of [0n, 7n, 5n * HIGH, 5n * HIGH + 8n, 7n * HIGH + 5n, 9n * HIGH + 1n, 10n * HIGH])
      assert.ok(!has(all, other), `${other}`);
    assert.ok(!has(new UsedNumbers(), 0n));
  });

  it('are a thousand and some, of which the oldest makes room', () => {
    const numbers = Array.from({ length: MAX_NUMBERS + 1 }, (_, i) => BigInt(i));
    assert.equal(MAX_NUMBERS, 1024);
    const all = used(...numbers.slice(0, -1).toReversed());
    assert.ok(numbers.slice(0, -1).every((number) => has(all, number)));
    all.add(0, MAX_NUMBERS);
    assert.deepEqual(
      numbers.filter((number) => !has(all, number)),
      [BigInt(MAX_NUMBERS - 1)],
    );
    assert.deepEqual(all.list(), [...numbers.slice(0, -2).toReversed(), BigInt(MAX_NUMBERS)]);
  });

  it('are listed oldest first, and the greatest is known after it was forgotten', () => {
    assert.deepEqual([used().list(), used().highest], [[], -1n]);
    assert.equal(used(0n).highest, 0n);
    for (const [numbers, highest] of [
      [[3n, 1n, 2n], 3n],
      [[HIGH + 1n, 5n, HIGH], HIGH + 1n],
      [[5n, HIGH, HIGH + 2n], HIGH + 2n],
    ] as const) {
      const all = used(...numbers);
      assert.deepEqual([all.list(), all.highest], [numbers, highest]);
    }
  });

  it('greater than the greatest are unused, as a predecessor knows it', () => {
    const all = used(5n);
    all.highest = HIGH;
    assert.equal(all.highest, HIGH);
    all.highest = 0n;
    assert.equal(all.highest, 0n);
    all.highest = -1n;
    assert.equal(all.highest, -1n);
    all.add(0, 0);
    assert.equal(all.highest, 0n);
  });
});

describe('the lives of carpets', () => {
  const words = (rank: number, tag: number): [number, number] => {
    const counter = counterAt(rank, tag);
    return [highWord(counter), lowWord(counter)];
  };
  function made() {
    const forgotten: bigint[] = [];
    const streams = new CounterStreams((high, low) => forgotten.push((BigInt(high) << 32n) | BigInt(low)));
    const hear = (rank: number, tag: number): string => {
      const verdict = streams.judge(...words(rank, tag));
      if (verdict === 'rises' || verdict === 'unknown') streams.accept();
      return verdict;
    };
    return { forgotten, streams, hear };
  }

  it('are known by their tag: of each every counter rises', () => {
    const { hear } = made();
    const lives = [0, 1, 2 ** 20 - 1];
    for (const tag of lives) assert.equal(hear(1000, tag), 'unknown');
    for (const tag of lives) assert.deepEqual([hear(1000, tag), hear(999, tag)], ['again', 'old']);
    for (const tag of lives) assert.equal(hear(1001, tag), 'rises');
    for (const tag of lives) assert.deepEqual([hear(1001, tag), hear(1002, tag)], ['old', 'rises']);
  });

  it('of which but one counter was heard are 64, and it is told when one is forgotten', () => {
    const { forgotten, hear } = made();
    for (let tag = 0; tag < 64; tag++) hear(1000, tag);
    hear(1001, 1);
    assert.deepEqual(forgotten, []);
    hear(1000, 64);
    assert.deepEqual(forgotten, [counterAt(1000, 0)]);
    hear(1000, 65);
    assert.deepEqual(forgotten, [counterAt(1000, 0)], 'the place of one that was heard again is free');
    assert.equal(hear(1000, 0), 'unknown');
  });

  it('that were heard again are 64 too', () => {
    const { hear } = made();
    for (let tag = 0; tag < 64; tag++) for (const rank of [1000, 1001]) hear(rank, tag);
    assert.equal(hear(1002, 0), 'rises');
    for (const rank of [1000, 1001]) hear(rank, 64);
    assert.equal(hear(1001, 0), 'old');
    assert.equal(hear(1001, 1), 'unknown');
    assert.equal(hear(1001, 2), 'old');
  });

  it('go on: a carpet above its latest counter, another by one above one of its numbers', () => {
    const { streams, hear } = made();
    assert.equal(streams.continues(counterAt(1000, 0)), false);
    hear(1000, 5);
    hear(1000, 7);
    assert.equal(streams.continues(counterAt(1000, 5) + 1n), true);
    assert.equal(streams.continues(counterAt(1000, 7) + 1n), true);
    for (const counter of [
      counterAt(1000, 5),
      counterAt(1000, 5) + 2n,
      counterAt(1001, 6),
      counterAt(1001, 5),
    ])
      assert.equal(streams.continues(counter), false);
    hear(1001, 5);
    assert.equal(streams.continues(counterAt(1002, 5)), true);
    assert.equal(streams.continues(counterAt(1001, 5)), false);
    assert.equal(streams.continues(counterAt(1001, 5) + 1n), false);
  });

  it('are known to a successor, in the same order', () => {
    const { streams, hear } = made();
    for (let tag = 0; tag < 66; tag++) hear(1000, tag);
    for (const tag of [3, 9, 3]) hear(1001 + tag, tag);
    hear(1020, 3);
    const heir = made();
    const state = streams.capture();
    assert.deepEqual([state.once[0], state.once.length], [counterAt(1000, 2), 62]);
    assert.deepEqual(state.proven, [counterAt(1010, 9), counterAt(1020, 3)]);
    heir.streams.adopt(state);
    assert.deepEqual(heir.streams.capture(), state);
    assert.deepEqual(heir.forgotten, []);
    assert.deepEqual(
      [heir.hear(1020, 3), heir.hear(1011, 9), heir.hear(1000, 65)],
      ['old', 'rises', 'again'],
    );
  });

  it('of a predecessor that knew more are the latest', () => {
    const { forgotten, streams } = made();
    streams.adopt({ once: Array.from({ length: 70 }, (_, tag) => counterAt(1000, tag)), proven: [] });
    assert.deepEqual([streams.capture().once.length, streams.capture().once[0]], [64, counterAt(1000, 6)]);
    assert.deepEqual(forgotten, []);
  });
});

describe('who sends', () => {
  const PEER = '10.0.0.1';
  const half = 500;
  const made = () => {
    const senders = new Senders();
    return {
      senders,
      hear: (low: number, now: number, from = PEER, high = 0) => senders.heard(from, high, low, now, 1000),
    };
  };
  const state = (senders: Senders, from = PEER) => {
    const { newcomers, established } = senders.capture();
    return [...newcomers, ...established].find(({ source }) => source === from);
  };

  it('is a newcomer until it was heard eight times, half an interval apart', () => {
    const { senders, hear } = made();
    for (let n = 0; n < 7; n++) hear(n, n * half);
    hear(7, 6 * half + half - 1);
    assert.deepEqual([senders.capture().newcomers.length, senders.capture().established.length], [1, 0]);
    hear(8, 7 * half);
    assert.deepEqual([senders.capture().newcomers.length, senders.capture().established.length], [0, 1]);
    assert.deepEqual(state(senders), {
      source: PEER,
      last: '8',
      distinct: 9,
      repeats: 0,
      paced: 8,
      since: 7 * half,
    });
  });

  it('may be another host after ten minutes of silence', () => {
    for (const [silence, distinct] of [
      [600_000, 2],
      [600_001, 1],
    ] as const) {
      const { senders, hear } = made();
      hear(1, 0);
      hear(2, silence);
      assert.equal(state(senders)!.distinct, distinct);
    }
    const { senders, hear } = made();
    for (let n = 0; n < 8; n++) hear(n, n * half);
    hear(9, 1_000_000);
    assert.deepEqual([senders.capture().newcomers.length, senders.capture().established.length], [1, 0]);
  });

  it('says another number if one of its words differs', () => {
    const { senders, hear } = made();
    hear(1, 0);
    hear(1, 1000);
    assert.equal(state(senders)!.distinct, 1);
    hear(1, 2000, PEER, 1);
    assert.equal(state(senders)!.distinct, 2);
    hear(2, 3000, PEER, 1);
    assert.deepEqual([state(senders)!.distinct, state(senders)!.last], [3, String((1n << 32n) + 2n)]);
  });

  it('is steady if it says the last one again, half an interval later at least', () => {
    const { senders, hear } = made();
    hear(5, 0, PEER, 6);
    const steady = (low: number, high: number, now: number, from = PEER) =>
      senders.isSteady(from, high, low, now, 1000);
    assert.equal(steady(5, 6, half - 1), false);
    assert.equal(steady(5, 6, half), true);
    assert.equal(steady(5, 6, 2 * half - 1), false, 'since the last time');
    assert.deepEqual(
      [steady(4, 6, 9000), steady(5, 7, 9000), steady(5, 6, 9000, '10.0.0.2')],
      [false, false, false],
    );
    assert.deepEqual([state(senders)!.repeats, state(senders)!.paced], [1, 2]);
  });

  it('is steady with a second number from the second repetition on, and with a third never', () => {
    const { senders, hear } = made();
    hear(1, 0);
    hear(2, 1000);
    const repeats = (low: number, from: number, times: number) =>
      Array.from({ length: times }, (_, n) => senders.isSteady(PEER, 0, low, from + n * 1000, 1000));
    assert.deepEqual(repeats(2, 2000, 7), [false, true, true, true, true, true, true]);
    hear(3, 10_000);
    assert.deepEqual(repeats(3, 11_000, 10), Array(10).fill(false));
  });

  it('is known anew after eight repetitions: what it said before does not matter', () => {
    const { senders, hear } = made();
    hear(1, 0);
    hear(2, 1000);
    for (let n = 0; n < 8; n++) senders.isSteady(PEER, 0, 2, 2000 + n * 1000, 1000);
    assert.equal(state(senders)!.distinct, 1);
    assert.equal(senders.capture().established.length, 1);
    hear(3, 10_000);
    assert.equal(senders.isSteady(PEER, 0, 3, 11_000, 1000), false);
    assert.equal(senders.isSteady(PEER, 0, 3, 12_000, 1000), true);
  });

  it('that is not steady stays a newcomer, however often it repeats itself', () => {
    const { senders, hear } = made();
    for (const low of [1, 2, 3]) hear(low, low * 1000);
    for (let n = 0; n < 20; n++) senders.isSteady(PEER, 0, 3, 4000 + n * 1000, 1000);
    assert.deepEqual([state(senders)!.paced, senders.capture().established], [3, []]);
  });

  it('is in the order of hearing, each once', () => {
    const { senders, hear } = made();
    const order = () => senders.capture().newcomers.map(({ source }) => source);
    for (const [i, host] of ['a', 'b', 'c', 'a', 'b', 'b', 'a'].entries()) hear(i, i * 1000, host);
    assert.deepEqual(order(), ['c', 'b', 'a']);
    for (const [i, host] of ['c', 'a'].entries()) hear(i, 7000 + i * 1000, host);
    assert.deepEqual(order(), ['b', 'c', 'a']);
  });

  it('that seals has no number that may come again', () => {
    const { senders } = made();
    senders.heardSealed(PEER, 0, { interval: 1000 });
    assert.equal(state(senders)!.last, '-1');
    assert.equal(senders.isSteady(PEER, 0, 0, 1000, 1000), false);
    const heir = new Senders();
    heir.adopt(senders.capture());
    assert.deepEqual(heir.capture(), senders.capture());
  });

  it('that seals is asked for its pace until it is established, and after ten minutes of silence', () => {
    const { senders, hear } = made();
    let asked = 0;
    const seals = (now: number): void =>
      senders.heardSealed(PEER, now, {
        get interval() {
          asked++;
          return 1000;
        },
      });
    for (let n = 0; n < 8; n++) hear(n, n * 1000);
    seals(8000);
    assert.equal(asked, 1, 'it said numbers before');
    for (const now of [9000, 609_000, 1_209_000]) seals(now);
    assert.deepEqual([asked, state(senders)!.paced], [1, 9]);
    for (let n = 0; n < 20; n++) seals(1_809_001 + n * 1000);
    assert.deepEqual([asked, state(senders)!.paced], [9, 8]);
  });

  it('makes room in its own table, the one heard longest ago first', () => {
    const { senders, hear } = made();
    for (let host = 0; host < 16; host++) hear(1, host, `10.0.1.${host}`);
    hear(2, 1000, '10.0.1.0');
    hear(1, 1001, '10.0.1.16');
    assert.deepEqual(
      Array.from({ length: 17 }, (_, host) => host).filter((host) => !senders.has(`10.0.1.${host}`)),
      [1],
    );
    assert.deepEqual(
      senders
        .capture()
        .newcomers.map(({ source }) => source)
        .slice(-3),
      ['10.0.1.15', '10.0.1.0', '10.0.1.16'],
    );
  });

  it('is known to a successor, newcomers and others', () => {
    const { senders, hear } = made();
    for (let n = 0; n < 8; n++) hear(n, n * half, PEER, 3);
    hear(1, 4000, '10.0.0.2', 4);
    hear(0, 4000, '10.0.0.3');
    const heir = new Senders();
    heir.adopt(structuredClone(senders.capture()));
    assert.deepEqual(heir.capture(), senders.capture());
    assert.equal(heir.isSteady('10.0.0.2', 4, 1, 5000, 1000), true);
    assert.equal(heir.isSteady(PEER, 4, 7, 5000, 1000), false);
  });
});
