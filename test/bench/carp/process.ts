/** What a process costs, from /proc: CPU time of all its threads and children, memory. */
import { readdirSync, readFileSync } from 'node:fs';

/** Nanoseconds on a CPU so far (proc(5), schedstat). */
export function cpuTime(pid: number): number {
  let total = 0;
  for (const task of tasks(pid)) {
    total += Number(read(`/proc/${pid}/task/${task}/schedstat`).split(' ')[0] ?? 0);
    for (const child of read(`/proc/${pid}/task/${task}/children`).split(' ')) {
      if (child !== '') total += cpuTime(Number(child));
    }
  }
  return total;
}

/** The largest resident set it ever had, MiB, without children. */
export function peakResidentMiB(pid: number): number {
  return Number(/VmHWM:\s+(\d+)/.exec(read(`/proc/${pid}/status`))?.[1] ?? Number.NaN) / 1024;
}

function tasks(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/task`);
  } catch {
    return [];
  }
}

/** A process or thread may end between two looks. */
function read(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return '';
  }
}
