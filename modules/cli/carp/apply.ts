/** Brings a running CARP in line with a plan: what is new is made, what changed is changed, what is gone is removed. */
import type { Kernel, Log } from '../../../core/index.js';
import {
  type CarpModule,
  type CarpVhid,
  type CarpVhidChanges,
  type CarpVhidOptions,
  checkVhidOptions,
} from '../../carp/index.js';
import type { CarpPlan } from './plan.js';

const DEMOTION = 'net.inet.carp.demotion';

/** Applies a plan, and the plan that `read` gives at every host_reload. @throws what is wrong with the first one */
export function followPlan(
  first: CarpPlan,
  read: () => CarpPlan,
  kernel: Kernel,
  carp: CarpModule,
  log: Log,
): void {
  applyPlan(first, undefined, kernel, carp);
  let current = first;
  kernel.eventhandler.register('host_reload', () => {
    let next: CarpPlan | undefined;
    try {
      next = read();
      applyPlan(next, current, kernel, carp);
      log.notice('settings read again');
    } catch (error) {
      const what = next === undefined ? 'settings not changed' : 'not all settings are in force';
      log.error(`${what}: ${error instanceof Error ? error.message : String(error)}`);
    }
    current = next ?? current;
  });
}

/**
 * No change is a failover by itself. A setting that the plan does not name any more has its default again; a sysctl
 * keeps its value. A vhid's setting that cannot be is found before anything is changed.
 *
 * @param before the plan in force so far
 */
export function applyPlan(
  plan: CarpPlan,
  before: CarpPlan | undefined,
  kernel: Kernel,
  carp: CarpModule,
): void {
  for (const options of plan.vhids) checkVhidOptions(options);
  for (const [name, value] of Object.entries(plan.sysctl)) {
    if (name !== DEMOTION) kernel.sysctl.set(name, value);
  }
  demote(plan, before, carp);
  const wanted = new Map(plan.vhids.map((options) => [keyOf(options), options]));
  for (const vhid of carp.list()) if (!wanted.has(keyOf(vhid))) carp.remove(vhid);
  for (const options of wanted.values()) {
    const there = carp.get(options.ifname, options.vhid);
    if (there === undefined) carp.create(options);
    else there.configure(changesTo(there, options));
  }
}

/** The plan's part of the demotion only: interfaces that are down have added theirs. */
function demote(plan: CarpPlan, before: CarpPlan | undefined, carp: CarpModule): void {
  const delta = Number(plan.sysctl[DEMOTION] ?? 0) - Number(before?.sysctl[DEMOTION] ?? 0);
  if (delta !== 0) carp.demote(delta, 'settings');
}

function changesTo(
  there: CarpVhid,
  { ifname: _ifname, vhid: _vhid, ...named }: CarpVhidOptions,
): CarpVhidChanges {
  const { ifname: _there, vhid: _number, ...settings } = there.settings;
  const defaults = Object.fromEntries(Object.keys(settings).map((name) => [name, undefined]));
  return { ...defaults, ...named } as CarpVhidChanges;
}

function keyOf({ ifname, vhid }: Pick<CarpVhidOptions, 'ifname' | 'vhid'>): string {
  return `${vhid}@${ifname}`;
}
