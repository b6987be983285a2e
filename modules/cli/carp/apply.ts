import { describe, type Kernel, type Log } from '../../../core/index.js';
import { CarpModule, checkVhidOptions } from '../../carp/index.js';
import type { CarpPlan } from './plan.js';

const DEMOTION = 'net.inet.carp.demotion';

/** What {@link followPlan} works with. */
export interface PlanFollower {
  readonly first: CarpPlan;
  /** Reads the plan again. */
  readonly read: () => CarpPlan;
  readonly kernel: Kernel;
  readonly carp: CarpModule;
  readonly log: Log;
}

/** Applies the first plan, and at every host_reload the one read then. @throws what is wrong with the first plan */
export async function followPlan({ first, read, kernel, carp, log }: PlanFollower): Promise<void> {
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
      log.error(`${what}: ${describe(error)}`);
    }
    current = next ?? current;
  });
}

/**
 * Brings a running CARP in line with a plan: makes the vhids that are new, changes those that differ, removes the others.
 * No change is a failover by itself. A setting that the plan no longer names gets its default; a sysctl keeps its value.
 * A wrong setting of a vhid is found before anything changes.
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

/** Changes only the plan's share of the demotion: interfaces that are down have added theirs. */
function demote(plan: CarpPlan, before: CarpPlan | undefined, carp: CarpModule): void {
  const delta = Number(plan.sysctl[DEMOTION] ?? 0) - Number(before?.sysctl[DEMOTION] ?? 0);
  if (delta !== 0) carp.demote(delta, 'settings');
}
