/** Never a false failover of our own making: what the machine does when this process or the whole host stood still. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Bench, LOWER } from './support/machine.js';

/** At the default priority: three intervals, and 156/256 of one. */
const DEAD = 3609.375;

/** The process stands still, and then runs what is due. */
function pause(bench: Bench, ms: number): void {
  bench.clock.pause(ms);
  bench.pass(0);
}

describe('a BACKUP that was paused', () => {
  for (const ms of [DEAD + 1, 60_000])
    it(`for ${ms} ms reads what came meanwhile before it judges`, () => {
      const bench = new Bench();
      bench.inSocket.push(() => bench.hear(200));
      pause(bench, ms);
      bench.pass(10_000);
      assert.deepEqual(bench.log.slice(1), [`${ms + DEAD} MASTER master timed out`]);
      assert.equal(bench.counted['pauses'], undefined);
    });

  it('reads what came after its rehearsal too, before it judges', () => {
    const bench = new Bench();
    bench.pass(DEAD - 10);
    assert.deepEqual(bench.rehearsed, [DEAD - 50]);
    bench.inSocket.push(() => bench.hear(200));
    bench.pass(10);
    assert.equal(bench.machine.state, 'BACKUP');
    bench.pass(10_000);
    assert.deepEqual(bench.log.slice(1), [`${2 * DEAD} MASTER master timed out`]);
  });

  it('neither rehearses nor takes over if what it reads has it stopped', () => {
    for (const before of [50, 10]) {
      const bench = new Bench();
      bench.pass(DEAD - before - 1);
      bench.inSocket.push(() => bench.machine.stop('user requested'));
      bench.pass(10_000);
      assert.equal(bench.machine.state, 'INIT');
      assert.equal(bench.rehearsed.length, before === 50 ? 0 : 1);
    }
  });

  it('takes over once, for the reason that it finds in its socket', () => {
    const bench = new Bench();
    bench.inSocket.push(() => bench.hear(0, LOWER, 1000, DEAD - 3000));
    pause(bench, DEAD);
    assert.deepEqual(bench.log.slice(1), [`${DEAD} MASTER master stopped`]);
  });

  it('listens once more when the socket is empty, since nobody could have spoken to a machine asleep', () => {
    const bench = new Bench();
    pause(bench, 60_000);
    bench.pass(900);
    assert.deepEqual([bench.machine.state, bench.counted['pauses']], ['BACKUP', 1]);
    assert.equal(bench.machine.timerLate, 60_000 - DEAD);
    bench.hear(200);
    bench.pass(10_000);
    assert.deepEqual(bench.log.slice(1), [`${60_900 + DEAD} MASTER master timed out`]);
  });

  it('takes over in time when its loop was no more than an interval late', () => {
    const bench = new Bench();
    pause(bench, DEAD + 1000);
    assert.equal(bench.machine.state, 'MASTER');
  });

  it('takes over at last if its loop is always late and nobody speaks, and listens again after it has heard one', () => {
    for (const heard of [false, true]) {
      const bench = new Bench();
      pause(bench, 5000);
      assert.equal(bench.machine.state, 'BACKUP');
      if (heard) bench.hear(200);
      pause(bench, 5000);
      assert.equal(bench.machine.state, heard ? 'BACKUP' : 'MASTER');
    }
  });

  it('listens once more again, if it has been MASTER since', () => {
    const bench = new Bench();
    pause(bench, 5000);
    bench.pass(4000);
    bench.machine.relinquish('user requested');
    pause(bench, 5000);
    assert.deepEqual([bench.machine.state, bench.counted['pauses']], ['BACKUP', 2]);
  });

  it('waits anew after a sleep that its clock does not show, if that was longer than an interval', () => {
    for (const [slept, due] of [
      [1000, DEAD],
      [1001, 2000 + DEAD],
    ] as const) {
      const bench = new Bench();
      bench.pass(2000);
      bench.machine.resumed(slept);
      bench.pass(10_000);
      assert.equal(bench.log[1], `${due} MASTER master timed out`);
    }
  });
});

describe('a MASTER that was paused', () => {
  it('longer than the others wait, listens first', () => {
    const bench = Bench.master();
    bench.pass(5000);
    bench.sent.length = 0;
    pause(bench, 5000);
    assert.match(bench.log.join(), /^[\d.]+ BACKUP resumed after a pause$/);
    assert.deepEqual([bench.sent, bench.counted['pauses']], [[], 1]);
    bench.pass(4000);
    assert.equal(bench.machine.state, 'MASTER');
  });

  for (const [how, hears] of [
    [
      'in its socket',
      (bench: Bench) =>
        void bench.inSocket.push(
          () => bench.hear(50),
          () => bench.hear(50),
        ),
    ],
    ['before its timer runs', (bench: Bench) => bench.hear(50)],
  ] as const)
    it(`and finds a successor ${how}, does not dispute its place, however much better it is itself`, () => {
      const bench = Bench.master({ priority: 150 });
      bench.pass(5000);
      bench.sent.length = 0;
      bench.clock.pause(5000);
      hears(bench);
      bench.pass(0);
      assert.match(bench.log.join(), /^[\d.]+ BACKUP resumed after a pause$/);
      assert.deepEqual([bench.sent, bench.contests, bench.counted['pauses']], [[], [], 1]);
    });

  it('knows at once of a better one that has succeeded it', () => {
    const bench = Bench.master();
    bench.pass(5000);
    bench.clock.pause(5000);
    bench.inSocket.push(() => bench.hear(200));
    bench.pass(0);
    assert.deepEqual([bench.machine.state, bench.machine.knowsBetter], ['BACKUP', true]);
  });

  it('as long as they wait, goes on: they may wait two intervals where one would do', () => {
    for (const [downAdverts, patience] of [
      [3, 3000],
      [1, 2000],
    ] as const)
      for (const late of [0, 1]) {
        const bench = Bench.master({ downAdverts });
        bench.pass(5000);
        const [last] = bench.sent.at(-1)!;
        pause(bench, last + patience + late - bench.clock.now());
        assert.equal(bench.machine.state, late === 0 ? 'MASTER' : 'BACKUP', `${patience + late}`);
      }
  });

  it('by a sleep that its clock does not show, goes by the same limit', () => {
    const bench = Bench.master();
    bench.sleep(3000);
    assert.equal(bench.machine.state, 'MASTER');
    bench.sleep(3001);
    assert.equal(bench.machine.state, 'BACKUP');
  });
});

describe('a host that slept', () => {
  for (const slept of [2000, 60_000])
    it(`for ${slept} ms leaves those in INIT and in BACKUP there`, () => {
      const init = new Bench({ started: false });
      init.machine.resumed(slept);
      assert.deepEqual([init.log, init.clock.callouts()], [[], []]);
      const backup = new Bench();
      backup.machine.resumed(slept);
      assert.deepEqual([backup.log.length, backup.counted], [1, {}]);
    });
});

describe('a MASTER whose loop is late', () => {
  it('advertises in step with its deadlines, and says how late', () => {
    const bench = Bench.master();
    bench.pass(2000);
    const [start] = bench.sent.at(-1)!;
    bench.sent.length = bench.lateness.length = 0;
    const times = [1300, 2020, 3499].map((after) => start + after);
    for (const time of times) pause(bench, time - bench.clock.now());
    bench.pass(501);
    assert.deepEqual(
      bench.sent.map(([time]) => time),
      [...times, start + 4000],
    );
    assert.deepEqual(bench.lateness, [300, 20, 499, 0]);
  });

  it('counts from now on when it was half an interval late: two at once help nobody', () => {
    const bench = Bench.master();
    bench.pass(2000);
    const [start] = bench.sent.at(-1)!;
    pause(bench, start + 1500 - bench.clock.now());
    bench.pass(1000);
    assert.deepEqual(
      bench.sent.slice(-2).map(([time]) => time),
      [start + 1500, start + 2500],
    );
  });

  it('says nothing of an advertisement that has not left', () => {
    const bench = Bench.master();
    bench.leaves = false;
    bench.pass(2500);
    assert.deepEqual(bench.lateness, []);
  });
});
