import type { Instruction } from '../../libc/index.js';
import {
  PROC_EVENT_COREDUMP,
  PROC_EVENT_EXEC,
  PROC_EVENT_EXIT,
  PROC_EVENT_FORK,
  PROC_EVENT_NONE,
} from './proc-event.js';

const LD_W_ABS = 0x20;
const LD_B_ABS = 0x30;
const TAX = 0x07;
const JEQ_K = 0x15;
const JEQ_X = 0x1d;
const JSET_K = 0x45;
const RET = 0x06;
const ACCEPT = 0xffff;

/** Offsets in a message: the event's kind; the thread and the process of a fork's child, and of any other event. */
const WHAT = 36;
const CHILD = [60, 64] as const;
const TASK = [52, 56] as const;
/** The low byte of an exit's code: the signal that ended the task, and whether a core was dumped. */
const SIGNAL = 60;

const op = (code: number, k: number, jt = 0, jf = 0): Instruction => ({ code, jt, jf, k });

/** BPF loads words in network order; the connector writes them in the machine's. */
const swapped = (value: number): number => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes.readUInt32BE();
};

/**
 * A program that drops, in the kernel, what nothing here reads: changes of users, sessions, tracers and names, and, if
 * unwanted, threads, except those that a signal ended: one of them may have written a core. It works on every kernel;
 * the event mask of Linux 6.6 cannot tell threads from processes.
 */
export function procFilter(threads: boolean): Instruction[] {
  const refuse = op(RET, 0);
  const accept = op(RET, ACCEPT);
  if (threads) {
    const wanted = [PROC_EVENT_NONE, PROC_EVENT_FORK, PROC_EVENT_EXEC, PROC_EVENT_COREDUMP, PROC_EVENT_EXIT];
    const tests = wanted.map((what, i) => op(JEQ_K, swapped(what), wanted.length - i));
    return [op(LD_W_ABS, WHAT), ...tests, refuse, accept];
  }
  const same = ([tid, pid]: readonly [number, number]): Instruction[] => [
    op(LD_W_ABS, tid),
    op(TAX, 0),
    op(LD_W_ABS, pid),
    op(JEQ_X, 0, 0, 1),
    accept,
    refuse,
  ];
  return [
    op(LD_W_ABS, WHAT),
    op(JEQ_K, swapped(PROC_EVENT_NONE), 5),
    op(JEQ_K, swapped(PROC_EVENT_EXEC), 4),
    op(JEQ_K, swapped(PROC_EVENT_COREDUMP), 3),
    op(JEQ_K, swapped(PROC_EVENT_FORK), 3),
    op(JEQ_K, swapped(PROC_EVENT_EXIT), 8),
    refuse,
    accept,
    ...same(CHILD),
    op(LD_B_ABS, SIGNAL),
    op(JSET_K, 0xff, 0, 1),
    accept,
    ...same(TASK),
  ];
}
