import type { InetFamily } from '../../ifnet/index.js';
import type { CarpState } from '../state.js';

/** The timers of a vhid at one moment. */
export interface CarpTimers {
  readonly state: CarpState;
  /** When the state was entered, on the kernel's clock in ms. */
  readonly since: number;
  /** The present time, on the same clock. */
  readonly now: number;
  /** When the next advertisement is due; undefined: not armed. */
  readonly advertisement: number | undefined;
  /** When the master of each family is taken for dead, for each timer that is armed. */
  readonly masterDown: ReadonlyMap<InetFamily, number>;
  /** The families of the shared addresses. */
  readonly families: readonly InetFamily[];
}

/** The invariants that the timers violate while no event is being handled, in words. Simulations assert that there are none. */
export function violations(timers: CarpTimers): string[] {
  const { state, since, now, advertisement, masterDown, families } = timers;
  const found: string[] = [];
  const must = (holds: boolean, otherwise: string): void => void (holds || found.push(otherwise));
  must(since <= now, `entered ${state} at ${since}, in the future`);
  must((advertisement !== undefined) === (state === 'MASTER'), `advertisement timer in ${state}`);
  const armed = [...masterDown.keys()];
  // In a BACKUP, a family that misses the master which another one hears does not wait for it.
  const fits = state === 'BACKUP' ? armed.length > 0 : armed.length === 0;
  must(
    fits && armed.every((family) => families.includes(family)),
    `${state} with master-down timers for ${armed.join(' and ') || 'nothing'}`,
  );
  for (const due of [advertisement ?? now, ...masterDown.values()])
    must(due >= now, `a timer was due at ${due}`);
  return found;
}
