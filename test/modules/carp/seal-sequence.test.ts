/** The common time of the hosts of a vhid, to the unit: what is fresh, what is far, and what one life leaves to the next. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { sequenceAt } from '../../../modules/carp/seal/format.js';
import { CarpSequence } from '../../../modules/carp/seal/sequence.js';

const WALL = Date.UTC(2030, 0, 1);
const START = sequenceAt(WALL);
const DAY = 86_400_000;
/** The dead time counts for what is old alone: it is not asked for otherwise. */
const UNASKED = {
  get deadTime(): number {
    return assert.fail('the dead time makes no difference');
  },
};

function heard(...words: readonly (readonly [sequence: number, now: number])[]): CarpSequence {
  const sequence = new CarpSequence(WALL, 0);
  for (const [each, now] of words) sequence.heard(each, now);
  return sequence;
}

describe('a host that has heard nothing', () => {
  it('takes anything for fresh, and says so to a successor', () => {
    const sequence = new CarpSequence(WALL, 0);
    for (const word of [0, 1]) assert.ok(sequence.isFresh(word, DAY, UNASKED));
    assert.equal(sequence.highest, -1);
    const nothing = { highest: -1, at: 0, floor: -1, restored: false };
    assert.deepEqual(sequence.capture(), { ...nothing, start: START, startedAt: 0 });
  });

  it('has heard something when that was the first of all sequences', () => {
    assert.equal(heard([0, 0]).isFresh(1, DAY, { deadTime: 3000 }), false);
  });
});

describe('a word', () => {
  it('is fresh up to ten seconds, a dead time and the drift of clocks after its time', () => {
    const sequence = heard([START, 0]);
    // 16 s are a thousand units, and 13.008 s of them 813.
    assert.equal(sequence.isFresh(START + 187, 16_000, { deadTime: 3000 }), true);
    assert.equal(sequence.isFresh(START + 187, 16_015, { deadTime: 3000 }), true, 'time goes by whole units');
    assert.equal(sequence.isFresh(START + 186, 16_000, { deadTime: 3000 }), false);
  });

  it('that is a second old, or the greatest, is fresh whatever the dead time is: two hosts may say it at once', () => {
    const sequence = heard([START, 0]);
    assert.ok(sequence.isFresh(START + 938, 16_000, UNASKED));
    assert.ok(sequence.isFresh(START, DAY, UNASKED));
  });

  it('is far when it is more than a year ahead', () => {
    const year = (365 * DAY) / 16;
    const sequence = new CarpSequence(WALL, 0);
    assert.deepEqual([sequence.isFar(START + year, 0), sequence.isFar(START + year + 1, 0)], [false, true]);
  });

  it('that is not above the greatest changes nothing, nor when that was heard', () => {
    const sequence = heard([START + 100, 1000], [START + 90, 2000], [START + 100, 3000]);
    const remembered = { sequence: START + 100, wall: WALL + 1000 };
    assert.deepEqual(sequence.remembered(WALL + 5000, 5000), remembered);
  });

  it('that was forgotten does not bring those back that were forgotten before', () => {
    const sequence = heard([START, 0]);
    sequence.forget(START - 10);
    sequence.forget(START - 30);
    assert.equal(sequence.isFresh(START - 20, 0, UNASKED), false);
  });
});

describe('the words of this host', () => {
  it('rise though no time passes', () => {
    const sequence = new CarpSequence(WALL, 0);
    assert.deepEqual(
      [0, 0, 0].map((now) => sequence.next(now) - START),
      [0, 1, 2],
    );
  });

  it('go on after a sleep as if it had been awake', () => {
    const sequence = new CarpSequence(WALL, 0);
    sequence.next(0);
    sequence.slept(16_000, 0);
    assert.deepEqual(sequence.remembered(WALL + 16_000, 0), { sequence: START, wall: WALL });
    assert.equal(sequence.next(0), START + 1000);
  });
});

describe('a life after another', () => {
  it('counts its silence from its beginning if the wall clock was set back', () => {
    const sequence = new CarpSequence(WALL, 7);
    sequence.restore({ sequence: START, wall: WALL + 5000 }, WALL, 7);
    const restored = { highest: START, at: 7, floor: START, restored: true };
    assert.deepEqual(sequence.capture(), { ...restored, start: START, startedAt: 7 });
  });

  it('that takes over knows all of it', () => {
    const sequence = new CarpSequence(WALL, 7);
    sequence.restore({ sequence: START - 500, wall: WALL - 8000 }, WALL, 7);
    const heir = new CarpSequence(WALL, 9);
    heir.adopt(sequence.capture());
    assert.deepEqual(heir, sequence);
    assert.deepEqual(heir.capture(), sequence.capture());
  });
});
