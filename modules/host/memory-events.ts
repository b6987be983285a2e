/**
 * cgroup v2's memory.events (Linux, Documentation/admin-guide/cgroup-v2.rst): how often a limit of the control group
 * was met. `low`: reclaimed from although below its protection; `high`: throttled; `max`: about to exceed the limit;
 * `oom`: exceeded it. Kills that may follow are no reason to free memory, so they are not counted.
 */
const REASONS = ['low', 'high', 'max', 'oom'] as const;

export type MemoryEvents = Readonly<Record<(typeof REASONS)[number], number>>;

/** Counters that are missing (kernels before 5.2 lack some) count as zero. */
export function parseMemoryEvents(text: string): MemoryEvents {
  const count = (name: string): number => Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(text)?.[1] ?? 0);
  return { low: count('low'), high: count('high'), max: count('max'), oom: count('oom') };
}

/** The counters that have risen. */
export function risen(before: MemoryEvents, after: MemoryEvents): string[] {
  return REASONS.filter((reason) => after[reason] > before[reason]);
}
