import type { InetFamily } from '../../ifnet/index.js';
import type { CarpState } from '../state.js';
import type { CarpMachineOwner } from './machine-owner.js';

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

/** The invariants that the timers violate while no event is being handled, in words. */
export function violations(timers: CarpTimers): string[] {
  const { state, since, now, advertisement, masterDown, families } = timers;
  const found: string[] = [];
  if (since > now) found.push(`entered ${state} at ${since}, in the future`);
  if ((advertisement !== undefined) !== (state === 'MASTER')) found.push(`advertisement timer in ${state}`);
  // In a BACKUP, a family that misses the master which another one hears does not wait for it.
  let fits = state === 'BACKUP' ? masterDown.size > 0 : masterDown.size === 0;
  for (const family of masterDown.keys()) fits &&= families.includes(family);
  if (!fits)
    found.push(`${state} with master-down timers for ${[...masterDown.keys()].join(' and ') || 'nothing'}`);
  if (advertisement !== undefined && advertisement < now) found.push(`a timer was due at ${advertisement}`);
  for (const due of masterDown.values()) if (due < now) found.push(`a timer was due at ${due}`);
  return found;
}

/** For simulations. @throws Error if the timers of the vhid do not fit its state */
export function assertSound(
  { name, families }: Pick<CarpMachineOwner, 'name' | 'families'>,
  timers: Omit<CarpTimers, 'families'>,
): void {
  const found = violations({ ...timers, families });
  if (found.length > 0) throw new Error(`${name}: ${found.join('; ')}`);
}
