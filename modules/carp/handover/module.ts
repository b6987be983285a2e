import * as v from 'valibot';
import type { Json } from '../../../core/json.js';
import { captureTunables, type DemotionLedger, type DemotionLedgerState, heirs } from '../../vip/index.js';
import { CARP_MAXSKEW } from '../demotion/demotion.js';
import { CarpError } from '../errors.js';
import type { CarpTunables } from '../tunables.js';
import { CARP_STATE_FORMAT, type CarpModuleState, type CarpVhidState, carpStateSchema } from './schema.js';
import type { CarpVhidHandover } from './vhid.js';

/** Checks what a predecessor has handed over. @throws CarpError EHANDOVER, which names what is wrong */
export function parseCarpState(state: Json): CarpModuleState {
  const result = v.safeParse(carpStateSchema, state);
  if (result.success) return result.output;
  const [issue] = result.issues;
  const where = v.getDotPath(issue) ?? 'it';
  throw new CarpError('EHANDOVER', `carp cannot take over this state: ${where} ${issue.message}`);
}

/** What the module hands over. */
export function captureState(
  { tunables, demotion }: { readonly tunables: CarpTunables; readonly demotion: DemotionLedger },
  vhids: readonly { readonly handover: Pick<CarpVhidHandover, 'capture'> }[],
  chronicle: CarpModuleState['chronicle'],
): CarpModuleState {
  return {
    format: CARP_STATE_FORMAT,
    tunables: captureTunables(tunables),
    ledger: demotion.capture(),
    ledgerShared: true,
    groups: {},
    vhids: vhids.map(({ handover }) => handover.capture()),
    chronicle,
  };
}

/** The name that a vhid has in both processes. */
function stateKey({ ifname, vhid }: Pick<CarpVhidState, 'ifname' | 'vhid'>): string {
  return `${vhid}@${ifname}`;
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

/** Each state with the vhid that goes on with it. @throws VipError EHANDOVER when one is missing here */
export function heirsOf<Vhid extends { readonly name: string }>(
  vhids: readonly Vhid[],
  { vhids: states }: CarpModuleState,
): [Vhid, CarpVhidState][] {
  return heirs('carp', vhids, states, stateKey);
}

/** Whether a predecessor has the vhid. */
export function inherits(state: CarpModuleState | undefined, { name }: { readonly name: string }): boolean {
  return state?.vhids.some((each) => stateKey(each) === name) ?? false;
}

/** In a successor that stands by. @throws VipError EHANDOVER when a vhid is missing here */
export function prepareAll(
  vhids: readonly { readonly name: string; readonly handover: Pick<CarpVhidHandover, 'prepare'> }[],
  state: CarpModuleState,
): void {
  for (const [vhid, each] of heirsOf(vhids, state)) vhid.handover.prepare(each);
}
