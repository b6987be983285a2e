import type { Random } from '../../core/random.js';
import type { StateStore } from '../../core/store.js';
import type { Succession } from '../../core/succession.js';
import type { VipContext } from '../vip/index.js';
import type { VrrpRehearsal } from './election/rehearsal.js';
import type { VrrpStatistics } from './statistics.js';
import type { VrrpTunables } from './tunables.js';

/** What all virtual routers of a kernel share. Made by VrrpModule; a part names the members it needs. */
export interface VrrpContext extends VipContext {
  readonly random: Random;
  /** For what must survive a restart of the host. */
  readonly store: StateStore;
  readonly statistics: VrrpStatistics;
  readonly tunables: VrrpTunables;
  readonly rehearsal: VrrpRehearsal;
  /** Whether a predecessor is still at work: then nothing is done that others can see. */
  readonly succession: Pick<Succession, 'standby'>;
}
