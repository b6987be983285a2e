/**
 * The verbs of a running kernel's CARP: what ifconfig(8) does on FreeBSD.
 *
 * @module
 */
import * as v from 'valibot';
import { type Scope, table } from '../../core/index.js';
import { type DemotionStatus, type MaintenanceVerbsOwner, registerMaintenanceVerbs } from '../vip/index.js';
import { type DemotionVerbsOwner, demotionsText, registerDemotionVerbs } from './demotion-verbs.js';
import { CarpError } from './errors.js';
import type { CarpVhidStatus } from './status.js';
import type { CarpVhid } from './vhid.js';

/** What the verbs act on. */
export interface CarpVerbsOwner extends DemotionVerbsOwner {
  /** The vhids, in the order of their creation. */
  list(): CarpVhid[];
  readonly maintenance: MaintenanceVerbsOwner;
}

const STATES = ['backup', 'master', 'init'] as const;

const stateInput = v.strictObject({
  vhid: v.pipe(v.string(), v.description('which one: 1@eth0, or all')),
  state: v.pipe(
    v.picklist(STATES),
    v.description('backup hands the addresses over, master takes them, init leaves the election'),
  ),
});

/** Offers `carp`, `carp.state` and the verbs of demotion and maintenance for as long as the scope is open. */
export function registerCarpVerbs(scope: Scope, carp: CarpVerbsOwner): void {
  registerDemotionVerbs(scope, carp);
  registerMaintenanceVerbs(scope, carp.maintenance, 'carp.');
  scope.verb({
    name: 'carp',
    summary: 'show the vhids: state, timers, addresses',
    access: 'read',
    run: () => carp.list().map((vhid) => vhid.toJSON()),
    text: statusText,
  });
  scope.verb({
    name: 'carp.state',
    summary: 'hand over, take over or leave the election, for one vhid or all',
    access: 'write',
    input: stateInput,
    positional: ['vhid', 'state'],
    run({ vhid: name, state }) {
      const chosen = choose(carp, name);
      for (const vhid of chosen) vhid.setState(stateOf(state));
      return chosen.map((vhid) => ({ name: vhid.name, state: vhid.state }));
    },
    text: (done: { name: string; state: string }[]) =>
      done.map(({ name, state }) => `${name} is ${state}`).join('\n'),
  });
}

function stateOf(name: (typeof STATES)[number]): 'BACKUP' | 'MASTER' | 'INIT' {
  return name === 'backup' ? 'BACKUP' : name === 'master' ? 'MASTER' : 'INIT';
}

function choose(carp: CarpVerbsOwner, name: string): CarpVhid[] {
  const all = carp.list();
  const chosen = name === 'all' ? all : all.filter((vhid) => vhid.name === name);
  if (chosen.length > 0) return chosen;
  const names = all.map((vhid) => vhid.name).join(', ');
  throw new CarpError(
    'ENOENT',
    `there is no vhid ${name}; ${names === '' ? 'there are none' : `there are: ${names}`}`,
  );
}

function statusText(vhids: readonly CarpVhidStatus[]): string {
  if (vhids.length === 0) return 'no vhid is configured';
  const rows = vhids.map(({ name, state, advbase, advskew, advskewSent, preempt, addresses, master }) => [
    name,
    state,
    `${advbase} s`,
    advskewSent === advskew ? String(advskew) : `${advskew} (sends ${advskewSent})`,
    preempt ? 'yes' : 'no',
    masterText(master),
    addresses.join(' '),
  ]);
  const head = ['VHID', 'STATE', 'ADVBASE', 'ADVSKEW', 'PREEMPT', 'MASTER HEARD', 'ADDRESSES'];
  const causes = distinct(vhids.flatMap(({ demotions = [] }) => demotions));
  return [table(head, rows), ...(causes.length > 0 ? ['', demotionsText(causes)] : [])].join('\n');
}

/** `10.88.0.1 (1 s, 0) 0.4 s ago`: its advbase and advskew. */
function masterText(master: CarpVhidStatus['master']): string {
  if (master === undefined) return '-';
  const { address, advbase, advskew, heardAgo } = master;
  return `${address} (${advbase} s, ${advskew}) ${(heardAgo / 1000).toFixed(1)} s ago`;
}

/** What demotes several vhids is said once. */
function distinct(causes: readonly DemotionStatus[]): DemotionStatus[] {
  const keyed = causes.map((cause) => [`${cause.by} ${cause.on} ${cause.reason}`, cause] as const);
  return [...new Map(keyed).values()];
}
