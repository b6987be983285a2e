/** Members of mappings whose names users choose. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { changedMembers, describeChangedMembers, ownMember } from '../../core/index.js';

test('a member is one of its own, whatever it is called', () => {
  assert.equal(ownMember<unknown>({}, 'toString'), undefined);
  assert.equal(ownMember({ toString: 'here' }, 'toString'), 'here');
});

test('what has changed is named, with how', () => {
  const before = { a: { n: [1] }, b: { n: [2] }, c: { n: [3] } };
  const after: Record<string, object> = { a: { n: [1] }, b: { n: [9] }, toString: { n: [4] } };
  assert.deepEqual(changedMembers<object>(before, after), ['b', 'c', 'toString']);
  assert.deepEqual(describeChangedMembers<object>(before, after), [
    'b: changed',
    'c: removed',
    'toString: new',
  ]);
});
