import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Claims } from '../../../../modules/ifnet/linux/claims.js';
import type { Libc } from '../../../../modules/libc/index.js';

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
  using claims = new Claims(libc);
  assert.ok(claims.claim('carpet eth0 1'));
  wake();
  wake();
  assert.ok(done.accepted > 2 && done.accepted < 100, `${done.accepted} accepted`);
  assert.equal(done.closed, done.accepted);
});
