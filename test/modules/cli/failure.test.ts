import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CarpetError } from '../../../core/errors.js';
import { errorLine, exitStatus, UsageError } from '../../../modules/cli/failure.js';

test('usage and settings exit 1, failures at run time exit 2', () => {
  assert.equal(exitStatus(new UsageError('no')), 1);
  assert.equal(exitStatus(new CarpetError('EADDR', 'no')), 1);
  assert.equal(exitStatus(new CarpetError('EPERM', 'no')), 2);
  assert.equal(exitStatus(new Error('no')), 2);
  assert.equal(exitStatus('thrown text'), 2);
});

test('an error is described in one line, whatever was thrown', () => {
  assert.equal(errorLine(new Error('first\n  second')), 'first second');
  assert.equal(errorLine(new TypeError('')), 'TypeError');
  assert.equal(errorLine('text'), 'text');
});
