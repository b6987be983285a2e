/** The judge of the chaos runs: histories that are possible with one host at a time, and such that are not. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { longestSilence, parseWrite, violations, type Write } from './history.js';

const write = (time: number, host: string, term: string, sequence: number): Write => ({
  time,
  host,
  term,
  sequence,
});

/** Term 1 on a, then, after a has died, term 2 on b. */
const ACCEPTED = [write(1, 'a', 'x/1', 1), write(2, 'a', 'x/1', 2), write(9, 'b', 'x/2', 1)];
/** An instant later each. */
const ANSWERED = ACCEPTED.map((each) => ({ ...each, time: each.time + 0.5 }));

describe('a history of writes', () => {
  it('is read from what servers and clients print', () => {
    assert.deepEqual(parseWrite('accepted x/1 2 1500.5', 'a'), write(1500.5, 'a', 'x/1', 2));
    assert.deepEqual(parseWrite('answered x/1 2 1500.5 b'), write(1500.5, 'b', 'x/1', 2));
    assert.equal(parseWrite('serves', 'a'), undefined);
  });

  it('in which a host takes over is possible', () => {
    assert.deepEqual(violations(ACCEPTED, ANSWERED), []);
  });

  it('may lack the answer to the last write of a term', () => {
    assert.deepEqual(violations(ACCEPTED, ANSWERED.toSpliced(1, 1)), []);
  });

  it('has one host in a term', () => {
    assert.deepEqual(violations([...ACCEPTED, write(10, 'a', 'x/2', 2)], ANSWERED), [
      'b and a accepted writes of term x/2',
    ]);
  });

  it('has each write once, in order', () => {
    const twice = ACCEPTED.toSpliced(1, 0, write(1.5, 'a', 'x/1', 1));
    assert.deepEqual(violations(twice, []), ['a accepted write 1 of x/1 out of order']);
  });

  it('has every write that was answered', () => {
    assert.deepEqual(violations(ACCEPTED.slice(0, 2), ANSWERED), [
      'write 1 of x/2, which b answered, is lost',
    ]);
  });

  it('has no write that a former host accepts after its successor', () => {
    const late = [...ACCEPTED, write(10, 'a', 'x/1', 3)];
    assert.deepEqual(violations(late, ANSWERED), ['a accepted a write of x/1 after b answered in term 2']);
  });

  it('judges each client by its own terms', () => {
    const other = [write(10, 'a', 'y/1', 1)];
    assert.deepEqual(violations([...ACCEPTED, ...other], [...ANSWERED, ...other]), []);
  });

  it('shows the longest silence that touches a stretch, from before its begin to after its end', () => {
    const times = [0, 10, 50, 60].map((time, i) => write(time, 'a', 'x/1', i + 1));
    assert.deepEqual(longestSilence(times, { from: 20, to: 55 }), { from: 10, to: 50 });
    assert.deepEqual(longestSilence(times, { from: 55, to: 100 }), { from: 60, to: 100 });
    assert.deepEqual(longestSilence([], { from: 0, to: 7 }), { from: 0, to: 7 });
  });
});
