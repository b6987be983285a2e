/** Long work lets others go first. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Kernel, Slices, SystemClock, VirtualClock } from '../../../core/index.js';

test('on the system clock a slice ends after 10 ms, and timers and sockets go before the next', async () => {
  const clock = new SystemClock();
  const slices = new Slices(clock);
  const order: string[] = [];
  clock.callout('timer', () => order.push('timer')).reset(1);
  const end = clock.now() + 30;
  let turns = 0;
  while (clock.now() < end) {
    if (!slices.over) continue;
    await slices.next();
    turns++;
    order.push('slice');
  }
  assert.equal(order[0], 'timer');
  assert.ok(turns >= 1 && turns <= 3, `${turns} turns`);
});

test('on a virtual clock no time passes, and a slice never ends', async () => {
  const clock = new VirtualClock();
  const slices = new Slices(clock);
  assert.ok(!slices.over);
  clock.advanceSync(10);
  assert.ok(slices.over);
  await slices.next();
  assert.ok(!slices.over);
});

test("a module's clock passes the kernel's turns on", async () => {
  let turns = 0;
  class Counting extends VirtualClock {
    override async nextTurn(): Promise<void> {
      turns++;
    }
  }
  await using kernel = new Kernel({ clock: new Counting() });
  await kernel.clock.nextTurn();
  assert.equal(turns, 1);
});
