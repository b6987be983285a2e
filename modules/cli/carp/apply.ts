import type { Kernel, Log } from '../../../core/index.js';
import type { SysctlValue } from '../../boot/index.js';
import { ApplyError, runSteps, type Step, SysctlPlanner } from '../../boot/plan/index.js';
import { CarpModule, checkVhidOptions } from '../../carp/index.js';
import { UsageError } from '../failure.js';
import { reloadFailure } from '../reload.js';
import type { CarpPlan } from './plan.js';

/** What {@link followPlan} works with. */
export interface PlanFollower {
  readonly first: CarpPlan;
  /** Reads the plan again. */
  readonly read: () => CarpPlan;
  /** With CarpModule loaded. */
  readonly kernel: Kernel;
  readonly log: Log;
}

/** Applies the first plan, and at every host_reload the one read then. @throws what is wrong with the first plan */
export async function followPlan({ first, read, kernel, log }: PlanFollower): Promise<void> {
  const applier = new PlanApplier(kernel);
  await applier.apply(first);
  kernel.eventhandler.register('host_reload', async () => {
    try {
      await applier.apply(read());
      log.notice('settings read again');
    } catch (error) {
      log.error(reloadFailure(error));
    }
  });
}

/**
 * Brings a running CARP in line with plans, each whole or not at all: makes the vhids that are new, changes those that
 * differ, removes the others. No change is a failover by itself. A setting or sysctl that the plan no longer names gets
 * its default. Of net.inet.carp.demotion only the plan's share changes: interfaces that are down have added theirs.
 */
export class PlanApplier {
  readonly #kernel: Kernel;
  readonly #sysctls: SysctlPlanner;
  #current: CarpPlan | undefined;

  /** @param kernel with CarpModule loaded */
  constructor(kernel: Kernel) {
    this.#kernel = kernel;
    this.#sysctls = new SysctlPlanner(kernel);
  }

  /**
   * @throws UsageError for a sysctl, CarpError ESETTINGS for a vhid, or what the kernel refuses: nothing has changed
   *   then. ApplyError if not everything could be put back
   */
  async apply(plan: CarpPlan): Promise<void> {
    const wanted = sysctlsOf(plan);
    for (const sysctl of wanted) {
      const refusal = this.#sysctls.refusal(sysctl);
      if (refusal !== undefined) throw new UsageError(`sysctl ${sysctl.name}: ${refusal}`);
    }
    for (const options of plan.vhids) checkVhidOptions(options);
    const sysctls = this.#sysctls.steps(wanted, this.#current === undefined ? [] : sysctlsOf(this.#current));
    try {
      await runSteps([...sysctls.map(({ step }) => step), this.#vhids(plan)]);
    } catch (error) {
      throw error instanceof ApplyError && error.restored ? error.cause : error;
    }
    this.#current = plan;
  }

  /** The last step, so that it is never taken back. */
  #vhids({ vhids }: CarpPlan): Step {
    return {
      name: 'change the vhids',
      run: () => this.#kernel.reconfigure(CarpModule, { vhids }),
      undo: () => undefined,
    };
  }
}

function sysctlsOf({ sysctl }: CarpPlan): { name: string; value: SysctlValue }[] {
  return Object.entries(sysctl).map(([name, value]) => ({ name, value }));
}
