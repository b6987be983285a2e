import { existsSync, readFileSync, statSync, watch } from 'node:fs';
import { join } from 'node:path';
import type { KernelFile, MemorySources } from '../memory-watch.js';
import { openTrigger } from './pressure-trigger.js';

/**
 * The sources of memory pressure on Linux.
 * @param env systemd sets MEMORY_PRESSURE_WATCH to the file to watch, or to /dev/null for none
 *   (systemd.io/MEMORY_PRESSURE)
 */
export function linuxMemorySources(env: NodeJS.ProcessEnv): MemorySources {
  const pressure = env['MEMORY_PRESSURE_WATCH'] || '/proc/pressure/memory';
  const group = ownControlGroup();
  return {
    pressure: pressure === '/dev/null' ? undefined : readable(pressure),
    trigger: openTrigger,
    events: group === undefined ? undefined : readable(join(group, 'memory.events')),
    watch: (file, changed) => {
      const watcher = watch(file.path, { persistent: false }, changed);
      watcher.on('error', () => watcher.close());
      return { [Symbol.dispose]: () => watcher.close() };
    },
  };
}

function readable(path: string): KernelFile | undefined {
  try {
    // systemd.io/MEMORY_PRESSURE allows a FIFO, which would block us.
    if (!statSync(path, { bigint: true }).isFile()) return undefined;
    readFileSync(path); // fails when the kernel was started with psi=0
    return { path, read: () => readFileSync(path, 'latin1') };
  } catch {
    return undefined;
  }
}

/** The folder of this process's control group of version 2: cgroups(7), /proc/[pid]/cgroup and mountinfo. */
function ownControlGroup(): string | undefined {
  if (!existsSync('/proc/self/cgroup')) return undefined;
  const path = /^0::(\/.*)$/m.exec(readFileSync('/proc/self/cgroup', 'latin1'))?.[1];
  const mount = /^\S+ \S+ \S+ \S+ (\S+) .* - cgroup2 /m.exec(
    readFileSync('/proc/self/mountinfo', 'latin1'),
  )?.[1];
  return path === undefined || mount === undefined ? undefined : join(mount, path);
}
