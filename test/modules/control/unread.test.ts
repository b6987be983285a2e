/** Whose connections are closed when too much waits that is not read. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Reader, UnreadAnswers } from '../../../modules/control/server/unread.js';

const MIB = 1024 * 1024;

function world() {
  const cut: string[] = [];
  const unread = new UnreadAnswers((uid, bytes) => cut.push(`${uid}: ${bytes / MIB} MiB`));
  const closed: string[] = [];
  const reader = (uid: number, name: string): Reader =>
    unread.enter(uid, { destroy: () => closed.push(name) as never });
  return { cut, closed, unread, reader };
}

describe('answers that wait for their readers', () => {
  it('cost the user his connections for whom most waits, the fullest first, until it is little enough', () => {
    const { cut, closed, unread, reader } = world();
    unread.hold(reader(0, 'root'), Buffer.alloc(7 * MIB));
    for (const [name, mib] of [
      ['a', 2],
      ['b', 4],
      ['c', 3],
    ] as const)
      unread.hold(reader(1000, name), Buffer.alloc(mib * MIB));
    assert.deepEqual(closed, []);
    unread.hold(reader(1000, 'd'), Buffer.alloc(MIB));
    assert.deepEqual([closed, cut], [['b'], ['1000: 10 MiB']]);
  });

  it('count once if several wait for the same, and no more when they are out or their reader has gone', () => {
    const { closed, unread, reader } = world();
    const [a, b, c] = [reader(1, 'a'), reader(1, 'b'), reader(1, 'c')];
    const shared = Buffer.alloc(10 * MIB);
    const out = [unread.hold(a, shared), unread.hold(a, shared), unread.hold(b, shared)];
    unread.hold(c, Buffer.alloc(5 * MIB));
    assert.deepEqual(closed, []);
    for (const done of out) done();
    unread.leave(c);
    const [d, e] = [reader(1, 'd'), reader(1, 'e')];
    unread.hold(d, Buffer.alloc(MIB));
    unread.hold(e, Buffer.alloc(15 * MIB));
    assert.deepEqual(closed, []);
  });

  it('count until the last of those who wait for the same has it, and again when it waits again', () => {
    const { closed, unread, reader } = world();
    const [a, b, c] = [reader(1, 'a'), reader(1, 'b'), reader(2, 'c')];
    const shared = Buffer.alloc(10 * MIB);
    const [first, second] = [unread.hold(a, shared), unread.hold(b, shared)];
    first();
    unread.hold(c, Buffer.alloc(6 * MIB));
    assert.deepEqual(closed, []);
    const small = unread.hold(c, Buffer.alloc(1));
    assert.deepEqual(closed, ['b']);
    second();
    small();
    unread.hold(a, shared);
    unread.hold(c, Buffer.alloc(1));
    assert.deepEqual(closed, ['b', 'a']);
  });

  it('are charged in parts to those who wait for the same: who waits for more alone is cut off', () => {
    const { cut, unread, reader } = world();
    const shared = Buffer.alloc(9 * MIB);
    for (const uid of [1, 2, 3]) unread.hold(reader(uid, 'one of three'), shared);
    unread.hold(reader(4, 'alone'), Buffer.alloc(8 * MIB));
    assert.deepEqual(cut, ['4: 8 MiB']);
  });

  it('wait for nobody whose connection has closed, and are taken off once', () => {
    const { closed, unread, reader } = world();
    const [a, b, gone] = [reader(1, 'a'), reader(2, 'b'), reader(3, 'gone')];
    const out = unread.hold(gone, Buffer.alloc(5 * MIB));
    unread.leave(gone);
    out();
    unread.hold(gone, Buffer.alloc(20 * MIB));
    unread.hold(a, Buffer.alloc(8 * MIB));
    unread.hold(b, Buffer.alloc(8 * MIB));
    assert.deepEqual(closed, []);
    unread.hold(a, Buffer.alloc(1));
    assert.deepEqual(closed, ['a']);
  });

  it('may be larger than the limit for the only one who waits', () => {
    const { closed, unread, reader } = world();
    reader(2, 'one that has read everything');
    unread.hold(reader(1, 'a'), Buffer.alloc(20 * MIB));
    assert.deepEqual(closed, []);
  });
});
