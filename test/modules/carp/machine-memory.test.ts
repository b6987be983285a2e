/** What a state machine remembers: the edges of its intervals, and what of it a successor learns. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MachineMemory } from '../../../modules/carp/election/memory.js';

describe('what was sent', () => {
  it('is old after more than a quarter of an interval', () => {
    const memory = new MachineMemory();
    assert.equal(memory.spokeLongAgo(0, 1000), true);
    assert.equal(memory.spoke(5000, 1000, true, 0), true);
    assert.equal(memory.spokeLongAgo(5250, 1000), false);
    assert.equal(memory.spokeLongAgo(5251, 1000), true);
  });

  it('is what has left; that it was tried counts for a pause alone', () => {
    const memory = new MachineMemory();
    assert.equal(memory.spoke(1000, 900, true, 0), true);
    assert.equal(memory.spoke(2000, 800, false, 0), false);
    assert.deepEqual([memory.lastSent, memory.sentInterval, memory.lastTried], [1000, 900, 2000]);
  });
});

describe('a worse MASTER', () => {
  it('is answered four times an interval, in a row or not, and otherwise with the next advertisement', () => {
    const memory = new MachineMemory();
    for (const now of [1000, 1001, 1001, 1500]) assert.equal(memory.mayReassert(now, 1000), true);
    assert.equal(memory.announceIn, 0, 'it has been');
    assert.deepEqual([memory.mayReassert(1999, 1000), memory.announceIn], [false, 1]);
    assert.deepEqual([memory.mayReassert(2000, 1000), memory.mayReassert(2000, 1000)], [true, false]);
    assert.equal(memory.mayReassert(2001, 1000), true);
  });

  it('does not put an announcement forward that is due anyway', () => {
    const memory = new MachineMemory();
    for (let words = 0; words < 4; words++) memory.mayReassert(1000, 1000);
    memory.announceIn = 2;
    assert.deepEqual([memory.mayReassert(1001, 1000), memory.announceIn], [false, 2]);
  });
});

describe('another MASTER, which does not hear us,', () => {
  const RIVAL = { units: 256, demote: 0, source: undefined };
  const TIMES = { interval: 1000, deadTime: 3000 };
  /** A memory that heard it at 1000. */
  function heard(): MachineMemory {
    const memory = new MachineMemory();
    assert.equal(memory.goesOn(RIVAL, 1000, TIMES), false);
    return memory;
  }

  it('goes on if it is heard again within a dead time and its interval', () => {
    assert.equal(heard().goesOn(RIVAL, 5000, TIMES), true);
    assert.equal(heard().goesOn(RIVAL, 5001, TIMES), false);
  });

  it('is known at once by one that has no voice, and otherwise when nothing of ours has left for too long', () => {
    const us = { ...TIMES, since: 500 };
    const memory = new MachineMemory();
    assert.equal(memory.isMute('none', RIVAL, 1000, us), true);
    assert.equal(memory.isMute('own', RIVAL, 3500, us), false);
    assert.equal(memory.isMute('own', RIVAL, 3501, us), true);
    memory.spoke(1000, 1000, true, 0);
    memory.spoke(2000, 1000, false, 0);
    assert.equal(memory.isMute('own', RIVAL, 4000, us), false);
    assert.equal(memory.isMute('own', RIVAL, 4001, us), true);
  });

  it('is known by one that speaks from a shared address when it goes on', () => {
    const memory = heard();
    memory.spoke(4900, 1000, true, 0);
    assert.equal(memory.isMute('own', RIVAL, 5000, { ...TIMES, since: 0 }), false);
    assert.equal(memory.isMute('shared', RIVAL, 5000, { ...TIMES, since: 0 }), true);
  });

  it('begins anew when we have not been MASTER in between', () => {
    const memory = heard();
    memory.begin();
    assert.equal(memory.goesOn(RIVAL, 5000, TIMES), false);
  });
});

describe('neighbours that may have learnt from another MASTER', () => {
  it('are told with the second advertisement from now, with the next if that comes later than it used to', () => {
    const memory = new MachineMemory();
    for (const [wait, words] of [
      [0, 2],
      [1001, 2],
      [1001.1, 1],
      [1375, 1],
    ] as const) {
      memory.remind(wait, 1000);
      assert.equal(memory.announceIn, words, `${wait} ms until the next`);
    }
  });
});

describe('a successor', () => {
  const heirOf = (memory: MachineMemory, other: object = {}): MachineMemory => {
    const heir = new MachineMemory();
    heir.adopt({ ...structuredClone(memory.capture()), ...other });
    return heir;
  };

  it('remembers when worse MASTERs were answered', () => {
    const memory = new MachineMemory();
    for (const now of [1000, 1001, 1002, 1003]) memory.mayReassert(now, 1000);
    const heir = heirOf(memory);
    assert.deepEqual([heir.mayReassert(1999, 1000), heir.mayReassert(2000, 1000)], [false, true]);
  });

  it('remembers all of it', () => {
    const memory = new MachineMemory();
    memory.spoke(1000, 900, true, 0);
    memory.spoke(2000, 900, false, 0);
    memory.mayReassert(2050, 900);
    memory.mayReassert(2100, 900);
    memory.waited(true, 2200, 5000);
    memory.goesOn({ units: 300, demote: 0, source: undefined }, 2300, { interval: 900, deadTime: 2700 });
    memory.goesOn({ units: 300, demote: 0, source: undefined }, 3300, { interval: 900, deadTime: 2700 });
    memory.backoff = 0.5;
    memory.announceIn = 2;
    memory.paused = true;
    assert.deepEqual(heirOf(memory), memory);
  });

  it('remembers that nothing has been', () => {
    assert.deepEqual(heirOf(new MachineMemory()), new MachineMemory());
  });

  it('of one that did not note what it tried goes by what left', () => {
    const memory = new MachineMemory();
    memory.spoke(1000, 900, true, 0);
    assert.equal(heirOf(memory, { lastTried: null }).lastTried, 1000);
  });
});
