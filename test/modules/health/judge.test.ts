import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Judge } from '../../../modules/health/judge.js';

/** Gives one result a second, `+` or `-`. @returns the verdict after each, by its first letter */
function verdicts(judge: Judge, results: string, from = 0): string {
  return results
    .split('')
    .map((result, i) => (judge.result(result === '+', (from + i) * 1000), judge.verdict[0]))
    .join('');
}

describe('the judge', () => {
  it('takes the first success of all, and then counts', () => {
    const judge = new Judge({ rise: 2, fall: 3, hold: 0 }, 0);
    assert.equal(verdicts(judge, '--+--+---+-++'), 'uuuuuuuuddddu');
    assert.equal(judge.verdict, 'up');
  });

  it('says unknown, then down, of what never succeeded, and needs one success after that', () => {
    const judge = new Judge({ rise: 5, fall: 3, hold: 60_000 }, 0);
    for (const [i, verdict] of ['unknown', 'unknown', 'down', 'down'].entries()) {
      judge.result(false, i * 1000);
      assert.equal(judge.verdict, verdict);
    }
    assert.ok(judge.result(true, 4000));
    assert.equal(judge.verdict, 'up');
  });

  it('lets a check that flaps every second change once, however hasty its rules', () => {
    const judge = new Judge({ rise: 1, fall: 1, hold: 10_000 }, 0);
    const changes = Array.from({ length: 3600 }, (_, i) => judge.result(i % 2 === 0, i * 1000)).filter(
      Boolean,
    );
    assert.equal(changes.length, 2);
    assert.equal(judge.verdict, 'down');
  });

  it('doubles the hold of one that falls soon after it rose, and forgets that when it stays up', () => {
    const judge = new Judge({ rise: 1, fall: 1, hold: 10_000 }, 0);
    let now = 0;
    const run = (succeeds: boolean, seconds: number): void => {
      for (let i = 0; i < seconds; i++) judge.result(succeeds, (now += 1000));
    };
    run(true, 1);
    const holds = [];
    for (let i = 0; i < 8; i++) {
      run(false, 1);
      holds.push(judge.hold / 1000);
      while (judge.verdict === 'down') run(true, 1);
      run(true, 3);
    }
    assert.deepEqual(holds, [20, 40, 80, 160, 320, 600, 600, 600]);
    run(true, 3000);
    run(false, 1);
    assert.equal(judge.hold, 10_000);
  });

  it('never shortens a hold of the settings, however long', () => {
    const judge = new Judge({ rise: 1, fall: 1, hold: 3_600_000 }, 0);
    assert.equal(verdicts(judge, '+-'), 'ud');
    assert.equal(judge.hold, 3_600_000);
  });

  it('goes on where a predecessor stood', () => {
    const first = new Judge({ rise: 1, fall: 3, hold: 5000 }, 0);
    verdicts(first, '+---+++');
    const second = new Judge({ rise: 1, fall: 3, hold: 5000 }, 99_000);
    second.adopt(JSON.parse(JSON.stringify(first.capture())) as ReturnType<Judge['capture']>);
    assert.deepEqual(second.capture(), first.capture());
    assert.deepEqual([second.result(true, 9000), second.result(true, 14_000)], [false, true]);
  });
});
