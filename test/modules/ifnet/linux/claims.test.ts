import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VirtualClock } from '../../../../core/index.js';
import { Claims } from '../../../../modules/ifnet/linux/claims.js';
import { Libc, SystemError } from '../../../../modules/libc/index.js';
import { waitFor } from '../../../lab/support/wait.js';
import { needs } from '../../../support/needs.js';

const EMFILE = 24;

/** A libc on whose sockets one more process always waits to be accepted. */
function besieged() {
  let ready = (): void => undefined;
  const done = { accepted: 0, closed: 0 };
  const nothing = (): void => undefined;
  const libc = {
    open: (_domain: number, _type: number, _protocol: number, prepare: (fd: number) => void) => {
      prepare(3);
      return 3;
    },
    bind: nothing,
    listen: nothing,
    epoll: () => 4,
    watch: (_fd: number, callback: () => void) => {
      ready = callback;
      return { close: nothing };
    },
    accept: () => {
      assert.ok(++done.accepted < 1000, 'the main loop is held up');
      return 5;
    },
    close: () => void done.closed++,
  };
  return { libc: libc as unknown as Libc, done, wake: () => ready() };
}

test('processes that connect to a name without end do not hold up the main loop', () => {
  const { libc, done, wake } = besieged();
  using claims = new Claims(libc, new VirtualClock());
  assert.ok(claims.claim('carpet eth0 1'));
  wake();
  wake();
  assert.ok(done.accepted > 2 && done.accepted < 100, `${done.accepted} accepted`);
  assert.equal(done.closed, done.accepted);
});

test('a claim that fails for want of descriptors leaves none open, and a later one succeeds', {
  skip: needs('native'),
}, (t) => {
  const libc = Libc.load();
  using claims = new Claims(libc, new VirtualClock());
  const name = `carpet-test-${process.pid}`;
  const short = t.mock.method(Libc.prototype, 'epoll');
  for (const call of [0, 1]) {
    short.mock.mockImplementationOnce(() => {
      throw new SystemError('epoll_create1', EMFILE);
    }, short.mock.callCount() + call);
    assert.throws(() => claims.claim(name), { code: 'EMFILE' });
    assert.equal(libc.descriptors, 0);
  }
  assert.ok(claims.claim(name));
});

test('a process that connects while descriptors are short waits until they are not', {
  skip: needs('native'),
}, async (t) => {
  let calls = 0;
  t.mock.method(Libc.prototype, 'accept', () => {
    if (++calls === 1) throw new SystemError('accept4', EMFILE);
    return -1;
  });
  const clock = new VirtualClock();
  using claims = new Claims(Libc.load(), clock);
  const name = `carpet-test-${process.pid}`;
  assert.ok(claims.claim(name));
  assert.equal(claims.claimant(name)?.pid, process.pid);
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
  assert.equal(calls, 1, 'it waits');
  clock.advanceSync(1000);
  await waitFor('another try', 5000, () => calls > 1);
});
