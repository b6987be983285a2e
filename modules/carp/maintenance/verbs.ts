import * as v from 'valibot';
import { type Scope, table } from '../../../core/index.js';
import type { Drained, DrainOptions } from '../../vip/index.js';

const vhid = v.optional(v.pipe(v.string(), v.nonEmpty(), v.description('one of them: 1@eth0; default: all')));

const drainInput = v.strictObject({
  vhid,
  reason: v.optional(
    v.pipe(v.string(), v.nonEmpty(), v.maxLength(200), v.description('for the status and the log')),
  ),
  force: v.optional(v.pipe(v.boolean(), v.description('although no peer was heard')), false),
});

/** What the verbs act on. */
export interface MaintenanceVerbsOwner {
  drain(options: DrainOptions): Promise<Drained[]>;
  undrain(options: Pick<DrainOptions, 'vhid'>): Promise<Drained[]>;
}

/** Offers `carp.drain` and `carp.undrain` for as long as the scope is open. */
export function registerMaintenanceVerbs(scope: Scope, maintenance: MaintenanceVerbsOwner): void {
  scope.verb({
    name: 'carp.drain',
    summary: 'leave for maintenance: services first, then the addresses, until undrain',
    access: 'write',
    input: drainInput,
    positional: ['vhid'],
    run: (options) => maintenance.drain(options),
    text: drainedText,
  });
  scope.verb({
    name: 'carp.undrain',
    summary: 'come back from maintenance',
    access: 'write',
    input: v.strictObject({ vhid }),
    positional: ['vhid'],
    run: (options) => maintenance.undrain(options),
    text: statesText,
  });
}

function drainedText(vhids: readonly Drained[]): string {
  const stay = vhids.filter(({ state }) => state === 'MASTER').map(({ name }) => name);
  const warning = `no peer took over ${stay.join(', ')}: this host serves until it hears one`;
  return [statesText(vhids), ...(stay.length > 0 ? [warning] : [])].join('\n');
}

const FORGOTTEN =
  'this could not be written to the state folder (--state-dir): a restart of carpet undoes it';

function statesText(vhids: readonly Drained[]): string {
  const states = table(
    ['VHID', 'STATE'],
    vhids.map(({ name, state }) => [name, state]),
  );
  return vhids.some(({ kept }) => kept === false) ? `${states}\n${FORGOTTEN}` : states;
}
