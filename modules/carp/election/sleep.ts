/** A sleep of the machine is found out within so many ms of its end (modules/host/power-watch.ts). */
const TOLD_MS = 1000;

/**
 * Whether a MASTER that is told of a sleep has met its successor after that: the successor has given way, or does when it hears
 * this one. What was heard longer ago may have come before the sleep. All in ms on the kernel's clock.
 *
 * @param heardAt when it heard another one last
 * @param since since when it is MASTER
 */
export function hasMetSuccessor(heardAt: number, since: number, now: number): boolean {
  return heardAt > since && now - heardAt < TOLD_MS;
}
