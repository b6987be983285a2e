/** Control groups that a test makes for the processes of a systemd of its own. */
import { existsSync, readdirSync, readFileSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { waitFor } from './wait.js';

/** Where systemd keeps its processes: the named hierarchy of version 1, or the only one of version 2. */
export const CGROUPS = ['/sys/fs/cgroup/systemd', '/sys/fs/cgroup'].find((path) =>
  existsSync(join(path, 'cgroup.procs')),
);

/** Removes a control group from the leaves up, unless systemd has done so. What still runs in there was started by this systemd. */
export async function removeCgroup(path: string): Promise<void> {
  if (!existsSync(path)) return;
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    if (entry.isDirectory()) await removeCgroup(join(path, entry.name));
  }
  const members = (): string[] =>
    readFileSync(join(path, 'cgroup.procs'), 'utf8').split('\n').filter(Boolean);
  for (const pid of members()) process.kill(Number(pid), 'SIGKILL');
  await waitFor('the control group to be empty', 5000, () => members().length === 0);
  rmdirSync(path);
}
