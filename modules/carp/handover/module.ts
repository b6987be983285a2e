import * as v from 'valibot';
import type { Json } from '../../../core/json.js';
import { type Clock, Slices } from '../../../core/time/index.js';
import type { DemotionLedgerState } from '../../vip/index.js';
import { CARP_MAXSKEW } from '../demotion/demotion.js';
import { CarpError } from '../errors.js';
import type { CarpTunables } from '../tunables.js';
import { type CarpModuleState, type CarpVhidState, carpStateSchema } from './schema.js';
import type { CarpVhidHandover } from './vhid.js';

/** Checks what a predecessor has handed over. @throws CarpError EHANDOVER, which names what is wrong */
export function parseCarpState(state: Json): CarpModuleState {
  const result = v.safeParse(carpStateSchema, state);
  if (result.success) return result.output;
  const [issue] = result.issues;
  const where = v.getDotPath(issue) ?? 'it';
  throw new CarpError('EHANDOVER', `carp cannot take over this state: ${where} ${issue.message}`);
}

/** The name that a vhid has in both processes. */
export function stateKey({ ifname, vhid }: Pick<CarpVhidState, 'ifname' | 'vhid'>): string {
  return `${vhid}@${ifname}`;
}

export function captureTunables(tunables: CarpTunables): Record<string, number | boolean> {
  return Object.fromEntries(Object.entries(tunables).map(([name, { value }]) => [name, value]));
}

/**
 * Sets what a predecessor has set otherwise than by default, or otherwise than it said `before`: settings that the
 * successor's own file has made in between stay. The demotion is the ledger's.
 */
export function adoptTunables(
  tunables: CarpTunables,
  values: CarpModuleState['tunables'],
  before: CarpModuleState['tunables'] | undefined,
): void {
  for (const [name, node] of Object.entries(tunables)) {
    const [now, former] = [values[name], before?.[name] ?? node.default];
    if (now === undefined || now === former || typeof now !== typeof former) continue;
    if (node !== tunables.demotion) node.value = now;
  }
}

/** A predecessor's ledger. One from before there was a ledger has sums: what is not its vhids' own counts as written. */
export function ledgerOf(
  { ledger, groups, tunables, vhids }: CarpModuleState,
  now: number,
): DemotionLedgerState {
  if (ledger !== null) return ledger;
  const written = Number(tunables['demotion'] ?? 0) - vhids.reduce((sum, { added }) => sum + added, 0);
  const counters = Object.entries(groups).map(([group, steps]) => ({
    by: 'operator',
    reason: 'user requested',
    amount: steps * CARP_MAXSKEW,
    since: now,
    vhids: null,
    group,
  }));
  return [
    { by: 'sysctl', reason: 'sysctl', amount: written, since: now, vhids: null, group: null },
    ...counters,
  ].filter(({ amount }) => amount !== 0);
}

/** Each state with the vhid that goes on with it. @throws CarpError EHANDOVER when one is missing here */
export function heirs<Vhid extends { readonly name: string }>(
  vhids: readonly Vhid[],
  states: readonly CarpVhidState[],
): [Vhid, CarpVhidState][] {
  const own = new Map(vhids.map((vhid) => [vhid.name, vhid]));
  const missing = states.map(stateKey).filter((key) => !own.has(key));
  if (missing.length > 0)
    throw new CarpError(
      'EHANDOVER',
      `carp: the settings lack ${missing.join(', ')}, which runs: remove it with carpet config apply first`,
    );
  return states.map((state) => [own.get(stateKey(state))!, state]);
}

/** Whether a predecessor has the vhid. */
export function inherits(state: CarpModuleState | undefined, { name }: { readonly name: string }): boolean {
  return state?.vhids.some((each) => stateKey(each) === name) ?? false;
}

/** In a successor that stands by. @throws CarpError EHANDOVER when a vhid is missing here */
export function prepareAll(
  vhids: readonly { readonly name: string; readonly handover: Pick<CarpVhidHandover, 'prepare'> }[],
  state: CarpModuleState,
): void {
  for (const [vhid, each] of heirs(vhids, state.vhids)) vhid.handover.prepare(each);
}

/** Reports a vhid's state to the handlers, unless it has changed by then. */
export type PresentReport = () => void;

/** After the advertisements that have come due while the processes changed places, and in slices between them. */
export async function reportInSlices(reports: readonly PresentReport[], clock: Clock): Promise<void> {
  const slices = new Slices(clock);
  await slices.next();
  for (const report of reports) {
    if (slices.over) await slices.next();
    report();
  }
}
