/** `carpet top` on a small terminal. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { fitted } from '../../../modules/cli/top/command.js';

it('shows the head of a report where the screen is too small for all of it', () => {
  const report = 'head of the report\n\nLIST   EVENTS/S\nfirst  2.0\nsecond 1.0\n\n';
  assert.equal(fitted(report, 10, 4), 'head of th\n\nLIST   EVE\n');
  assert.equal(fitted(report, 80, 24), `${report.trimEnd()}\n`);
});
