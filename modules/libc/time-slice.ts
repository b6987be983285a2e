import { Library } from './library.js';

/** sched_setattr(2) and sched_getattr(2), which older C libraries do not wrap: their numbers by process.arch. */
const NUMBERS: Readonly<Record<string, readonly [set: number, get: number]>> = {
  x64: [314, 315],
  arm64: [274, 275],
  riscv64: [274, 275],
  loong64: [274, 275],
};

/** struct sched_attr, its first version, and where its members are. */
const SIZE = 48;
const POLICY = 4;
const FLAGS = 8;
const RUNTIME = 24;
/** sched.h. */
const SCHED_OTHER = 0;
const SCHED_FLAG_RESET_ON_FORK = 1;

/** The shortest that Linux grants. */
const SLICE_NS = 100_000n;

/**
 * Asks Linux for short time slices for the calling thread, so that it need not wait long for its turn: of the threads
 * that want a processor, the scheduler takes the one whose slice would end first (EEVDF). A thread that works for
 * moments at a time gets its turn soon, however busy the machine is, and its share of the processor stays what it was.
 * Threads and programs that this one starts get the ordinary slice, and never a nice value below 0.
 *
 * Needs no privilege, but Linux 6.12. Before, without koffi, under a filter of system calls that refuses it, and where an
 * operator chose another policy (chrt(1), CPUSchedulingPolicy=) it is a no-op.
 *
 * @returns whether the thread has them
 */
export function shortenTimeSlice(): boolean {
  const numbers = process.platform === 'linux' ? NUMBERS[process.arch] : undefined;
  if (numbers === undefined) return false;
  try {
    return shorten(Library.load(), ...numbers);
  } catch {
    return false;
  }
}

function shorten(library: Library, set: number, get: number): boolean {
  const attr = Buffer.alloc(SIZE);
  const read = library.func('long syscall(long number, int pid, void *attr, uint size, uint flags)');
  if (read(get, 0, attr, SIZE, 0) !== 0 || attr.readUInt32LE(POLICY) !== SCHED_OTHER) return false;
  attr.writeBigUInt64LE(BigInt(SCHED_FLAG_RESET_ON_FORK), FLAGS);
  attr.writeBigUInt64LE(SLICE_NS, RUNTIME);
  const write = library.func('long syscall(long number, int pid, void *attr, uint flags)');
  return write(set, 0, attr, 0) === 0;
}
