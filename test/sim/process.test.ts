/** What the search may look at of a simulated process, and when. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VirtualClock } from '../../core/index.js';
import { SimProcess } from './process.js';

test('a process on a suspended machine stands still with its clock, but not with its wall clock', () => {
  const machine = new VirtualClock();
  const process = new SimProcess(machine, 'p', 2);
  const ran: number[] = [];
  process.callout('due', () => void ran.push(machine.now())).resetAt(2000);
  machine.advanceSync(400);
  const before = [process.now(), process.wallTime()];
  process.suspend();
  machine.advanceSync(10_000);
  assert.deepEqual([process.now(), process.wallTime() - before[1]!], [before[0], 20_000]);
  process.continue('timers');
  assert.deepEqual([process.now(), process.slept], [before[0], 20_000]);
  machine.advanceSync(600);
  assert.deepEqual([process.now(), ran], [2000, [11_000]]);
});

test('a process is looked at when nothing is due in it any more, though a callout was armed for the past', () => {
  const machine = new VirtualClock();
  const process = new SimProcess(machine, 'p');
  const ran: string[] = [];
  const late = process.callout('late', () => void ran.push('late'));
  const first = process.callout('first', () => late.resetAt(50));
  const others = ['b', 'c'].map((name) => process.callout(name, () => void ran.push(name)));
  first.resetAt(10);
  for (const other of others) other.resetAt(100);
  const looks: string[] = [];
  process.handled = () => void looks.push(ran.join());
  process.stop();
  machine.advanceSync(100);
  process.continue('timers');
  machine.advanceSync(0);
  assert.deepEqual(looks, ['b,c,late']);
});
