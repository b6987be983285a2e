import type { VrrpState } from '../state.js';

/** The timers of a virtual router at one moment. */
export interface VrrpTimers {
  readonly state: VrrpState;
  /** When the state was entered, on the kernel's clock in ms. */
  readonly since: number;
  readonly now: number;
  /** Adver_Timer; undefined: not armed. */
  readonly advertisement: number | undefined;
  /** Active_Down_Timer; undefined: not armed. */
  readonly masterDown: number | undefined;
  /** A MASTER goes by its own interval. */
  readonly learnt: number | undefined;
}

/** The invariants that the timers violate while no event is being handled, in words. Simulations assert that there are none. */
export function violations({ state, since, now, advertisement, masterDown, learnt }: VrrpTimers): string[] {
  const found: string[] = [];
  const must = (holds: boolean, otherwise: string): void => void (holds || found.push(otherwise));
  must(since <= now, `entered ${state} at ${since}, in the future`);
  must((advertisement !== undefined) === (state === 'MASTER'), `advertisement timer in ${state}`);
  must((masterDown !== undefined) === (state === 'BACKUP'), `master-down timer in ${state}`);
  must(learnt === undefined || state === 'BACKUP', `a learnt interval in ${state}`);
  for (const due of [advertisement ?? now, masterDown ?? now]) must(due >= now, `a timer was due at ${due}`);
  return found;
}
