import assert from 'node:assert/strict';
import { constants } from 'node:os';
import { test } from 'node:test';
import { AF_INET, errnoName, Libc, SOCK_DGRAM, SystemError } from '../../../modules/libc/index.js';
import { needs } from '../../support/needs.js';

test('an errno has the name of errno(3), the first where two share a number', () => {
  const { EPERM, EAGAIN, EOPNOTSUPP } = constants.errno;
  assert.deepEqual([EPERM, EAGAIN, EOPNOTSUPP].map(errnoName), ['EPERM', 'EAGAIN', 'EOPNOTSUPP']);
  assert.equal(errnoName(-EPERM), 'EPERM');
  assert.equal(errnoName(524), 'E524', 'ENOTSUPP, which the kernel lets out by mistake');
});

test('a failed call names itself and the errno', { skip: needs('native') }, () => {
  assert.throws(
    () => Libc.load().listen(-1, 1),
    (error) => {
      assert.ok(error instanceof SystemError);
      assert.deepEqual([error.call, error.errno, error.code], ['listen', constants.errno.EBADF, 'EBADF']);
      assert.equal(error.message, 'listen failed: EBADF');
      return true;
    },
  );
});

test('a socket that cannot be set up is closed again', { skip: needs('native') }, () => {
  const libc = Libc.load();
  assert.throws(() => libc.open(AF_INET, SOCK_DGRAM, 0, (fd) => libc.listen(fd, 1)), { code: 'EOPNOTSUPP' });
  assert.equal(libc.descriptors, 0);
});
