/** What changes a virtual router from outside: its priority, its settings, its failover group; and what does not in its state. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Bench, LOWER } from './support/machine.js';

/** As the default priority: three intervals, and 156/256 of one. */
const DEAD = 3609.375;

describe('in INIT', () => {
  it('nothing is waited for, whatever changes, and the group is not followed', () => {
    const bench = new Bench({ started: false });
    bench.priority = 50;
    bench.machine.priorityChanged();
    bench.machine.rearm();
    bench.machine.takeOver('failover group');
    bench.machine.remind(true);
    assert.deepEqual(bench.clock.callouts(), []);
    bench.pass(60_000);
    assert.deepEqual([bench.log, bench.sent, bench.announced, bench.machine.timerLate], [[], [], [], 0]);
  });

  it('an owner that cannot serve waits as a BACKUP until it can', () => {
    const bench = new Bench({ priority: 255, started: false });
    bench.able = false;
    bench.machine.start('initialization complete');
    assert.equal(bench.machine.state, 'BACKUP');
    bench.able = true;
    bench.pass(4000);
    assert.equal(bench.machine.state, 'MASTER');
  });
});

describe('a BACKUP', () => {
  it('has waited as long as ever when its priority has changed and changed back', () => {
    const bench = new Bench();
    bench.pass(1000);
    for (const priority of [200, 50, 100]) {
      bench.priority = priority;
      bench.machine.priorityChanged();
    }
    bench.pass(10_000);
    assert.equal(bench.log[1], `${DEAD} MASTER master timed out`);
  });

  it('waits anew, and its delay before it preempts begins anew, when its settings change', () => {
    const bench = new Bench({ preemptDelay: 3000 });
    const hearWorse = (times: number): void => {
      for (let i = 0; i < times; i++) {
        bench.hear(50);
        bench.pass(1000);
      }
    };
    hearWorse(3);
    bench.machine.rearm();
    hearWorse(7);
    assert.equal(bench.log[1], `${5000 + DEAD} MASTER preempting a lower priority`);
    const silent = new Bench();
    silent.pass(2000);
    silent.machine.rearm();
    silent.pass(10_000);
    assert.equal(silent.log[1], `${2000 + DEAD} MASTER master timed out`);
  });

  it('counts its delay before it preempts from the first of the worse words in a row, a last one not being one', () => {
    const heard = (words: readonly (readonly [at: number, priority: number])[]): string | undefined => {
      const bench = new Bench({ preemptDelay: 3000 });
      for (const [at, priority] of words) {
        bench.pass(at - bench.clock.now());
        bench.hear(priority);
      }
      bench.pass(5000);
      return bench.log[1];
    };
    const worse = (...times: number[]) => times.map((at) => [at, 50] as const);
    const between = [...worse(0), [1000, 200], [2000, 200], ...worse(3000, 4000, 5000, 6000)] as const;
    assert.equal(heard(between), `${5000 + DEAD} MASTER preempting a lower priority`);
    assert.equal(
      heard([[0, 0], ...worse(500, 1500, 2500, 3000)]),
      `${3000 + DEAD} MASTER master timed out`,
      'of one that stopped before',
    );
  });

  it('whose master stops knows of none that is better, and waits for the skew of the priority that it has by now', () => {
    const bench = new Bench();
    bench.hear(200);
    assert.equal(bench.machine.knowsBetter, true);
    bench.priority = 50;
    bench.hear(0);
    assert.equal(bench.machine.knowsBetter, false);
    bench.pass(5000);
    assert.equal(bench.log[1], `${(206 / 256) * 1000} MASTER master stopped`);
  });

  it('does not announce the addresses of another', () => {
    const bench = new Bench();
    bench.machine.remind(true);
    assert.deepEqual(bench.announced, []);
  });
});

describe('one that was MASTER', () => {
  it('and has yielded knows of a better one, and says that it may be itself whom the neighbours talk to', () => {
    for (const version of [2, 3] as const) {
      const bench = Bench.master({ version });
      bench.hear(101, LOWER, 3000);
      assert.deepEqual([bench.machine.knowsBetter, bench.contests], [true, [false]]);
      assert.equal(bench.machine.interval, version === 2 ? 1000 : 3000, 'version 2 goes by its own interval');
    }
  });

  it('counts its delay before it preempts anew, whomever it heard before, or as MASTER', () => {
    for (const asMaster of [true, false]) {
      const bench = new Bench({ preemptDelay: 3000 });
      bench.hear(50);
      bench.pass(5000);
      if (asMaster) bench.hear(50);
      assert.equal(bench.machine.state, 'MASTER');
      bench.machine.relinquish('user requested');
      for (let i = 0; i < 5; i++) {
        bench.hear(50);
        bench.pass(1000);
      }
      bench.pass(5000);
      assert.equal(bench.log.at(-1), `${7000 + DEAD} MASTER preempting a lower priority`);
    }
  });

  it('waits a random part of an interval longer for the winner of its group, if that may have stepped down as well', () => {
    const takesOver = (heardAfter?: number): number => {
      const bench = Bench.master();
      bench.machine.relinquish('failover group', false);
      const { since } = bench.machine;
      if (heardAfter !== undefined) {
        bench.pass(heardAfter);
        bench.hear(200);
      }
      bench.pass(10_000);
      assert.equal(bench.machine.state, 'MASTER');
      return Math.round(1000 * (bench.machine.since - since)) / 1000;
    };
    const longest = takesOver();
    assert.ok(longest > DEAD && longest < DEAD + 1000, `${longest}`);
    assert.equal(takesOver(499), 499 + longest, 'what came so soon may have been said before it did');
    assert.equal(takesOver(500), 500 + DEAD);
  });
});

describe('a MASTER', () => {
  it('knows of no other, whom it followed before', () => {
    const bench = new Bench();
    bench.hear(200);
    bench.pass(4000);
    assert.deepEqual([bench.machine.state, bench.machine.master.last], ['MASTER', undefined]);
  });

  it('does not become it again, nor wait for one, when its group or its settings say so', () => {
    const bench = Bench.master();
    bench.machine.takeOver('failover group');
    bench.machine.rearm();
    bench.pass(0);
    assert.deepEqual([bench.log, bench.counted['become_master']], [[], 1]);
  });

  it('reminds its neighbours with the second advertisement alone if that is soon enough', () => {
    const bench = Bench.master();
    bench.pass(5000);
    bench.announced.length = bench.sent.length = 0;
    bench.machine.remind(false);
    assert.deepEqual(bench.announced, []);
    bench.pass(3000);
    assert.deepEqual(bench.announced, [bench.sent[1]![0]]);
  });

  it('counts whom it answers, as often as it does', () => {
    const bench = Bench.master();
    for (let i = 0; i < 5; i++) bench.hear(50);
    assert.equal(bench.counted['asserts'], 4);
  });

  it('has no timer when it has gone, nor has a BACKUP', () => {
    for (const bench of [new Bench(), Bench.master()]) {
      bench.machine[Symbol.dispose]();
      assert.deepEqual(bench.clock.callouts(), []);
    }
  });

  it('has timers that the clock can tell apart by name', () => {
    const bench = new Bench();
    const names = () => bench.clock.callouts().map(({ name }) => name);
    assert.deepEqual(names(), ['vrrp 7@eth0 master down']);
    bench.machine.takeOver('failover group');
    assert.deepEqual(names(), ['vrrp 7@eth0 advertisement']);
  });
});
