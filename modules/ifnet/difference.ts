/** @module What counts as a change between two reports. */
import type { InetAddress } from './address.js';
import type { IfAddress, IfnetState } from './state.js';

/**
 * Whether the difference is worth an ifaddr_event. Remaining lifetimes run down by themselves: where the driver stamps
 * their last setting, the stamp decides, else the values do. The renewal of a short one is not.
 */
export function changedAddress(a: IfAddress, b: IfAddress): boolean {
  return (
    a.tentative !== b.tentative ||
    a.deprecated !== b.deprecated ||
    a.secondary !== b.secondary ||
    (a.dadFailed ?? false) !== (b.dadFailed ?? false) ||
    a.scope !== b.scope ||
    a.vhid !== b.vhid ||
    a.protocol !== b.protocol ||
    !sameOptional(a.broadcast, b.broadcast) ||
    !sameOptional(a.peer, b.peer) ||
    changedLifetimes(a, b)
  );
}

/** A lifetime so short is renewed as a sign of life, and says nothing new. */
const SIGN_OF_LIFE_MS = 256_000;

function changedLifetimes(a: IfAddress, b: IfAddress): boolean {
  if (isSignOfLife(a) && isSignOfLife(b)) return false;
  if (a.stamp !== undefined && b.stamp !== undefined) return a.stamp !== b.stamp;
  return a.validMs !== b.validMs || a.preferredMs !== b.preferredMs;
}

/** What a vhid holds is renewed with its advertisements, however long it lives. A lease is preferred for a shorter time. */
function isSignOfLife({ validMs, preferredMs, vhid }: IfAddress): boolean {
  if (validMs === undefined) return false;
  return vhid !== undefined || (validMs < SIGN_OF_LIFE_MS && preferredMs === validMs);
}

function sameOptional(a: InetAddress | undefined, b: InetAddress | undefined): boolean {
  return a === undefined || b === undefined ? a === b : a.equals(b);
}

/** How often the link went down between two reports, as far as the driver counts it. */
export function downsBetween(old: IfnetState, state: IfnetState): number {
  return (state.carrierDowns ?? 0) - (old.carrierDowns ?? 0);
}

/** Members of `a` not in `b`. */
export function setDifference<T>(a: ReadonlySet<T>, b: ReadonlySet<T>): T[] {
  return [...a].filter((member) => !b.has(member));
}
