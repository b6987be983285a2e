import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import type { ProgramSettings } from './settings.js';

/** Starts a program in a session and process group of its own, in `/`. @throws what spawn throws */
export function launch(
  { command, user }: ProgramSettings,
  args: readonly string[],
  options: Pick<SpawnOptions, 'env' | 'stdio'>,
): ChildProcess {
  const words =
    typeof command === 'string' ? ['/bin/sh', '-c', command, 'sh', ...args] : [...command, ...args];
  // runuser(1) sets the user's groups too, which spawn's uid and gid leave as they are.
  const [file = '', ...rest] = user === undefined ? words : ['runuser', '-u', user, '--', ...words];
  return spawn(file, rest, { ...options, cwd: '/', detached: true });
}

/** Signals the process group of a program that `launch` has started. */
export function signalGroup(child: ChildProcess | undefined, signal: NodeJS.Signals): void {
  if (child?.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // None of the group is left.
  }
}
