/** The comparison of a benchmark's figures with those of the last release. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { storedFigures, table } from './stored.js';

const STORED = {
  machine: 'any',
  figures: [
    { id: 'a.ms', value: 2, unit: 'ms' },
    { id: 'a.rate', value: 1000, unit: '1/s' },
    { id: 'a.false_failovers', value: 0, unit: 'failovers' },
  ],
};
const verdict = (id: string, value: number, unit: string): string | undefined =>
  /was.*/.exec(table([{ id, value, unit }], STORED)[0]!)?.[0].replace(/ +/g, ' ');

test('a loss and a gain are named, in the direction that the unit has', () => {
  assert.equal(verdict('a.ms', 3, 'ms'), 'was 2.000, 1.50 x, LOSS');
  assert.equal(verdict('a.ms', 1, 'ms'), 'was 2.000, 0.50 x, gain');
  assert.equal(verdict('a.ms', 2.2, 'ms'), 'was 2.000, 1.10 x');
  assert.equal(verdict('a.rate', 1500, '1/s'), 'was 1000, 1.50 x, gain');
  assert.equal(verdict('a.rate', 500, '1/s'), 'was 1000, 0.50 x, LOSS');
});

test('what was zero has no ratio, and what is new or has another unit is not compared', () => {
  assert.equal(verdict('a.false_failovers', 3, 'failovers'), 'was 0.000');
  assert.equal(verdict('a.new', 3, 'ms'), undefined);
  assert.equal(verdict('a.ms', 3, 's'), undefined);
});

test('the stored figures name each figure once', () => {
  const { figures, machine } = storedFigures();
  assert.ok(machine.length > 0 && figures.length > 20);
  assert.equal(new Set(figures.map(({ id }) => id)).size, figures.length);
  for (const { value } of figures) assert.ok(Number.isFinite(value));
});
