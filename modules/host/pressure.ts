/** Pressure-stall information (Linux, Documentation/accounting/psi.rst). */

/** The span over which stalls are counted, ms: the shortest that a process without CAP_SYS_RESOURCE may ask for. */
export const PRESSURE_WINDOW = 2000;

/** @returns for how long in all, in milliseconds, some task has stalled; undefined when the text is not of that form */
export function stalledMs(text: string): number | undefined {
  const total = /^some\b.*\btotal=(\d+)/m.exec(text)?.[1];
  return total === undefined ? undefined : Number(total) / 1000;
}

/** What to write into a pressure file to be woken after `stall` ms of stalls within a window. */
export function pressureTrigger(stall: number): string {
  return `some ${stall * 1000} ${PRESSURE_WINDOW * 1000}`;
}
