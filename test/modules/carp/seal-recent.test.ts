/** Which of the counters that claimed to be seals a host remembers, and for how long. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { highOf, lowOf, sealedLow } from '../../../modules/carp/seal/format.js';
import { FATE, RecentCounters } from '../../../modules/carp/seal/recent.js';

/** How many are kept one by one. */
const KEPT = 32;

/** The words of a counter with that sequence. */
function words(sequence: number, code = 7): [high: number, low: number] {
  const high = highOf(sequence);
  return [high, sealedLow(high, lowOf(sequence), code)];
}

/** Counters of `fates`, with the sequences 100, 101, and so on. */
function remembering(...fates: (1 | 2 | 3)[]) {
  const forgotten: (readonly [high: number, low: number])[] = [];
  const recent = new RecentCounters((high, low) => forgotten.push([high, low & ~0x1ff]));
  fates.forEach((fate, i) => recent.add(...words(100 + i), fate));
  return { recent, forgotten };
}

describe('a counter', () => {
  it('is known by what became of it, as a number that every version reads alike', () => {
    const { recent } = remembering(FATE.OWN, FATE.TAKEN, FATE.WRONG);
    assert.deepEqual(
      [100, 101, 102].map((sequence) => recent.fate(...words(sequence))),
      [1, 2, 3],
    );
  });

  it('is new if its sequence or its code is another, or if none is remembered', () => {
    const { recent } = remembering(FATE.TAKEN, FATE.TAKEN);
    for (const other of [words(99), words(101, 8), words(102)])
      assert.equal(recent.fate(...other), undefined);
    const [high, low] = words(101);
    assert.equal(recent.fate(high - 1, low), undefined);
    assert.equal(remembering().recent.fate(...words(1)), undefined);
  });

  it('is not made of the halves of two others', () => {
    const { recent } = remembering();
    recent.add(1, 0x800, FATE.OWN);
    recent.add(0x90000002, 0, FATE.TAKEN);
    assert.equal(recent.fate(0x800 | FATE.OWN, 0x90000000), undefined);
  });

  it('is known below the greatest too, of hosts that speak at the same moment', () => {
    const { recent } = remembering(FATE.TAKEN);
    recent.add(...words(50), FATE.TAKEN);
    assert.deepEqual([recent.fate(...words(100)), recent.fate(...words(50))], [FATE.TAKEN, FATE.TAKEN]);
  });
});

describe('the first of more than are kept', () => {
  const filled = (fate: 1 | 2 | 3) => remembering(fate, ...new Array<2>(KEPT - 1).fill(FATE.TAKEN));

  it('is forgotten, which is said if it was sent or taken: what is not above it counts as old', () => {
    for (const [fate, said] of [
      [FATE.OWN, 1],
      [FATE.TAKEN, 1],
      [FATE.WRONG, 0],
    ] as const) {
      const { recent, forgotten } = filled(fate);
      assert.deepEqual([forgotten.length, recent.fate(...words(100))], [0, fate]);
      assert.equal(recent.fate(...words(100 + KEPT - 1)), FATE.TAKEN);
      recent.add(...words(200), FATE.TAKEN);
      const [high, low] = words(100);
      assert.deepEqual(forgotten, said ? [[high, low & ~0x1ff]] : []);
      assert.deepEqual([recent.fate(high, low), recent.fate(...words(101))], [undefined, FATE.TAKEN]);
    }
  });
});

describe('a successor', () => {
  it('knows them in their order, and nothing else', () => {
    for (const more of [0, 1, KEPT]) {
      const { recent } = remembering(FATE.OWN, FATE.WRONG, ...new Array<2>(KEPT - 2 + more).fill(FATE.TAKEN));
      const captured = recent.capture();
      assert.equal(captured.length, 3 * KEPT);
      assert.deepEqual(captured.slice(0, 2), words(100 + more));
      assert.deepEqual(captured.slice(-3), [...words(100 + KEPT - 1 + more), FATE.TAKEN]);
      const heir = remembering(FATE.OWN);
      heir.recent.adopt(captured);
      assert.deepEqual(heir.recent.capture(), captured);
      // The first of them is forgotten next; one that was wrong goes unsaid.
      heir.recent.add(...words(1000), FATE.TAKEN);
      assert.equal(heir.forgotten.length, more === 1 ? 0 : 1);
    }
  });

  it('of one that knew few, or none, knows those', () => {
    for (const fates of [[], [FATE.TAKEN, FATE.WRONG]] as const) {
      const { recent } = remembering(...fates);
      const heir = remembering(FATE.OWN).recent;
      heir.adopt(recent.capture());
      assert.deepEqual(heir.capture(), recent.capture());
      assert.equal(heir.capture().length, 3 * fates.length);
    }
  });

  it('that is told to forget begins as new', () => {
    const { recent } = remembering(FATE.OWN);
    recent.clear();
    assert.deepEqual([recent.capture(), recent.fate(...words(100))], [[], undefined]);
  });
});
