// These sleep for a few milliseconds of real time: that is what they test.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import {
  type Callout,
  type EventTimer,
  type EventTimerMaker,
  SystemClock,
} from '../../../core/time/index.js';

test('a callout runs at or after its deadline, never before, and says how late', async () => {
  const clock = new SystemClock();
  for (const wait of [0, 1, 2.3, 7.9]) {
    const armedAt = clock.now();
    const late = await new Promise<number>((resolve) => clock.callout('x', resolve).reset(wait));
    const took = clock.now() - armedAt;
    assert.ok(took >= wait, `${took} ms of ${wait}`);
    assert.ok(late >= 0 && late <= took);
  }
});

test('an earlier callout armed later overtakes', async () => {
  const clock = new SystemClock();
  const seen: string[] = [];
  await new Promise<void>((resolve) => {
    clock
      .callout('slow', () => {
        seen.push('slow');
        resolve();
      })
      .reset(30);
    clock.callout('fast', () => seen.push('fast')).reset(5);
  });
  assert.deepEqual(seen, ['fast', 'slow']);
  assert.equal(clock.armed, 0);
});

test('a stopped callout does not keep the process alive', () => {
  const url = new URL('../../../core/time/index.js', import.meta.url).href;
  const script = `import { SystemClock } from '${url}'; const c = new SystemClock().callout('x', () => {}); c.reset(60000); c.stop();`;
  const { status } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { timeout: 20_000 });
  assert.equal(status, 0);
});

test('a callout that throws ends the process with its name, after the others that were due have run', () => {
  const url = new URL('../../../core/time/index.js', import.meta.url).href;
  const script = `import { SystemClock } from '${url}'; const c = new SystemClock();
    c.callout('bad one', () => { throw new Error('why') }).reset(1);
    c.callout('good', () => console.log('good ran')).reset(1);
    const both = performance.now() + 20; while (performance.now() < both); // now both are due
    `;
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    encoding: 'utf8',
    timeout: 20_000,
  });
  assert.equal(status, 1);
  assert.match(stdout, /good ran/);
  assert.match(stderr, /CalloutError: callout bad one failed: why/);
});

test('a report of lateness that throws keeps no callout from being called, and ends the process', () => {
  const url = new URL('../../../core/time/index.js', import.meta.url).href;
  const script = `import { SystemClock } from '${url}'; const c = new SystemClock();
    c.followLate(1, () => { throw new Error('full') });
    c.followLate(1, ({ name }) => console.log('reported', name));
    c.callout('late', () => console.log('late ran')).reset(1);
    const end = performance.now() + 20; while (performance.now() < end);
    `;
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    encoding: 'utf8',
    timeout: 20_000,
  });
  assert.deepEqual([status, stdout], [1, 'reported late\nlate ran\n']);
  assert.match(stderr, /Error: full/);
});

test('callouts() lists the armed ones', () => {
  const clock = new SystemClock();
  const before = clock.now();
  using callout = clock.callout('x', () => {}, { name: 'pager' });
  callout.reset(60_000);
  const [info] = clock.callouts();
  assert.deepEqual([info?.name, info?.owner, info?.deadline], ['x', 'pager', callout.deadline]);
  assert.ok(callout.deadline >= before + 60_000);
});

/** A timer that expires when a test says so, and what it was asked for. */
class HandTimer implements EventTimer {
  readonly asked: string[] = [];
  expire: () => void = () => {};
  readonly make: EventTimerMaker = (expired) => {
    this.expire = expired;
    return this;
  };

  start(ms: number): void {
    this.asked.push(`start ${Math.ceil(ms)}`);
  }

  stop(): void {
    this.asked.push('stop');
  }

  [Symbol.dispose](): void {
    this.asked.push('dispose');
  }
}

function spin(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

test('a given timer is started for the earliest, left alone when that moves to later, and stopped for none', () => {
  const clock = new SystemClock();
  const timer = new HandTimer();
  using _use = clock.useTimer(timer.make);
  const callout = clock.callout('x', () => {});
  callout.reset(1000);
  callout.reset(2000);
  callout.reset(100);
  callout.stop();
  assert.deepEqual(timer.asked, ['start 1000', 'start 100', 'stop']);
});

test('a timer that expires early calls nothing, and is started again', () => {
  const clock = new SystemClock();
  const timer = new HandTimer();
  using _use = clock.useTimer(timer.make);
  let called = 0;
  using callout = clock.callout('x', () => called++);
  callout.reset(5000);
  timer.expire();
  assert.equal(called, 0);
  assert.match(timer.asked.join(), /^start 5000,start (5000|49\d\d)$/);
});

test('callouts that arm others are followed by one start for all of them', () => {
  const clock = new SystemClock();
  const timer = new HandTimer();
  using _use = clock.useTimer(timer.make);
  const names = ['a', 'b', 'c'];
  const later = names.map((name) => clock.callout(name, () => {}));
  const seen: string[] = [];
  for (const [i, name] of names.entries()) {
    const first = clock.callout(name, () => {
      seen.push(name);
      later[i]!.reset(9000 - 1000 * i);
    });
    first.reset(1);
  }
  timer.asked.length = 0;
  spin(2);
  timer.expire();
  assert.deepEqual([seen, timer.asked.length], [names, 1]);
  assert.match(timer.asked[0]!, /^start (7000|69\d\d)$/);
  for (const callout of later) callout.stop();
});

test('a callout that is due again at each call keeps no other from being called', () => {
  const clock = new SystemClock();
  const timer = new HandTimer();
  using _use = clock.useTimer(timer.make);
  const seen: string[] = [];
  using behind: Callout = clock.callout('behind', () => {
    seen.push('behind');
    behind.resetAt(0);
  });
  behind.resetAt(0);
  clock.callout('other', () => seen.push('other')).reset(1);
  spin(2);
  for (let i = 0; i < 3; i++) timer.expire();
  assert.deepEqual(seen, ['behind', 'other', 'behind', 'behind']);
  behind.stop();
  assert.equal(clock.armed, 0);
});

test('a timer is given and taken away while callouts are armed, and the one before is in use again', async () => {
  const clock = new SystemClock();
  const [first, second] = [new HandTimer(), new HandTimer()];
  const called = new Promise<number>((resolve) => clock.callout('x', resolve).reset(30));
  const uses = [first, second].map(({ make }) => clock.useTimer(make));
  uses[0]![Symbol.dispose]();
  second.expire();
  first.expire();
  uses[1]![Symbol.dispose]();
  uses[1]![Symbol.dispose]();
  assert.deepEqual(first.asked.slice(1), ['stop', 'dispose']);
  assert.equal(second.asked.at(-1), 'dispose');
  assert.ok((await called) >= 0); // by the event loop's timer
});
