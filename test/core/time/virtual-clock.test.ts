import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Callout, VirtualClock } from '../../../core/time/index.js';

test('callouts run at their deadlines, in order of deadline and then of arming', () => {
  const clock = new VirtualClock();
  const seen: string[] = [];
  const at = (name: string, ms: number): void =>
    clock.callout(name, () => seen.push(`${name}@${clock.now()}`)).reset(ms);
  at('c', 30);
  at('a', 10);
  at('b1', 20);
  at('b2', 20);
  clock.advanceSync(25);
  assert.deepEqual(seen, ['a@10', 'b1@20', 'b2@20']);
  assert.equal(clock.now(), 25);
  clock.advanceSync(5);
  assert.deepEqual(seen.at(-1), 'c@30');
});

test('reset moves an armed callout, stop prevents it, and both say so', () => {
  const clock = new VirtualClock();
  let calls = 0;
  const callout = clock.callout('x', () => calls++);
  assert.equal(callout.stop(), false);
  callout.reset(10);
  callout.reset(50);
  clock.advanceSync(40);
  assert.equal(calls, 0);
  assert.equal(callout.pending, true);
  assert.equal(callout.stop(), true);
  clock.advanceSync(100);
  assert.equal(calls, 0);
});

test('a callout may re-arm itself and stop others', () => {
  const clock = new VirtualClock();
  const seen: number[] = [];
  const other = clock.callout('other', () => assert.fail('was stopped'));
  const tick: Callout = clock.callout('tick', () => {
    seen.push(clock.now());
    other.stop();
    if (seen.length < 3) tick.reset(7);
  });
  tick.reset(1);
  other.reset(2);
  clock.advanceSync(100);
  assert.deepEqual(seen, [1, 8, 15]);
});

test('a callout armed again for the same deadline runs after those armed meanwhile', () => {
  const clock = new VirtualClock();
  const seen: string[] = [];
  const [a, b] = ['a', 'b'].map((name) => clock.callout(name, () => seen.push(name)));
  for (const callout of [a!, b!, a!]) callout.resetAt(10);
  clock.advanceSync(10);
  assert.deepEqual(seen, ['b', 'a']);
});

/** What a clock must do, as plainly as can be said: a list, sorted anew for each callout that runs. */
class PlainClock {
  now = 0;
  readonly seen: string[] = [];
  readonly #armed = new Map<number, { deadline: number; order: number }>();
  #order = 0;

  arm(callout: number, deadline: number): void {
    this.#armed.set(callout, { deadline, order: ++this.#order });
  }

  stop(callout: number): boolean {
    return this.#armed.delete(callout);
  }

  advance(ms: number): void {
    const end = this.now + ms;
    for (;;) {
      const [first] = [...this.#armed].toSorted(
        ([, a], [, b]) => a.deadline - b.deadline || a.order - b.order,
      );
      if (first === undefined || first[1].deadline > end) break;
      const [callout, { deadline }] = first;
      this.#armed.delete(callout);
      this.now = Math.max(this.now, deadline);
      this.seen.push(`${callout}@${this.now}`);
    }
    this.now = end;
  }
}

test('any history of arming, moving, stopping and running goes as by a sorted list', () => {
  const CALLOUTS = 40;
  const callout = fc.nat(CALLOUTS - 1);
  // So few deadlines that many are equal, some of them past; so many callouts that the heap has five levels.
  const arm = fc.record({ kind: fc.constant('arm' as const), callout, ms: fc.integer({ min: -2, max: 12 }) });
  const stop = fc.record({ kind: fc.constant('stop' as const), callout });
  const run = fc.record({ kind: fc.constant('run' as const), ms: fc.nat(4) });
  const step = fc.oneof(
    { arbitrary: arm, weight: 8 },
    { arbitrary: stop, weight: 3 },
    { arbitrary: run, weight: 1 },
  );
  fc.assert(
    fc.property(fc.array(step, { minLength: 50, maxLength: 400, size: 'max' }), (history) => {
      const [clock, model] = [new VirtualClock(), new PlainClock()];
      const seen: string[] = [];
      const callouts = Array.from({ length: CALLOUTS }, (_, i) =>
        clock.callout(`${i}`, () => seen.push(`${i}@${clock.now()}`)),
      );
      for (const it of [...history, { kind: 'run' as const, ms: 20 }]) {
        if (it.kind === 'arm') {
          const deadline = model.now + it.ms;
          callouts[it.callout]!.resetAt(deadline);
          model.arm(it.callout, deadline);
        } else if (it.kind === 'stop') {
          assert.equal(callouts[it.callout]!.stop(), model.stop(it.callout));
        } else {
          clock.advanceSync(it.ms);
          model.advance(it.ms);
          assert.deepEqual(seen.splice(0), model.seen.splice(0));
        }
      }
      assert.equal(clock.armed, 0);
    }),
    { numRuns: 200 },
  );
});

test('a pause makes callouts late, and tells them by how much', () => {
  const clock = new VirtualClock();
  const late: number[] = [];
  clock.callout('x', (ms) => late.push(ms)).reset(10);
  clock.pause(500);
  assert.deepEqual(late, []);
  clock.advanceSync(0);
  assert.deepEqual(late, [490]);
});

test('advance lets promises settle between two callouts', async () => {
  const clock = new VirtualClock();
  const seen: string[] = [];
  clock
    .callout('first', () => {
      void (async () => {
        for (let i = 0; i < 20; i++) await Promise.resolve();
        seen.push('promise');
      })();
    })
    .reset(1);
  clock.callout('second', () => seen.push('second')).reset(2);
  await clock.advance(5);
  assert.deepEqual(seen, ['promise', 'second']);
});

test('a callout without end is named', () => {
  const clock = new VirtualClock();
  const spin: Callout = clock.callout('spin', () => spin.reset(0));
  spin.reset(0);
  assert.throws(() => clock.advanceSync(1), /callout spin runs without end at 0 ms/);
});

test('runUntilIdle ends when nothing is armed, and names what is left when time is up', async () => {
  const clock = new VirtualClock();
  let n = 0;
  const tick: Callout = clock.callout('tick', () => {
    if (++n < 5) tick.reset(100);
  });
  tick.reset(100);
  await clock.runUntilIdle();
  assert.equal(n, 5);
  const forever: Callout = clock.callout('forever', () => forever.reset(1000));
  forever.reset(1000);
  await assert.rejects(clock.runUntilIdle(10_000), /callout forever is still armed/);
});

test('it never moves back, whoever moves it meanwhile', async () => {
  const clock = new VirtualClock();
  clock.callout('mover', () => clock.advanceSync(100)).reset(5);
  clock.advanceSync(10);
  assert.equal(clock.now(), 105);
  const far = clock.advance(1000);
  await clock.advance(10);
  await far;
  assert.equal(clock.now(), 1105);
  for (const ms of [-1, Number.NaN]) assert.throws(() => clock.advanceSync(ms), RangeError);
});

test('a callout that was disposed of is not armed any more', () => {
  const clock = new VirtualClock();
  const callout = clock.callout('x', () => assert.fail());
  callout.reset(5);
  callout[Symbol.dispose]();
  callout.reset(5);
  assert.equal(clock.armed, 0);
});

test('callouts() lists the armed ones in the order of their calls, with deadline and owner', () => {
  const clock = new VirtualClock();
  const names: string[] = [];
  const arm = (name: string, ms: number, owner?: { name: string }): Callout => {
    const callout = clock.callout(name, () => names.push(name), owner);
    callout.reset(ms);
    return callout;
  };
  assert.deepEqual(clock.callouts(), []);
  const late = arm('late', 10);
  arm('b', 20, { name: 'pager' });
  arm('a', 20);
  arm('stopped', 5).stop();
  clock.callout('never armed', () => {});
  late.reset(30);
  const listed = clock.callouts();
  assert.deepEqual(listed, [
    { name: 'b', owner: 'pager', deadline: 20 },
    { name: 'a', deadline: 20 },
    { name: 'late', deadline: 30 },
  ]);
  assert.deepEqual(
    clock.callouts((owner) => owner?.name === 'pager').map(({ name }) => name),
    ['b'],
  );
  clock.advanceSync(100);
  assert.deepEqual(
    names,
    listed.map(({ name }) => name),
  );
  assert.deepEqual(clock.callouts(), []);
});
