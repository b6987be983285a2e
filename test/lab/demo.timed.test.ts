/**
 * `carpet demo` as `npm start` runs it. On the wall clock, because that is what is promised: a failover with CARP's
 * real timing, to watch, in less than 20 seconds, without privileges.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { carpet } from '../modules/cli/carpet.js';

// Waiting for a timeout would take 3000 ms and more.
test('carpet demo shows a real failover in less than 20 seconds', () => {
  const started = performance.now();
  const { status, stdout, stderr } = carpet(['demo', '--json']);
  const seconds = (performance.now() - started) / 1000;
  assert.deepEqual([status, stderr], [0, '']);
  assert.ok(seconds > 8 && seconds < 20, `it took ${seconds} s`);
  const lines = stdout.trimEnd().split('\n');
  const { event, takeoverMs, handoverMs } = JSON.parse(lines.at(-1)!) as Record<string, unknown>;
  assert.equal(event, 'end');
  assert.ok(
    typeof takeoverMs === 'number' && takeoverMs > 2390 && takeoverMs < 3600,
    `takeover ${String(takeoverMs)}`,
  );
  assert.ok(typeof handoverMs === 'number' && handoverMs < 200, `hand-over ${String(handoverMs)}`);
});
