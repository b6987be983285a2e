import type { Log } from '../../core/log/index.js';
import type { Random } from '../../core/random.js';
import type { StateStore } from '../../core/store.js';
import type { Succession } from '../../core/succession.js';
import type { Clock } from '../../core/time/index.js';
import type { IfnetModule } from '../ifnet/index.js';
import type { NotifyPeers } from '../notify-peers/index.js';
import type { CarpDemotion } from './demotion/demotion.js';
import type { CarpFailoverGroups } from './demotion/failover-group.js';
import type { TakeoverRehearsal } from './election/rehearsal.js';
import type { CarpStatistics } from './statistics.js';
import type { CarpTenancy } from './tenancy.js';
import type { CarpTunables } from './tunables.js';
import type { VirtualTable } from './virtual-table.js';
import type { HmacWork } from './wire/hmac.js';

/** What all vhids of a kernel share. Made by CarpModule; a part names the members it needs. */
export interface CarpContext {
  readonly clock: Clock;
  readonly random: Random;
  /** For what must survive a restart of the host. */
  readonly store: StateStore;
  readonly log: Log;
  readonly hmacWork: HmacWork;
  readonly statistics: CarpStatistics;
  readonly tunables: CarpTunables;
  readonly demotion: CarpDemotion;
  readonly failoverGroups: CarpFailoverGroups;
  readonly rehearsal: TakeoverRehearsal;
  /** Whether a predecessor is still at work: then nothing is done that others can see. */
  readonly succession: Pick<Succession, 'standby'>;
  /** The table of interfaces. */
  readonly interfaces: IfnetModule;
  /** Announces the addresses of a MASTER to the neighbours. */
  readonly peers: NotifyPeers;
  readonly virtual: VirtualTable;
  /** What runs CARP on each interface, in this process and others. */
  readonly tenancy: CarpTenancy;
  /**
   * The log for lines that strangers can provoke, limited by net.inet.carp.log; undefined if that is 0.
   *
   * @param cause a fixed text with at most a vhid's name in it, so that strangers cannot invent causes
   */
  refusalLog(cause: string): Log | undefined;
}
