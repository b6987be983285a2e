/** CLOCK_REALTIME in milliseconds with fractions: what `ip -ts` stamps with, and the same in all processes. */
import { Library } from '../../../modules/libc/index.js';

const gettime = Library.load().func('int clock_gettime(int, void *)');
const timespec = Buffer.alloc(16);

export function realTime(): number {
  gettime(0, timespec);
  return Number(timespec.readBigInt64LE(0)) * 1000 + Number(timespec.readBigInt64LE(8)) / 1e6;
}
