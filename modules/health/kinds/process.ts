import { readdir, readFile } from 'node:fs/promises';
import { HealthError } from '../errors.js';
import { beginningOf } from './beginning.js';
import type { Disks } from './disks.js';

/** A file of /proc takes a thread of the pool for some microseconds: others must have their turn. */
const AT_ONCE = 16;
/** TASK_COMM_LEN without the NUL: Linux keeps so many bytes of a name, whatever character that cuts. */
const MAX_NAME = 15;

/** Which process there must be: one of the two. */
export interface ProcessSettings {
  /** The process's name, as in /proc/PID/comm: the first 15 bytes of it count. */
  readonly name?: string | undefined;
  /** A file with its number. */
  readonly pidFile?: string | undefined;
}

/** Asks for a process. A zombie is none. */
export async function probeProcess(
  { name, pidFile }: ProcessSettings,
  signal: AbortSignal,
  disks: Disks,
): Promise<string> {
  if (pidFile !== undefined) return probePid(await disks.look(pidFile, signal, () => pidOf(pidFile)), name);
  for (const pids of batches(await readdir('/proc'))) {
    signal.throwIfAborted();
    const found = await Promise.all(pids.map((pid) => matches(pid, name)));
    const at = found.indexOf(true);
    if (at >= 0) return `process ${pids[at]}`;
  }
  throw new HealthError('EFAILED', `no process is named ${name}`);
}

async function pidOf(file: string): Promise<string> {
  const text = await beginningOf(file).catch((error: NodeJS.ErrnoException) => {
    if (error instanceof HealthError) throw error;
    throw new HealthError('EFAILED', `${file} cannot be read (${error.code})`);
  });
  const pid = /^\s*(\d+)/.exec(text)?.[1];
  if (pid === undefined) throw new HealthError('EFAILED', `${file} has no process number`);
  return pid;
}

async function probePid(pid: string, name: string | undefined): Promise<string> {
  if (!(await matches(pid, name)))
    throw new HealthError('EFAILED', `process ${pid} does not run${name === undefined ? '' : ` as ${name}`}`);
  return `process ${pid}`;
}

async function matches(pid: string, name: string | undefined): Promise<boolean> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    // The name is in brackets and may have some itself; the state follows.
    const end = stat.lastIndexOf(')');
    const [own, state] = [stat.slice(stat.indexOf('(') + 1, end), stat[end + 2]];
    return state !== 'Z' && state !== 'X' && (name === undefined || own === commOf(name));
  } catch {
    return false; // it has gone
  }
}

function commOf(name: string): string {
  return Buffer.from(name).toString('utf8', 0, MAX_NAME);
}

function* batches(entries: readonly string[]): Iterable<string[]> {
  const pids = entries.filter((entry) => /^\d+$/.test(entry));
  for (let i = 0; i < pids.length; i += AT_ONCE) yield pids.slice(i, i + AT_ONCE);
}
