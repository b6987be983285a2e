import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { VirtualClock } from '../../../../core/index.js';
import { Moderation } from '../../../../modules/ifnet/linux/moderation.js';

describe('sockets that rest', () => {
  it('end it together, also if one of them throws', async () => {
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

  it('may be as many as there are interfaces', async () => {
    const clock = new VirtualClock();
    using moderation = new Moderation(clock);
    let ended = 0;
    for (let i = 0; i < 50_000; i++) moderation.rest(() => ++ended && 0);
    await clock.advance(1);
    assert.equal(ended, 50_000);
  });

  it('rest longer after a burst that was large in sum, until one is small', async () => {
    const clock = new VirtualClock();
    using moderation = new Moderation(clock);
    const reads = [9, 7];
    for (const read of reads) moderation.rest(() => read);
    assert.equal(moderation.crowded, false);
    await clock.advance(1);
    assert.equal(moderation.crowded, true);
    let ended = false;
    moderation.rest(() => {
      ended = true;
      return 15;
    });
    await clock.advance(2.9);
    assert.equal(ended, false);
    await clock.advance(0.1);
    assert.equal(ended, true);
    assert.equal(moderation.crowded, false);
  });
});
