import type { Random } from '../../core/random.js';
import type { StateStore } from '../../core/store.js';
import type { Succession } from '../../core/succession.js';
import type { VipContext, VipModule } from '../vip/index.js';
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
  readonly rehearsal: TakeoverRehearsal;
  /** Whether a predecessor is still at work: then nothing is done that others can see. */
  readonly succession: Pick<Succession, 'standby'>;
}

/**
 * @param module what the module shows to others too
 * @param vip what all protocols share
 */
export function makeContext(
  { statistics, tunables }: Pick<CarpContext, 'statistics' | 'tunables'>,
  given: Pick<CarpContext, 'clock' | 'random' | 'store' | 'log' | 'succession'>,
  { shared }: Pick<VipModule, 'shared'>,
): CarpContext {
  return {
    ...given,
    ...shared,
    protocol: 'carp',
    statistics,
    tunables,
    hmacWork: new HmacWork(),
    rehearsal: new TakeoverRehearsal(given.clock),
    refusalLog: (cause) => limitedLog(given.log, tunables, cause),
  };
}
