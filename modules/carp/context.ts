import type { Random } from '../../core/random.js';
import type { StateStore } from '../../core/store.js';
import type { Succession } from '../../core/succession.js';
import { FailoverGroups, Leases, Tenancy, type VipContext, VirtualTable } from '../vip/index.js';
import { TakeoverRehearsal } from './election/rehearsal.js';
import type { CarpStatistics } from './statistics.js';
import { type CarpTunables, limitedLog } from './tunables.js';
import { HmacWork } from './wire/hmac.js';

/** What all vhids of a kernel share. Made by CarpModule; a part names the members it needs. */
export interface CarpContext extends VipContext {
  readonly random: Random;
  /** For what must survive a restart of the host. */
  readonly store: StateStore;
  readonly hmacWork: HmacWork;
  readonly statistics: CarpStatistics;
  readonly tunables: CarpTunables;
  readonly failoverGroups: FailoverGroups;
  readonly rehearsal: TakeoverRehearsal;
  /** Whether a predecessor is still at work: then nothing is done that others can see. */
  readonly succession: Pick<Succession, 'standby'>;
}

/** @param module what the module shows to others too */
export function makeContext(
  { statistics, tunables, demotion }: Pick<CarpContext, 'statistics' | 'tunables' | 'demotion'>,
  given: Pick<CarpContext, 'clock' | 'random' | 'store' | 'log' | 'succession' | 'interfaces' | 'peers'>,
): CarpContext {
  const { clock, log } = given;
  return {
    ...given,
    protocol: 'carp',
    statistics,
    tunables,
    demotion,
    hmacWork: new HmacWork(),
    failoverGroups: new FailoverGroups(),
    rehearsal: new TakeoverRehearsal(clock),
    virtual: new VirtualTable(),
    leases: new Leases(clock),
    tenancy: new Tenancy(),
    refusalLog: (cause) => limitedLog(log, tunables, cause),
  };
}
