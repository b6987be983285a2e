import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { admit } from '../../../../modules/devd/sockets/places.js';

/** `1a 1b 2c`: clients of users, oldest first. */
const guests = (text: string): { uid: number; name: string }[] =>
  text.split(' ').flatMap((word) => (word === '' ? [] : [{ uid: Number(word.slice(0, -1)), name: word }]));

function outcome(served: string, uid: number, total = 4, user = 3): string {
  const admission = admit(guests(served), { uid }, { total, user }, (each) => each === 0);
  if (!admission.serve) return 'waits';
  return admission.instead === undefined ? 'served' : `instead of ${admission.instead.name}`;
}

describe('a place for a client', () => {
  it('is there as long as one is free, within the user’s own limit', () => {
    assert.equal(outcome('', 1), 'served');
    assert.equal(outcome('1a 1b', 1), 'served');
    assert.equal(outcome('1a 1b 1c', 1), 'waits');
    assert.equal(outcome('0a 0b 0c', 0), 'served', 'root has none');
  });

  it('is taken from the oldest client of the user who has most, if that is fair', () => {
    assert.equal(outcome('2x 1a 1b 1c', 3), 'instead of 1a');
    assert.equal(outcome('1a 2x 1b 2y', 3), 'instead of 1a');
    assert.equal(outcome('1a 2x 1b 2y', 1), 'waits');
    assert.equal(outcome('1a 1b 2x 2y', 2), 'waits', 'both would have three and one');
    assert.equal(outcome('1a 2x 3y 4z', 5), 'waits');
  });

  it('is never taken from root', () => {
    assert.equal(outcome('0a 0b 0c 0d', 1), 'waits');
    assert.equal(outcome('0a 0b 1a 1b', 2), 'instead of 1a');
    assert.equal(outcome('0a 1a 1b 1c', 0), 'instead of 1a');
  });
});
