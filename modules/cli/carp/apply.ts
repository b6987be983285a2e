/** Brings a running CARP in line with a plan: what is new is made, what changed is changed, what is gone is removed. */
import type { Kernel, Log } from '../../../core/index.js';
import { CarpModule, checkVhidOptions } from '../../carp/index.js';
import type { CarpPlan } from './plan.js';

const DEMOTION = 'net.inet.carp.demotion';

/** Applies a plan, and the plan that `read` gives at every host_reload. @throws what is wrong with the first one */
export async function followPlan(
  first: CarpPlan,
  read: () => CarpPlan,
  kernel: Kernel,
  carp: CarpModule,
  log: Log,
): Promise<void> {
  await applyPlan(first, undefined, kernel, carp);
  let current = first;
  kernel.eventhandler.register('host_reload', async () => {
    let next: CarpPlan | undefined;
    try {
      next = read();
      await applyPlan(next, current, kernel, carp);
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
export async function applyPlan(
  plan: CarpPlan,
  before: CarpPlan | undefined,
  kernel: Kernel,
  carp: CarpModule,
): Promise<void> {
  for (const options of plan.vhids) checkVhidOptions(options);
  for (const [name, value] of Object.entries(plan.sysctl)) {
    if (name !== DEMOTION) kernel.sysctl.set(name, value);
  }
  demote(plan, before, carp);
  await kernel.reconfigure(CarpModule, { vhids: plan.vhids });
}

/** The plan's part of the demotion only: interfaces that are down have added theirs. */
function demote(plan: CarpPlan, before: CarpPlan | undefined, carp: CarpModule): void {
  const delta = Number(plan.sysctl[DEMOTION] ?? 0) - Number(before?.sysctl[DEMOTION] ?? 0);
  if (delta !== 0) carp.demote(delta, 'settings');
}
