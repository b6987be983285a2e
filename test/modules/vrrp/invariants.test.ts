/** What simulations hold the timers of a virtual router to: each rule is noticed when it alone is broken. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type VrrpTimers, violations } from '../../../modules/vrrp/election/invariants.js';
import { Bench } from './support/machine.js';

const BACKUP: VrrpTimers = {
  state: 'BACKUP',
  since: 10,
  now: 20,
  advertisement: undefined,
  masterDown: 30,
  learnt: undefined,
};
const MASTER: VrrpTimers = { ...BACKUP, state: 'MASTER', advertisement: 30, masterDown: undefined };
const INIT: VrrpTimers = { ...BACKUP, state: 'INIT', masterDown: undefined };

describe('the timers of a virtual router', () => {
  it('are right as BACKUP that waits, as MASTER that advertises, and unarmed in INIT', () => {
    for (const timers of [
      BACKUP,
      MASTER,
      INIT,
      { ...BACKUP, learnt: 2000, masterDown: 20 },
      { ...MASTER, since: 20, advertisement: 20 },
    ])
      assert.deepEqual(violations(timers), []);
  });

  it('are not those of a state that begins later', () => {
    assert.deepEqual(violations({ ...MASTER, since: 21 }), ['entered MASTER at 21, in the future']);
  });

  it('make a MASTER advertise, and no other', () => {
    assert.deepEqual(violations({ ...MASTER, advertisement: undefined }), ['advertisement timer in MASTER']);
    assert.deepEqual(violations({ ...BACKUP, advertisement: 30 }), ['advertisement timer in BACKUP']);
    assert.deepEqual(violations({ ...INIT, advertisement: 30 }), ['advertisement timer in INIT']);
  });

  it('make a BACKUP wait for its master, and no other', () => {
    assert.deepEqual(violations({ ...BACKUP, masterDown: undefined }), ['master-down timer in BACKUP']);
    assert.deepEqual(violations({ ...MASTER, masterDown: 30 }), ['master-down timer in MASTER']);
    assert.deepEqual(violations({ ...INIT, masterDown: 30 }), ['master-down timer in INIT']);
  });

  it('go by the interval of another in BACKUP alone', () => {
    assert.deepEqual(violations({ ...MASTER, learnt: 2000 }), ['a learnt interval in MASTER']);
    assert.deepEqual(violations({ ...INIT, learnt: 2000 }), ['a learnt interval in INIT']);
  });

  it('are never overdue', () => {
    assert.deepEqual(violations({ ...MASTER, advertisement: 19 }), ['a timer was due at 19']);
    assert.deepEqual(violations({ ...BACKUP, masterDown: 19 }), ['a timer was due at 19']);
  });

  it('are looked at by simulations, which name the virtual router and all that is wrong', () => {
    const bench = new Bench();
    const state = bench.machine.capture();
    const broken = new Bench({ started: false });
    broken.machine.adopt({ ...state, state: 'MASTER', since: 1, learnt: 2000 });
    assert.throws(() => broken.machine.assertInvariants(), {
      message:
        '7@eth0: entered MASTER at 1, in the future; advertisement timer in MASTER; ' +
        'master-down timer in MASTER; a learnt interval in MASTER',
    });
    const early = new Bench({ started: false });
    early.machine.adopt({ ...early.machine.capture(), since: 1 });
    assert.throws(() => early.machine.assertInvariants(), {
      message: '7@eth0: entered INIT at 1, in the future',
    });
  });
});
