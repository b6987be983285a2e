import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AnswerLimit } from '../../../modules/vip/answer-limit.js';

const STRETCH = 1000;

/** Which of these moments are answered. */
function answered(limit: AnswerLimit, times: readonly number[]): number[] {
  return times.filter((now) => limit.take(now, STRETCH));
}

test('four answers in any stretch, however close together', () => {
  assert.deepEqual(answered(new AnswerLimit(), [0, 0, 1, 2, 3, 999]), [0, 0, 1, 2]);
  // Each that is a stretch old makes room for one more.
  assert.deepEqual(
    answered(new AnswerLimit(), [0, 400, 401, 402, 999, 1000, 1399, 1400, 1401, 1402]),
    [0, 400, 401, 402, 1000, 1400, 1401, 1402],
  );
});

test('what was not answered does not count', () => {
  const limit = new AnswerLimit();
  const flood = Array.from({ length: 2001 }, (_, ms) => ms);
  assert.deepEqual(answered(limit, flood), [0, 1, 2, 3, 1000, 1001, 1002, 1003, 2000]);
});

test('the length of the stretch is that of the moment', () => {
  const limit = new AnswerLimit();
  answered(limit, [0, 0, 0, 0]);
  assert.deepEqual([limit.take(200, 201), limit.take(200, 200)], [false, true]);
});

test('a successor goes on where it was', () => {
  const [limit, successor] = [new AnswerLimit(), new AnswerLimit()];
  answered(limit, [0, 10, 20, 30, 1000]);
  assert.deepEqual(limit.capture(), [1000, 30, 20, 10]);
  successor.adopt([...limit.capture(), 0]);
  assert.deepEqual(successor.capture(), limit.capture());
  assert.deepEqual(answered(successor, [1009, 1010, 1011, 1020, 1030, 1040]), [1010, 1020, 1030]);
  const fresh = new AnswerLimit();
  fresh.adopt([]);
  assert.deepEqual(answered(fresh, [5]), [5]);
});
