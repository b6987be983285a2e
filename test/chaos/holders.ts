/** Who had the shared address when, and for how long two had it. */

/** A host gets or loses the address, or its connection with the others. */
export interface Change {
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly host: string;
  readonly holds: boolean;
}

/** A line of `ip -ts -o monitor address` in UTC; undefined where it is of another address. */
export function parseChange(line: string, host: string, address: string): Change | undefined {
  const match = /^\[([\d-]+T[\d:.]+)\] (Deleted )?\d+: \S+\s+inet (\S+?)\//.exec(line);
  if (match === null || match[3] !== address) return undefined;
  return { time: Date.parse(`${match[1]!.slice(0, 23)}Z`), host, holds: match[2] === undefined };
}

/** A stretch of time, in ms since the epoch. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
}

export function lengthOf({ from, to }: Stretch): number {
  return to - from;
}

/** Milliseconds between two moments in which more than one host had the address. */
export function sharedFor(changes: readonly Change[], { from, to }: Stretch): number {
  const holders = new Set<string>();
  let [total, since] = [0, from];
  const pass = (time: number): void => {
    const now = Math.min(Math.max(time, from), to);
    if (holders.size > 1) total += now - since;
    since = now;
  };
  for (const { time, host, holds } of changes.toSorted((a, b) => a.time - b.time)) {
    pass(time);
    if (holds) holders.add(host);
    else holders.delete(host);
  }
  pass(to);
  return total;
}

/** The hosts that have it at the end. */
export function holdersAfter(changes: readonly Change[]): string[] {
  const holders = new Set<string>();
  for (const { host, holds } of changes.toSorted((a, b) => a.time - b.time)) {
    if (holds) holders.add(host);
    else holders.delete(host);
  }
  return [...holders].toSorted();
}
