import type { Log } from '../../core/log/index.js';
import type { Random } from '../../core/random.js';
import type { StateStore } from '../../core/store.js';
import type { Succession } from '../../core/succession.js';
import type { Clock } from '../../core/time/index.js';
import type { IfnetModule } from '../ifnet/index.js';
import type { NotifyPeers } from '../notify-peers/index.js';
import type { CarpLedger } from '../vip/demotion/ledger.js';
import { CarpFailoverGroups } from '../vip/group/failover-group.js';
import { VirtualTable } from '../vip/place/virtual-table.js';
import { CarpLeases } from '../vip/service/leases.js';
import { CarpTenancy } from '../vip/service/tenancy.js';
import { TakeoverRehearsal } from './election/rehearsal.js';
import type { CarpStatistics } from './statistics.js';
import { type CarpTunables, limitedLog } from './tunables.js';
import { HmacWork } from './wire/hmac.js';

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
  readonly demotion: CarpLedger;
  readonly failoverGroups: CarpFailoverGroups;
  readonly rehearsal: TakeoverRehearsal;
  /** Whether a predecessor is still at work: then nothing is done that others can see. */
  readonly succession: Pick<Succession, 'standby'>;
  /** The table of interfaces. */
  readonly interfaces: IfnetModule;
  /** Announces the addresses of a MASTER to the neighbours. */
  readonly peers: NotifyPeers;
  readonly virtual: VirtualTable;
  /** Renews the addresses of MASTERs. */
  readonly leases: CarpLeases;
  /** What runs CARP on each interface, in this process and others. */
  readonly tenancy: CarpTenancy;
  /**
   * The log for lines that strangers can provoke, limited by net.inet.carp.log; undefined if that is 0.
   *
   * @param cause a fixed text with at most a vhid's name in it, so that strangers cannot invent causes
   */
  refusalLog(cause: string): Log | undefined;
}

/** @param module what the module shows to others too */
export function makeContext(
  { statistics, tunables, demotion }: Pick<CarpContext, 'statistics' | 'tunables' | 'demotion'>,
  given: Pick<CarpContext, 'clock' | 'random' | 'store' | 'log' | 'succession' | 'interfaces' | 'peers'>,
): CarpContext {
  const { clock, log } = given;
  return {
    ...given,
    statistics,
    tunables,
    demotion,
    hmacWork: new HmacWork(),
    failoverGroups: new CarpFailoverGroups(),
    rehearsal: new TakeoverRehearsal(clock),
    virtual: new VirtualTable(),
    leases: new CarpLeases(clock),
    tenancy: new CarpTenancy(),
    refusalLog: (cause) => limitedLog(log, tunables, cause),
  };
}
