/** Which promises a fault has broken, and what was never shown of it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Fault } from './faults.js';
import { broken, unmade } from './run.js';

const fault: Fault = { name: 'a fault', outageMs: 800, sharedMs: 100, run: async () => {} };
const within = { fault, outageMs: 800, sharedMs: 100, carpetsMs: 100, settledMs: 0 };

test('a promise holds to its last millisecond, and a broken one is named', () => {
  assert.deepEqual(broken(within), []);
  assert.deepEqual(broken({ ...within, outageMs: 801, sharedMs: 101 }), [
    'a fault: no answer for 801 ms instead of 800 at most',
    'a fault: two holders for 101 ms instead of 100 at most',
  ]);
});

test('what a ucarp may take longer for, two carpets may not', () => {
  const late = { ...within, fault: { ...fault, sharedMs: 1200, carpetsMs: 100 }, sharedMs: 1200 };
  assert.deepEqual(broken(late), []);
  assert.deepEqual(broken({ ...late, carpetsMs: 101 }), [
    'a fault: two carpets for 101 ms instead of 100 at most',
  ]);
});

test('a kind of fault that never came about shows nothing', () => {
  const [made, given] = [within, { ...within, instead: 'given up' as const }];
  assert.deepEqual(unmade([given, given, given]), ['a fault, given up each of 3 times']);
  for (const injuries of [[given, given], [given, made, given, given], []])
    assert.deepEqual(unmade(injuries), []);
});
