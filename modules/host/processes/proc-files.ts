/** What /proc has of other processes: proc(5). A process may be gone before it is looked at. */

import { existsSync, readFileSync } from 'node:fs';
import { constants } from 'node:os';
import type { ProcessStatus } from '../process-table.js';

/** What is read of other processes. */
export interface ProcFiles {
  /** The name of the program, cut to 15 bytes by the kernel; undefined if the process is gone. */
  name(pid: number): string | undefined;
  /** How many bytes the process has written in its life; undefined if it is gone, or may not be asked. */
  written(pid: number): number | undefined;
  exists(pid: number): boolean;
  /** Where cores go: core(5). */
  corePattern(): string;
}

export const procFiles: ProcFiles = {
  name: (pid) => read(`/proc/${pid}/comm`),
  written: (pid) => {
    const bytes = /^wchar: (\d+)$/m.exec(read(`/proc/${pid}/io`) ?? '')?.[1];
    return bytes === undefined ? undefined : Number(bytes);
  },
  exists: (pid) => existsSync(`/proc/${pid}`),
  corePattern: () => read('/proc/sys/kernel/core_pattern') ?? '',
};

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').replace(/\n$/, '');
  } catch {
    return undefined;
  }
}

const SIGNALS = new Map(Object.entries(constants.signals).map(([name, number]) => [number, name]));

/** What wait(2) says of a process that has ended. */
export function statusOf(code: number): ProcessStatus {
  const signal = code & 0x7f;
  if (signal === 0) return { code: (code >> 8) & 0xff, signal: null };
  return { code: null, signal: SIGNALS.get(signal) ?? `SIG${signal}` };
}
