/** What a virtual router's sequence keeps for its next life, and how often that is written. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Json } from '../../../core/index.js';
import { SequenceMemory } from '../../../modules/vrrp/link/sequence-memory.js';

const WALL = 1_700_000_000_000;
/** The last second that a trailer has room for. */
const LAST_SECOND = 0xffff_ffff * 1000;

/** A store, and what was written to it. */
function disk() {
  const kept = new Map<string, Json>();
  const writes: Json[] = [];
  const store = {
    read: (name: string) => kept.get(name),
    write: (name: string, state: Json) => {
      kept.set(name, state);
      writes.push(state);
      return Promise.resolve(true);
    },
  };
  return { kept, writes, life: (name = 'it') => new SequenceMemory(store, name) };
}

describe('the floor of a new life', () => {
  it('is the millisecond after the last one that was used, so that no recording of before is as new', () => {
    const { life } = disk();
    life().write(WALL, WALL);
    assert.equal(life().floor(WALL - 60_000), WALL + 1);
  });

  it('is as far ahead of the wall clock as the former life was, which may have been killed long after it wrote', () => {
    const { life } = disk();
    life().write(WALL + 60_000, WALL);
    assert.equal(life().floor(WALL + 3_600_000), WALL + 3_660_000);
  });

  it('is the wall clock where nothing was kept, or what was kept is another virtual router’s', () => {
    const { life } = disk();
    life('another').write(WALL + 60_000, WALL);
    assert.equal(life().floor(WALL), WALL);
  });

  it('leaves a life whose clock was behind what it used, but is right, with no lead', () => {
    const { life, writes } = disk();
    life().write(WALL - 1, WALL);
    assert.deepEqual(writes, [{ time: WALL - 1, ahead: 0 }]);
    assert.equal(life().floor(WALL + 5), WALL + 5);
  });

  it('is nothing that a trailer has no room for: it would begin again at 0, which every peer refuses', () => {
    const { kept, life } = disk();
    for (const [state, floor] of [
      [{ time: LAST_SECOND - 1, ahead: 0 }, LAST_SECOND],
      [{ time: LAST_SECOND, ahead: 0 }, WALL],
      [{ time: 0, ahead: LAST_SECOND - WALL }, LAST_SECOND],
      [{ time: 0, ahead: LAST_SECOND - WALL + 1 }, WALL],
      [{ time: 0, ahead: -1 }, WALL],
    ] as const) {
      kept.set('it', state);
      assert.equal(life().floor(WALL), floor, JSON.stringify(state));
    }
  });
});

describe('a life that goes on', () => {
  it('writes a lead that has changed by a quarter of a second, either way, and no smaller one', () => {
    const { life, writes } = disk();
    const memory = life();
    memory.note(WALL + 249, WALL, 0);
    assert.equal(writes.length, 0);
    memory.note(WALL + 250, WALL, 0);
    memory.note(WALL + 1, WALL, 60_000);
    assert.equal(writes.length, 1);
    memory.note(WALL, WALL, 60_000);
    assert.deepEqual(writes, [
      { time: WALL + 250, ahead: 250 },
      { time: WALL, ahead: 0 },
    ]);
  });

  it('writes every ten seconds at most while somebody goes on setting the clock: it may be a write to the disk', () => {
    const { life, writes } = disk();
    const memory = life();
    for (let second = 0; second <= 20; second++)
      memory.note(WALL + 1000 * second, WALL - 1000 * second, 1000 * second);
    memory.note(WALL + 60_000, WALL, 20_999);
    assert.deepEqual(
      writes.map((each) => (each as { ahead: number }).ahead),
      [2000, 22_000],
    );
    memory.note(WALL + 60_000, WALL, 21_000);
    assert.equal(writes.length, 3);
  });

  it('writes nothing of a lead that a former life has written', () => {
    const { life, writes } = disk();
    life().write(WALL + 60_000, WALL);
    const next = life();
    next.note(next.floor(WALL + 1000), WALL + 1000, 0);
    assert.equal(writes.length, 1);
  });
});
