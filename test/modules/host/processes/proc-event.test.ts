/** Messages of the process connector, as Linux 6.18 sent them for a Python that crashed with a second thread. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeRequest, parseProcEvent } from '../../../../modules/host/processes/proc-event.js';
import { statusOf } from '../../../../modules/host/processes/proc-files.js';

const HEADER = '4c0000000300000015700000000000000100000001000000';
const RECORDED = {
  ack: `${HEADER}157000004e0000002800000000000000010000006edceb8e5b2e0000000000000000000000000000000000000000000000000000`,
  fork: `${HEADER}1670000000000000280000000100000001000000b86b0d8f5b2e0000d1080000d1080000dc080000dc0800000000000000000000`,
  exec: `${HEADER}f66f00000000000028000000020000000000000078fc1d8f5b2e0000dc080000dc08000000000000000000000000000000000000`,
  exit: `${HEADER}1770000000000000280000000000008001000000b2ffca8f5b2e0000dd080000dd0800000000000011000000dc080000dc080000`,
  thread: `${HEADER}17700000000000002800000000000080000000003b88e2995b2e000005090000dc08000000000000ffffffff0000000000000000`,
  coredump: `${HEADER}1870000000000000280000000000004000000000 7d93e3995b2e0000dc080000dc080000d1080000d10800000000000000000000`,
};
const parse = (hex: string) => parseProcEvent(Buffer.from(hex.replaceAll(' ', ''), 'hex'));

test('recorded messages are read', () => {
  assert.deepEqual(parse(RECORDED.ack), { what: 'ack', request: 77, errno: 0 });
  assert.deepEqual(parse(RECORDED.fork), { what: 'fork', pid: 2268, tid: 2268 });
  assert.deepEqual(parse(RECORDED.exec), { what: 'exec', pid: 2268, tid: 2268 });
  assert.deepEqual(parse(RECORDED.exit), { what: 'exit', pid: 2269, tid: 2269, code: 0 });
  assert.deepEqual(parse(RECORDED.thread), { what: 'exit', pid: 2268, tid: 2309, code: 0 });
  assert.deepEqual(parse(RECORDED.coredump), { what: 'coredump', pid: 2268, tid: 2268 });
});

test('another kind, another type and a message cut short are no events', () => {
  const message = Buffer.from(RECORDED.fork, 'hex');
  assert.equal(parseProcEvent(message.subarray(0, 67)), undefined);
  assert.equal(parseProcEvent(Buffer.alloc(0)), undefined);
  message.writeUInt32LE(0x200, 36); // PROC_EVENT_COMM
  assert.equal(parseProcEvent(message), undefined);
  const error = Buffer.from(RECORDED.fork, 'hex');
  error.writeUInt16LE(2, 4); // NLMSG_ERROR
  assert.equal(parseProcEvent(error), undefined);
});

test('a request is a message that the kernel answers by its number', () => {
  const request = encodeRequest(1, 77);
  assert.equal(request.length, request.readUInt32LE(0));
  assert.deepEqual(
    [request.readUInt32LE(28), request.readUInt16LE(32), request.readUInt32LE(36)],
    [77, 4, 1],
  );
});

test('a code is an exit status or a signal', () => {
  assert.deepEqual(statusOf(3 << 8), { code: 3, signal: null });
  assert.deepEqual(statusOf(139), { code: null, signal: 'SIGSEGV' });
  assert.deepEqual(statusOf(40), { code: null, signal: 'SIG40' });
});
