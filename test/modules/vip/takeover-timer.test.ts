/** A master-down timer by itself: when it has a takeover rehearsed, and that the rehearsal moves no deadline. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { VirtualClock } from '../../../core/index.js';
import { TakeoverTimer } from '../../../modules/vip/index.js';

function armed(...deadlines: number[]) {
  const clock = new VirtualClock();
  const calls: string[] = [];
  /** What each rehearsal comes upon. */
  const found: (() => void)[] = [];
  const timer = new TakeoverTimer(clock, {
    name: () => 'it',
    rehearse: () => {
      calls.push(`${clock.now()} rehearsal`);
      found.shift()?.();
    },
    expired: (late) => void calls.push(`${clock.now()} expired ${late} late`),
  });
  for (const deadline of deadlines) timer.arm(deadline);
  return { clock, calls, found, timer };
}

it('it is armed for nothing before it is told to, and has no timer in the clock', () => {
  const { clock, timer } = armed();
  assert.deepEqual([timer.pending, timer.deadline], [false, Number.POSITIVE_INFINITY]);
  timer.stop();
  timer[Symbol.dispose]();
  assert.deepEqual(clock.callouts(), []);
});

it('it rehearses 50 ms before its deadline if it waits for 200 ms or more, counted from when the master was heard', () => {
  for (const [wait, rehearsals] of [
    [199, []],
    [200, ['5150 rehearsal']],
  ] as const) {
    const { clock, calls, timer } = armed();
    clock.advanceSync(5000);
    timer.arm(5000 + wait);
    assert.equal(timer.deadline, 5000 + wait);
    clock.advanceSync(1000);
    assert.deepEqual(calls, [...rehearsals, `${5000 + wait} expired 0 late`]);
    assert.equal(timer.pending, false);
  }
  const { clock, calls, timer } = armed();
  clock.advanceSync(100);
  timer.arm(200, 0);
  clock.advanceSync(1000);
  assert.deepEqual(calls, ['150 rehearsal', '200 expired 0 late']);
});

it('it waits for its last deadline alone, with one timer, and for none when it has been stopped or has gone', () => {
  const { clock, calls, timer } = armed(500, 3000, 1000);
  assert.deepEqual(
    clock.callouts().map(({ name }) => name),
    ['it'],
  );
  clock.advanceSync(950);
  assert.equal(timer.pending, true);
  clock.advanceSync(50);
  assert.deepEqual(calls.splice(0), ['950 rehearsal', '1000 expired 0 late']);
  for (const end of [() => timer.stop(), () => timer[Symbol.dispose]()]) {
    timer.arm(5000);
    end();
    assert.equal(timer.pending, false);
  }
  clock.advanceSync(10_000);
  assert.deepEqual([calls, clock.callouts()], [[], []]);
});

it('it says how late it is, and is late all the same where the rehearsal was', () => {
  const { clock, calls } = armed(1000);
  clock.pause(1200);
  clock.advanceSync(0);
  assert.deepEqual(calls, ['1200 rehearsal', '1200 expired 200 late']);
});

it('what the rehearsal finds holds: a master that is heard is waited for anew, and a timer that is stopped stays so', () => {
  const { clock, calls, found, timer } = armed(1000);
  found.push(
    () => timer.arm(2000),
    () => timer.stop(),
  );
  clock.advanceSync(10_000);
  assert.deepEqual([calls, timer.pending], [['950 rehearsal', '1950 rehearsal'], false]);
});
