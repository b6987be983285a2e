import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CarpetError } from '../../core/errors.js';

class PagerError extends CarpetError {}

test('an error carries its code, its class name and its cause', () => {
  const cause = new Error('no route');
  const error = new PagerError('EPAGER', 'pager: cannot reach 192.0.2.1; check the route', { cause });
  assert.equal(error.code, 'EPAGER');
  assert.equal(error.name, 'PagerError');
  assert.equal(error.cause, cause);
  assert.match(String(error), /^PagerError: pager: cannot reach/);
});
