/** The rounds of a benchmark. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { figures, type Measurement, medians } from './bench.js';

const of = (id: string, value: number): Measurement => ({ id, value, unit: 'ms' });

test('each figure is the median of the rounds that have it', () => {
  const rounds = [[of('a.p50', 3), of('a.max', 9)], [of('a.p50', 1)], [of('a.p50', 2), of('a.max', 7)]];
  assert.deepEqual(medians(rounds), [of('a.p50', 2), of('a.max', 8)]);
});

test('a benchmark runs as many rounds as it wants, a quick one a single round', async () => {
  let runs = 0;
  const bench = () => Promise.resolve([of('a.p50', ++runs)]);
  const log = () => {};
  assert.deepEqual(await figures({ bench, rounds: 5 }, { quick: false, log }), [of('a.p50', 3)]);
  assert.deepEqual(await figures({ bench, rounds: 5 }, { quick: true, log }), [of('a.p50', 6)]);
  assert.deepEqual(await figures({ bench }, { quick: false, log }), [of('a.p50', 7)]);
});
