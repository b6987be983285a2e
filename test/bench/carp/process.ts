/** What a process costs, from /proc: CPU time of all its threads and children, memory. */
import { readdirSync, readFileSync } from 'node:fs';
import { elapse, type Program } from '../../lab/support/index.js';

/** The share of one core that each of these takes, children included, over so many seconds. */
export async function cpuShares<Role extends string>(
  programs: Readonly<Record<Role, Program>>,
  seconds: number,
): Promise<Record<Role, number>> {
  const roles = Object.keys(programs) as Role[];
  const now = () => ({ at: performance.now(), cpu: roles.map((role) => cpuTime(programs[role].pid)) });
  const start = now();
  await elapse(seconds * 1000);
  const end = now();
  const ns = (end.at - start.at) * 1e6;
  const shares = roles.map((role, i) => [role, (end.cpu[i]! - start.cpu[i]!) / ns]);
  return Object.fromEntries(shares) as Record<Role, number>;
}

/** Nanoseconds on a CPU so far (proc(5), schedstat). */
export function cpuTime(pid: number): number {
  let total = 0;
  for (const task of tasks(pid)) {
    total += Number(read(`/proc/${pid}/task/${task}/schedstat`).split(' ')[0] ?? 0);
  }
  for (const child of childrenOf(pid)) total += cpuTime(child);
  return total;
}

/** The processes that any of its threads has started. */
export function childrenOf(pid: number): number[] {
  return tasks(pid).flatMap((task) =>
    read(`/proc/${pid}/task/${task}/children`).split(' ').filter(Boolean).map(Number),
  );
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
