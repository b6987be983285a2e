/** What must hold of a vhid's timers whenever nothing is being handled; looked at by simulations only. */
import type { InetFamily } from '../../ifnet/index.js';
import type { CarpState } from '../state.js';

export interface CarpTimers {
  readonly state: CarpState;
  /** When the state was entered, and the present, on the kernel's clock in ms. */
  readonly since: number;
  readonly now: number;
  /** When the next advertisement is due, and when each family's master is taken for dead; undefined: not armed. */
  readonly advertisement: number | undefined;
  readonly masterDown: ReadonlyMap<InetFamily, number>;
  /** The families of the shared addresses. */
  readonly families: readonly InetFamily[];
}

/** What does not hold, in words; empty if all is well. */
export function violations(timers: CarpTimers): string[] {
  const { state, since, now, advertisement, masterDown, families } = timers;
  const found: string[] = [];
  const must = (holds: boolean, otherwise: string): void => void (holds || found.push(otherwise));
  must(since <= now, `entered ${state} at ${since}, in the future`);
  must((advertisement !== undefined) === (state === 'MASTER'), `advertisement timer in ${state}`);
  const expected = state === 'BACKUP' ? families : [];
  const armed = [...masterDown.keys()];
  must(
    String(armed) === String(expected),
    `${state} with master-down timers for ${armed.join(' and ') || 'nothing'}`,
  );
  for (const due of [advertisement ?? now, ...masterDown.values()])
    must(due >= now, `a timer was due at ${due}`);
  return found;
}
