/** What a BACKUP does shortly before its master is taken for dead, and that nobody sees it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VirtualClock } from '../../../core/index.js';
import { VrrpRehearsal } from '../../../modules/vrrp/election/rehearsal.js';
import { Bench } from './support/machine.js';

const SETTINGS = { version: 3, interval: 1000, downAdverts: 3, preemptDelay: 0, virtualMac: true } as const;

test('a BACKUP rehearses its takeover 50 ms before the deadline, and keeps the deadline', () => {
  const bench = new Bench({ priority: 128 });
  bench.pass(2000);
  bench.hear(200);
  bench.pass(3449);
  assert.deepEqual([bench.rehearsed, bench.sent], [[], []]);
  bench.pass(1);
  assert.deepEqual([bench.rehearsed, bench.sent], [[5450], []]);
  bench.pass(49.999);
  assert.equal(bench.machine.state, 'BACKUP');
  bench.pass(0.001);
  assert.deepEqual([bench.rehearsed, bench.sent], [[5450], [[5500, 128]]]);
});

test('it reads its socket before: a master that was heard in time is not rehearsed for', () => {
  const bench = new Bench({ priority: 128 });
  bench.pass(3000);
  bench.inSocket.push(() => bench.hear(200));
  bench.pass(450);
  assert.deepEqual([bench.machine.state, bench.rehearsed], ['BACKUP', []]);
  bench.pass(3450);
  assert.deepEqual(bench.rehearsed, [6900]);
});

test('a wait of less than 200 ms leaves no time for it', () => {
  const bench = new Bench({ priority: 128 });
  bench.hear(0);
  bench.pass(500);
  assert.deepEqual(bench.rehearsed, [450]);
  const fast = new Bench({ priority: 128, interval: 50 });
  fast.pass(175);
  assert.deepEqual([fast.machine.state, fast.rehearsed], ['MASTER', []]);
});

test('a rehearsal plays the wait and the takeover', () => {
  const clock = new VirtualClock();
  const armed = new Set<string>();
  const callout = clock.callout.bind(clock);
  clock.callout = (...args) => {
    const timer = callout(...args);
    const resetAt = timer.resetAt.bind(timer);
    timer.resetAt = (deadline) => {
      armed.add(timer.name);
      resetAt(deadline);
    };
    return timer;
  };
  new VrrpRehearsal(clock).play(SETTINGS);
  assert.deepEqual([...armed], ['vrrp rehearsal master down', 'vrrp rehearsal advertisement']);
});

test('a rehearsal leaves no timer behind, and is not repeated for ten seconds', () => {
  const clock = new VirtualClock();
  const rehearsal = new VrrpRehearsal(clock);
  let looks = 0;
  const settings = {
    ...SETTINGS,
    get interval() {
      looks++;
      return 1000;
    },
  };
  rehearsal.play(settings);
  assert.deepEqual(clock.callouts(), []);
  const once = looks;
  assert.ok(once > 0);
  clock.advanceSync(9999);
  rehearsal.play(settings);
  assert.equal(looks, once);
  clock.advanceSync(1);
  rehearsal.play(settings);
  assert.equal(looks, 2 * once);
});
