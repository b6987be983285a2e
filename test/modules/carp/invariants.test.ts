/** What simulations hold the timers of a vhid to: each rule is noticed when it alone is broken. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type CarpTimers, violations } from '../../../modules/carp/election/invariants.js';

const BACKUP: CarpTimers = {
  state: 'BACKUP',
  since: 10,
  now: 20,
  advertisement: undefined,
  masterDown: new Map([[4, 30]]),
  families: [4, 6],
};
const MASTER: CarpTimers = { ...BACKUP, state: 'MASTER', advertisement: 30, masterDown: new Map() };
const INIT: CarpTimers = { ...BACKUP, state: 'INIT', masterDown: new Map() };

describe('the timers of a vhid', () => {
  it('are right as BACKUP that waits for one family or both, as MASTER that advertises, and unarmed in INIT', () => {
    const both = new Map([
      [4, 20],
      [6, 40],
    ] as const);
    for (const timers of [
      BACKUP,
      MASTER,
      INIT,
      { ...BACKUP, masterDown: both },
      { ...MASTER, since: 20 },
      { ...MASTER, advertisement: 20 },
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

  it('make a BACKUP wait for a master, and no other', () => {
    const { masterDown } = BACKUP;
    assert.deepEqual(violations({ ...BACKUP, masterDown: new Map() }), [
      'BACKUP with master-down timers for nothing',
    ]);
    assert.deepEqual(violations({ ...MASTER, masterDown }), ['MASTER with master-down timers for 4']);
    assert.deepEqual(violations({ ...INIT, masterDown }), ['INIT with master-down timers for 4']);
  });

  it('wait in families of the shared addresses alone', () => {
    const masterDown = new Map([
      [4, 30],
      [6, 30],
    ] as const);
    assert.deepEqual(violations({ ...BACKUP, families: [6], masterDown }), [
      'BACKUP with master-down timers for 4 and 6',
    ]);
  });

  it('are never overdue', () => {
    assert.deepEqual(violations({ ...MASTER, advertisement: 19 }), ['a timer was due at 19']);
    assert.deepEqual(violations({ ...BACKUP, masterDown: new Map([[4, 19]]) }), ['a timer was due at 19']);
  });
});
