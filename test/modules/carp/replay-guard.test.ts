import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { inspect } from 'node:util';
import { seededRandom } from '../../../core/index.js';
import {
  CarpReplayGuard,
  type CarpReplayStakes,
  type CarpReplayVerdict,
} from '../../../modules/carp/link/replay/guard.js';
import { CarpCounter, counterOf, highWord, lowWord } from '../../../modules/carp/wire/counter.js';
import { InetAddress } from '../../../modules/ifnet/index.js';

function judged(
  guard: CarpReplayGuard,
  source: string,
  counter: bigint,
  now: number,
  stakes: CarpReplayStakes,
): CarpReplayVerdict {
  return guard.judge(InetAddress.parse(source), highWord(counter), lowWord(counter), now, stakes);
}

/** A guard, and time that goes on by an interval with each number it judges. */
function guarded(mode: 'off' | 'loop' | 'window' | 'strict' = 'window') {
  const guard = new CarpReplayGuard(mode);
  let now = 0;
  const judge = (
    numbers: readonly (bigint | number)[],
    { source = '10.0.0.1', urgent = false, every = 1000 } = {},
  ): CarpReplayVerdict[] =>
    numbers.map((number) =>
      judged(guard, source, BigInt(number), (now += every), { interval: 1000, urgent }),
    );
  /** One word for all if they are the same. */
  const verdict = (...given: Parameters<typeof judge>): string => [...new Set(judge(...given))].join();
  return { guard, judge, verdict };
}

/** Counters of one life of a carpet. */
function carpet(seed: number, count: number, wallTime = 1_700_000_000_000): bigint[] {
  const counter = new CarpCounter(seededRandom(seed), wallTime);
  return Array.from({ length: count }, () => {
    counter.next();
    return counterOf(counter.high, counter.low);
  });
}

const random = seededRandom('numbers');
/** What a ucarp or a FreeBSD that has never heard a peer sends. */
const anyNumbers = (count: number): bigint[] => Array.from({ length: count }, () => random.uint64());

describe('the counters of a carpet', () => {
  for (const mode of ['window', 'strict'] as const) {
    it(`${mode}: are refused when they are old, however old, from whatever address, and however urgent`, () => {
      const { judge, verdict } = guarded(mode);
      const words = carpet(1, 5000);
      assert.equal(verdict(words), 'fresh');
      for (const source of ['10.0.0.1', '10.0.0.99'])
        assert.equal(verdict([words[0]!, words[4000]!, words.at(-1)!], { source, urgent: true }), 'replayed');
      assert.deepEqual(judge([words.at(-1)! + (1n << 20n)]), ['fresh']);
    });

    it(`${mode}: stay known when a thousand other numbers come in between`, () => {
      const { verdict } = guarded(mode);
      const words = carpet(1, 10);
      assert.equal(verdict(words), 'fresh');
      verdict(anyNumbers(3000), { source: '10.0.1.1' });
      assert.equal(verdict(words), 'replayed');
    });

    it(`${mode}: of another carpet under its address do not make it deaf to the first`, () => {
      const { verdict } = guarded(mode);
      // The one started first has the smaller numbers.
      const [early, late] = [carpet(1, 10, 1_600_000_000_000), carpet(2, 10)];
      verdict(late, { source: '10.0.0.2' });
      assert.equal(verdict(late.slice(3), { source: '10.0.0.1' }), 'replayed');
      assert.equal(verdict(early), 'fresh');
      // Nor those of a life that ended before.
      assert.equal(verdict(carpet(3, 10)), 'fresh');
      assert.equal(verdict(carpet(4, 3, 1_600_000_000_001)), 'fresh');
    });

    it(`${mode}: may begin below those of its former life: a clock was set back`, () => {
      const { verdict } = guarded(mode);
      assert.equal(verdict(carpet(1, 10)), 'fresh');
      assert.equal(verdict(carpet(2, 10, 1_000_000_000_000)), 'fresh');
    });
  }

  it('of 64 lives are remembered, the one heard longest ago is forgotten', () => {
    const { verdict } = guarded();
    const lives = Array.from({ length: 65 }, (_, i) => carpet(i, 3));
    for (const life of lives.slice(0, 64)) assert.equal(verdict(life.slice(0, 2)), 'fresh');
    assert.equal(verdict(lives[0]!.slice(2)), 'fresh');
    assert.equal(verdict(lives[64]!.slice(0, 2)), 'fresh');
    assert.equal(verdict(lives[0]!), 'replayed');
    assert.equal(verdict(lives[2]!.slice(0, 2)), 'replayed');
    assert.equal(verdict(lives[1]!.slice(0, 2)), 'fresh');
  });
});

describe('the numbers of other peers', () => {
  it('are refused when they come again, new ones of any size taken', () => {
    const { judge } = guarded();
    const [huge] = [2n ** 64n - 1n];
    assert.deepEqual(judge([5, 6, 3, huge, 6, 7, 3, 5]), [
      'fresh',
      'fresh',
      'fresh',
      'fresh',
      'replayed',
      'fresh',
      'replayed',
      'replayed',
    ]);
  });

  it('are refused from another address too, but not in the other family', () => {
    const { verdict } = guarded();
    verdict([5, 6]);
    assert.equal(verdict([6, 5], { source: '10.0.0.2' }), 'replayed');
    assert.equal(verdict([7], { source: '10.0.0.2' }), 'fresh');
    assert.equal(verdict([7]), 'replayed');
    assert.equal(verdict([6], { source: 'fe80::1' }), 'fresh');
  });

  it('are remembered, the latest thousand, in whatever order they come', () => {
    const { verdict } = guarded();
    const numbers = anyNumbers(1100);
    assert.equal(verdict(numbers), 'fresh');
    assert.equal(verdict(numbers.slice(-1000).toReversed(), { source: '10.0.0.9' }), 'replayed');
    assert.equal(verdict(numbers.slice(0, 10)), 'fresh');
  });

  it('are not pushed out by repetitions', () => {
    const { verdict } = guarded();
    const numbers = anyNumbers(1000);
    verdict(numbers);
    for (let round = 0; round < 20; round++)
      assert.equal(verdict(numbers.slice(0, 200), { source: `10.0.2.${round}` }), 'replayed');
    assert.equal(verdict(numbers), 'replayed');
  });

  it('take no memory to speak of: neither they nor their senders', () => {
    const { guard, judge } = guarded();
    for (const [i, number] of anyNumbers(20_000).entries())
      judge([number], { source: `10.1.${i >> 8}.${i & 255}` });
    assert.ok(inspect(guard, { depth: 9, showHidden: true, maxArrayLength: null }).length < 60_000);
  });
});

describe('a repetition as a sign of life', () => {
  it('is one for a BACKUP about to take over only, and in window only', () => {
    const { verdict } = guarded();
    verdict([5, 6, 7]);
    assert.equal(verdict([6]), 'replayed');
    assert.equal(verdict([6], { urgent: true }), 'alive');
    const strict = guarded('strict');
    strict.verdict([5, 6, 7]);
    assert.equal(strict.verdict([6], { urgent: true }), 'replayed');
    assert.equal(strict.verdict([6], { urgent: true, source: '10.0.0.66' }), 'replayed');
  });

  it('must rise, so that one recording keeps nobody from taking over', () => {
    const { judge } = guarded();
    judge([5, 6, 7, 8]);
    assert.deepEqual(judge([6, 6, 7, 6, 7, 8], { urgent: true }), [
      'alive',
      'replayed',
      'alive',
      'replayed',
      'replayed',
      'alive',
    ]);
  });

  it('is one eight times in a row at most, until something new is heard', () => {
    const { judge, verdict } = guarded();
    const numbers = Array.from({ length: 20 }, (_, i) => i);
    judge(numbers);
    assert.deepEqual(
      judge(numbers, { urgent: true }).map((each) => each === 'alive'),
      numbers.map((i) => i < 8),
    );
    assert.equal(verdict([100]), 'fresh');
    assert.equal(verdict([3], { urgent: true }), 'alive');
  });
});

describe('OpenBSD', () => {
  it('says one number for ever, and another after it was booted', () => {
    const { judge, verdict } = guarded();
    assert.equal(verdict([9, 9, 9, 9]), 'fresh');
    assert.deepEqual(judge([4, 4, 4, 4, 4]), ['fresh', 'replayed', 'fresh', 'fresh', 'fresh']);
  });

  it('may be booted any number of times', () => {
    const { judge, verdict } = guarded();
    for (let boot = 0; boot < 20; boot++) {
      judge([boot, boot, boot]);
      assert.equal(verdict(Array<number>(20).fill(boot)), 'fresh');
    }
  });

  it('says it no faster than advertisements come, and does not go back to an old one', () => {
    const { verdict } = guarded();
    verdict([3, 4, 4, 4, 4]);
    assert.equal(verdict(Array<number>(4).fill(4), { every: 99 }), 'replayed');
    assert.equal(verdict([3, 3, 3]), 'replayed');
  });

  it('is nobody who has sent three numbers: his last one, repeated at any pace, keeps nobody from taking over', () => {
    const { judge, verdict } = guarded();
    judge(anyNumbers(3));
    const last = judge([77, 77, 77]);
    assert.deepEqual(last, ['fresh', 'replayed', 'replayed']);
    assert.equal(verdict(Array<number>(50).fill(77)), 'replayed');
    assert.equal(verdict(Array<number>(50).fill(77), { every: 5000 }), 'replayed');
  });

  it('may have the address of a peer that has been silent for ten minutes', () => {
    const { verdict } = guarded();
    verdict(anyNumbers(5));
    assert.equal(verdict([9], { every: 600_001 }), 'fresh');
    assert.equal(verdict([9, 9, 9]), 'fresh');
  });

  it('keeps its place whatever is replayed under invented addresses', () => {
    const { verdict } = guarded();
    assert.equal(verdict(Array<number>(10).fill(9)), 'fresh');
    for (const [i, number] of anyNumbers(200).entries())
      verdict([number], { source: `10.0.1.${i}`, every: 1 });
    assert.equal(verdict([9, 9, 9]), 'fresh');
  });
});

describe('what is new by its seal', () => {
  it('makes its sender known, and signs of life count anew after it', () => {
    const { guard, verdict } = guarded();
    const numbers = Array.from({ length: 20 }, (_, i) => i);
    verdict(numbers);
    verdict(numbers, { urgent: true });
    assert.equal(verdict([3], { urgent: true }), 'replayed');
    guard.sealed(InetAddress.parse('10.0.0.7'), 100_000, { interval: 1000, urgent: false });
    assert.ok(guard.knows(InetAddress.parse('10.0.0.7')));
    assert.equal(verdict([3], { urgent: true }), 'alive');
  });

  it('may go on from a number that was heard without one, in the same family', () => {
    const { guard, verdict } = guarded();
    assert.equal(guard.continues(4, 6n), false);
    verdict([5]);
    assert.deepEqual(
      [guard.continues(4, 6n), guard.continues(4, 7n), guard.continues(6, 6n)],
      [true, false, false],
    );
  });
});

describe('a guard that forgets', () => {
  it('for a new password takes every number again', () => {
    const { guard, verdict } = guarded();
    verdict([5]);
    guard.reset();
    assert.equal(verdict([5]), 'fresh');
  });

  it('for a predecessor remembers what that one did, and nothing else', () => {
    const { guard, verdict } = guarded();
    const old = guarded();
    verdict([5]);
    verdict([5], { source: 'fe80::1' });
    old.verdict([6]);
    guard.adopt(old.guard.capture());
    assert.ok(!guard.knows(InetAddress.parse('fe80::1')));
    assert.deepEqual(
      [verdict([5]), verdict([5], { source: 'fe80::1' }), verdict([6])],
      ['fresh', 'fresh', 'replayed'],
    );
  });
});

describe('the senders that are known', () => {
  const knows = (guard: CarpReplayGuard, text: string): boolean => guard.knows(InetAddress.parse(text));

  it('are those heard lately', () => {
    const { guard, verdict } = guarded();
    assert.ok(!knows(guard, '10.0.0.1'));
    verdict([1]);
    assert.ok(knows(guard, '10.0.0.1'));
    verdict([1], { source: '10.0.0.2' });
    assert.ok(!knows(guard, '10.0.0.2'), 'a replay makes nobody known');
    guard.reset();
    assert.ok(!knows(guard, '10.0.0.1'));
  });

  it('heard for eight intervals are not pushed out by invented ones', () => {
    const { guard, verdict } = guarded();
    verdict(carpet(1, 8));
    verdict(carpet(2, 7), { source: '10.0.0.2' });
    for (const [i, number] of anyNumbers(200).entries())
      verdict([number], { source: `10.0.1.${i}`, every: 1 });
    assert.ok(knows(guard, '10.0.0.1'));
    assert.ok(!knows(guard, '10.0.0.2'));
  });

  it('are no strangers after a burst: it takes the time, not the number', () => {
    const { guard, verdict } = guarded();
    verdict(carpet(1, 100), { every: 1 });
    for (const [i, number] of anyNumbers(16).entries())
      verdict([number], { source: `10.0.1.${i}`, every: 1 });
    assert.ok(!knows(guard, '10.0.0.1'));
  });

  it('are sixteen for good: of them the one heard longest ago makes room', () => {
    const { guard, verdict } = guarded();
    for (let host = 1; host <= 16; host++) verdict(carpet(host, 8), { source: `10.0.0.${host}` });
    verdict(carpet(20, 8), { source: '10.0.0.1' });
    verdict(carpet(21, 8), { source: '10.0.0.17' });
    assert.deepEqual(
      Array.from({ length: 17 }, (_, i) => knows(guard, `10.0.0.${i + 1}`)),
      Array.from({ length: 17 }, (_, i) => i !== 1),
    );
  });
});

describe('the other modes', () => {
  it('off and loop: anything goes', () => {
    for (const mode of ['off', 'loop'] as const) {
      const { verdict } = guarded(mode);
      assert.equal(verdict([5, 5, ...carpet(1, 3), ...carpet(1, 3)]), 'fresh');
      assert.equal(verdict([5], { source: '10.0.0.2' }), 'fresh');
    }
  });
});

describe('a successor', () => {
  const heirOf = (guard: CarpReplayGuard) => {
    const heir = guarded();
    heir.guard.adopt(structuredClone(guard.capture()));
    return heir;
  };

  it('knows of the family that was heard, and that the other was not', () => {
    const { guard, verdict } = guarded();
    verdict([5, 6]);
    const state = guard.capture();
    assert.equal(state[6], null);
    assert.deepEqual(heirOf(guard).guard.capture(), state);
  });

  it('goes on counting the signs of life', () => {
    const { guard, verdict } = guarded();
    const numbers = Array.from({ length: 20 }, (_, i) => i);
    verdict(numbers);
    verdict(numbers.slice(0, 6), { urgent: true });
    const { judge } = heirOf(guard);
    assert.deepEqual(judge([5, 6, 7, 8], { urgent: true }), ['replayed', 'alive', 'alive', 'replayed']);
  });

  it('knows the greatest number, though that was forgotten', () => {
    const { guard, verdict } = guarded();
    verdict([2n ** 64n - 1n, ...Array.from({ length: 1200 }, (_, i) => (BigInt(i) << 20n) | BigInt(i))]);
    const state = guard.capture();
    assert.equal(state[4]!.highest, String(2n ** 64n - 1n));
    assert.deepEqual(heirOf(guard).guard.capture(), state);
  });
});

it('a guard that adopts what another remembers judges as that one would', () => {
  const random = seededRandom('adopted');
  const number = () => BigInt(random.uint32()) * 2n ** 32n + BigInt(random.uint32());
  const stakes = { interval: 1000, urgent: false };
  const guard = new CarpReplayGuard('window');
  const used: [string, bigint][] = [];
  for (let i = 0; i < 900; i++) {
    const life = (BigInt(1_000_000 + i) << 20n) | 77n;
    for (const [source, counter] of [
      ['10.0.0.2', number()],
      ['10.0.0.3', life],
      ['fd00::4', number()],
    ] as const) {
      assert.equal(judged(guard, source, counter, i * 1000, stakes), 'fresh');
      used.push([source, counter]);
    }
  }
  const successor = new CarpReplayGuard('window');
  const state = guard.capture();
  successor.adopt(JSON.parse(JSON.stringify(state)));
  assert.deepEqual(successor.capture(), state);
  for (const [source, counter] of used)
    assert.equal(judged(successor, source, counter, 901_000, stakes), 'replayed');
  assert.equal(judged(successor, '10.0.0.3', (BigInt(1_000_900) << 20n) | 77n, 901_000, stakes), 'fresh');
});
