/** Who wins an election, of two that may have no address of their own, and what a BACKUP remembers of its master. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { InetAddress } from '../../../modules/ifnet/index.js';
import {
  contest,
  humbler,
  type VrrpContender,
  type VrrpSide,
} from '../../../modules/vrrp/election/contest.js';
import { HeardMaster } from '../../../modules/vrrp/election/heard-master.js';
import { HIGHER, LOWER, OWN } from './support/machine.js';

const side = (address?: string): VrrpSide => ({
  priority: 100,
  source: address === undefined ? undefined : InetAddress.parse(address),
});

describe('a tie', () => {
  it('is lost by a host that has no address to send from', () => {
    const own: VrrpContender = { ...side(), groupServes: true };
    assert.equal(contest('MASTER', own, side(LOWER), true), 'yield');
    assert.equal(contest('BACKUP', own, side(LOWER), true), 'follow', 'nor does it preempt for its group');
  });
});

describe('a word to which a MASTER does not yield', () => {
  it('is of the least priority, or says to one that has it, and would lose the tie, that we stop', () => {
    const own = InetAddress.parse(OWN);
    const master = (priority: number, address: string): VrrpSide => ({ ...side(address), priority });
    for (const [peer, source, said] of [
      [master(2, LOWER), own, 1],
      [master(1, HIGHER), own, 1],
      [master(1, LOWER), own, 0],
      [master(1, LOWER), undefined, 1],
    ] as const) {
      assert.equal(humbler(peer, source), said);
      if (said > 0)
        assert.equal(
          contest('MASTER', { ...peer, groupServes: false }, { priority: said, source }, true),
          'assert',
        );
    }
  });
});

describe('the master that was heard last', () => {
  const heard = (priority: number, from: string, interval: number) => ({
    priority,
    source: InetAddress.parse(from),
    interval,
  });

  it('is what it said last, whichever part of that is new', () => {
    const master = new HeardMaster();
    let now = 0;
    for (const words of [
      heard(100, LOWER, 1000),
      heard(110, LOWER, 1000),
      heard(110, HIGHER, 1000),
      heard(110, HIGHER, 2000),
      heard(110, HIGHER, 2000),
      heard(100, HIGHER, 1000),
    ]) {
      now += 1000;
      master.note(words, now);
      assert.deepEqual(master.last, { ...words, at: now });
    }
  });

  it('is better than we are for a dead time after its last word', () => {
    const master = new HeardMaster();
    master.note(heard(150, LOWER, 1000), 0);
    master.note(heard(150, LOWER, 1000), 1000);
    assert.deepEqual(
      [master.isBetter(side(OWN), 3999, 3000), master.isBetter(side(OWN), 4000, 3000)],
      [true, false],
    );
  });

  it('is forgotten when it stops, also by a successor', () => {
    const master = new HeardMaster();
    master.note(heard(150, LOWER, 1000), 0);
    master.forget();
    assert.deepEqual([master.last, master.isBetter(side(OWN), 1, 3000)], [undefined, false]);
    const heir = new HeardMaster();
    heir.adopt(master.capture());
    assert.equal(heir.last, undefined);
  });
});
