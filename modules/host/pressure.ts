/** Pressure-stall information (Linux, Documentation/accounting/psi.rst). */

/** The span over which stalls are counted, in milliseconds: the shortest allowed without CAP_SYS_RESOURCE. */
export const PRESSURE_WINDOW_MS = 2000;

/** The total time for which some task has stalled, in milliseconds; undefined if the text has another form. */
export function stalledMs(text: string): number | undefined {
  const total = /^some\b.*\btotal=(\d+)/m.exec(text)?.[1];
  return total === undefined ? undefined : Number(total) / 1000;
}

/** The text that sets a trigger for `stall` ms of stalls within a window. */
export function pressureTrigger(stall: number): string {
  return `some ${stall * 1000} ${PRESSURE_WINDOW_MS * 1000}`;
}
