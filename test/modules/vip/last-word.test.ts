import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as v from 'valibot';
import { VirtualClock } from '../../../core/index.js';
import { InetAddress } from '../../../modules/ifnet/index.js';
import { LAST_WORD_MS, LastWord, lastWordSchema } from '../../../modules/vip/index.js';

const [WINNER, OTHER] = ['10.88.0.1', '10.88.0.2'].map((text) => InetAddress.parse(text)) as [
  InetAddress,
  InetAddress,
];

/** One that has yielded to the winner just now. */
function beaten() {
  const clock = new VirtualClock();
  const word = new LastWord(clock);
  word.follow('word');
  assert.equal(word.isDue(WINNER), false);
  return { clock, word };
}

test('the winner is told twice, each time when it is heard after its address has been found or given up, and no more', () => {
  const { clock, word } = beaten();
  clock.advanceSync(LAST_WORD_MS);
  assert.equal(word.isDue(WINNER), false);
  clock.advanceSync(1);
  assert.deepEqual([word.isDue(OTHER), word.isDue(WINNER)], [false, true]);
  word.repeated();
  clock.advanceSync(LAST_WORD_MS);
  assert.equal(word.isDue(WINNER), false);
  clock.advanceSync(1);
  assert.deepEqual([word.isDue(OTHER), word.isDue(WINNER)], [false, true]);
  word.repeated();
  clock.advanceSync(60_000);
  assert.equal(word.isDue(WINNER), false);
});

test('one that was not beaten, or has changed its state since, has nothing to repeat', () => {
  const { clock, word } = beaten();
  word.follow(undefined);
  clock.advanceSync(60_000);
  assert.equal(word.isDue(WINNER), false);
});

test('what counts is the last defeat, and who won then', () => {
  const { clock, word } = beaten();
  clock.advanceSync(60_000);
  word.follow('word');
  assert.equal(word.isDue(OTHER), false);
  clock.advanceSync(LAST_WORD_MS + 1);
  assert.deepEqual([word.isDue(WINNER), word.isDue(OTHER)], [false, true]);
});

/** What a predecessor hands over, as its successor reads it. */
function succeeded(clock: VirtualClock, predecessor: LastWord): LastWord {
  const word = new LastWord(clock);
  word.adopt(v.parse(lastWordSchema, JSON.parse(JSON.stringify(predecessor.capture()))));
  return word;
}

test('a successor tells the winner that its predecessor heard, and whoever is heard first if it heard none', () => {
  const { clock, word } = beaten();
  clock.advanceSync(LAST_WORD_MS + 1);
  const successor = succeeded(clock, word);
  assert.deepEqual([successor.isDue(OTHER), successor.isDue(WINNER)], [false, true]);
  successor.repeated();
  clock.advanceSync(60_000);
  assert.equal(succeeded(clock, successor).isDue(WINNER), true);
  successor.repeated();
  assert.equal(succeeded(clock, successor).isDue(WINNER), false);
  word.follow('word');
  const early = succeeded(clock, word);
  clock.advanceSync(LAST_WORD_MS + 1);
  assert.deepEqual([early.isDue(OTHER), early.isDue(WINNER)], [true, false]);
});

test('one that left in silence tells whoever is heard at once, and whoever is heard when that has had time to arrive', () => {
  const clock = new VirtualClock();
  const word = new LastWord(clock);
  word.follow('silence');
  for (const [first, second] of [
    [WINNER, OTHER],
    [OTHER, OTHER],
  ] as const) {
    word.follow('silence');
    const successor = succeeded(clock, word);
    assert.deepEqual([successor.isDue(first), successor.parting], [true, 'silence']);
    successor.repeated();
    clock.advanceSync(LAST_WORD_MS);
    const next = succeeded(clock, successor);
    assert.equal(next.isDue(second), false);
    clock.advanceSync(1);
    assert.deepEqual([next.isDue(second), next.parting], [true, 'silence']);
    next.repeated();
    clock.advanceSync(60_000);
    assert.deepEqual([next.isDue(second), next.parting], [false, undefined]);
  }
});

test('what a predecessor of another version hands over is a word that it has spoken', () => {
  const state = v.parse(lastWordSchema, { spokenAt: 0, winner: null });
  assert.deepEqual(state, { parting: 'word', spokenAt: 0, winner: null, left: 1 });
});
