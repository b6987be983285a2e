/** What all vhids of a kernel share. Made by CarpModule. */
import type { Log } from '../../core/log/index.js';
import type { Random } from '../../core/random.js';
import type { Clock } from '../../core/time/index.js';
import type { IfnetModule, InetAddress } from '../ifnet/index.js';
import type { CarpDemotion } from './demotion/demotion.js';
import type { CarpFailoverGroups } from './demotion/failover-group.js';
import type { CarpStateChange } from './events.js';
import type { CarpRefusalLog } from './refusals.js';
import type { CarpVirtualInterface } from './service/virtual-interface.js';
import type { CarpStatistics } from './statistics.js';
import type { CarpTunables } from './tunables.js';
import type { CarpVhid } from './vhid.js';
import type { HmacWork } from './wire/hmac.js';

export interface CarpContext {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly hmacWork: HmacWork;
  readonly refusals: CarpRefusalLog;
  readonly statistics: CarpStatistics;
  readonly tunables: CarpTunables;
  readonly demotion: CarpDemotion;
  readonly failoverGroups: CarpFailoverGroups;
  /** The table of interfaces, to look into. */
  readonly interfaces: IfnetModule;
  /** Those of the vhids that have one. */
  readonly virtual: Set<CarpVirtualInterface>;
  /** Logs it and invokes carp_state_event. */
  stateChanged(vhid: CarpVhid, change: CarpStateChange): void;
  /** Invokes carp_reassert_event. */
  reasserted(vhid: CarpVhid, peer: InetAddress): void;
  /** Announces the vhid's addresses to the neighbours; what is returned stops what is still to come. */
  announce(vhid: CarpVhid): Disposable | undefined;
}
