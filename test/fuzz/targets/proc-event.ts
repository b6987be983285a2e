import assert from 'node:assert/strict';
import { parseProcEvent } from '../../../modules/host/processes/proc-event.js';
import { corpusBytes } from '../corpus.js';
import { mutants } from '../mutation.js';
import { type FuzzTarget, fuzzProperty } from '../target.js';

/** struct nlmsghdr and struct cn_msg come before struct proc_event; its fields as linux/cn_proc.h has them. */
const EVENT = 16 + 20;
const NAMES: Readonly<Record<number, string>> = {
  0: 'ack',
  1: 'fork',
  2: 'exec',
  0x40000000: 'coredump',
  0x80000000: 'exit',
};

function sameAsTheStructure(bytes: Uint8Array): void {
  const read = parseProcEvent(Buffer.from(bytes));
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const whole = bytes.length >= EVENT + 16 + 16 && view.getUint16(4, true) === 3;
  const name = whole ? NAMES[view.getUint32(EVENT, true)] : undefined;
  assert.equal(read?.what, name);
  if (read === undefined || read.what === 'ack') return;
  // Of a fork the child's ids come behind the parent's: pid, then tgid.
  const ids = EVENT + 16 + (read.what === 'fork' ? 8 : 0);
  assert.deepEqual([read.tid, read.pid], [view.getUint32(ids, true), view.getUint32(ids + 4, true)]);
  if (read.what === 'exit') assert.equal(read.code, view.getUint32(ids + 8, true));
}

export const target: FuzzTarget = {
  about: "the process connector's messages, against the structures of cn_proc.h",
  open: () => ({
    properties: {
      messages: fuzzProperty({
        input: mutants(corpusBytes('proc-event'), { maxLength: 120 }),
        check: sameAsTheStructure,
        usual: 2000,
      }),
    },
  }),
};
