import * as v from 'valibot';
import { type Scope, table } from '../../../core/index.js';
import type { Drained, DrainOptions } from './maintenance.js';

const vhid = v.optional(
  v.pipe(
    v.string(),
    v.nonEmpty(),
    v.description('one of them and its failover group: 1@eth0; default: all of this host'),
  ),
);

const drainInput = v.strictObject({
  vhid,
  reason: v.optional(
    v.pipe(v.string(), v.nonEmpty(), v.maxLength(200), v.description('for the status and the log')),
  ),
  force: v.optional(
    v.pipe(v.boolean(), v.description('although no peer is known that could take over')),
    false,
  ),
});

/** What the verbs act on. */
export interface MaintenanceVerbsOwner {
  drain(options: DrainOptions): Promise<Drained[]>;
  undrain(options: Pick<DrainOptions, 'vhid'>): Promise<Drained[]>;
}

/**
 * Offers `drain` and `undrain` for as long as the scope is open, by a protocol's name too: what is drained is the host,
 * whatever shares its addresses.
 *
 * @param prefix `carp.`
 */
export function registerMaintenanceVerbs(
  scope: Scope,
  maintenance: MaintenanceVerbsOwner,
  prefix: '' | `${string}.` = '',
): void {
  scope.verb({
    name: `${prefix}drain`,
    summary: 'leave for maintenance: services first, then the addresses, until undrain',
    access: 'write',
    input: drainInput,
    positional: ['vhid'],
    run: (options) => maintenance.drain(options),
    text: drainedText,
  });
  scope.verb({
    name: `${prefix}undrain`,
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
  const warning = `no peer took over ${stay.join(', ')}: this host serves until it hears one, or is drained once more`;
  return [statesText(vhids), ...(stay.length > 0 ? [warning] : [])].join('\n');
}

const FORGOTTEN =
  'a restart of carpet undoes this: there is no state folder that can be written (--state-dir)';

function statesText(vhids: readonly Drained[]): string {
  const states = table(
    ['NAME', 'STATE'],
    vhids.map(({ name, state }) => [name, state]),
  );
  return vhids.some(({ kept }) => kept === false) ? `${states}\n${FORGOTTEN}` : states;
}
