import assert from 'node:assert/strict';
import { it } from 'node:test';
import { VirtualClock } from '../../../../core/index.js';
import { Moderation } from '../../../../modules/ifnet/linux/moderation.js';

it('sockets that rest at the same moment end it together, also if one of them throws', async () => {
  const clock = new VirtualClock();
  using moderation = new Moderation(clock);
  const ended: string[] = [];
  moderation.rest(() => ended.push('a'));
  await clock.advance(0.75);
  moderation.rest(() => {
    ended.push('b');
    moderation.rest(() => ended.push('b again'));
    throw new Error('b fails');
  });
  moderation.rest(() => ended.push('c'));
  await clock.advance(0.2);
  assert.deepEqual(ended, []);
  await assert.rejects(clock.advance(0.1), /b fails/);
  assert.deepEqual(ended, ['a', 'b', 'c']);
  await clock.advance(1);
  assert.deepEqual(ended, ['a', 'b', 'c', 'b again']);
});
