import type { Random } from '../../../core/random.js';
import type { Clock } from '../../../core/time/index.js';
import type { InetAddress, InetFamily } from '../../ifnet/index.js';
import type { CarpSettings } from '../settings.js';
import type { CarpStateChange } from '../state.js';
import type { CarpStatistics } from '../statistics.js';
import type { CarpContender } from './election.js';

/** What the machine asks of the vhid around it. */
export interface CarpMachineHost {
  readonly name: string;
  readonly settings: CarpSettings;
  readonly preempt: boolean;
  /** The families of the vhid's addresses. */
  readonly families: readonly InetFamily[];
  /** advskew with demotion. */
  readonly advskew: number;
  contender(family: InetFamily): CarpContender;
  /** Sends one advertisement to every peer, in every family. */
  advertise(): void;
  bowOut(): void;
  /** Reads what the sockets hold. */
  drain(): void;
  stateChanged(change: CarpStateChange): void;
  announce(): void;
  /** Another MASTER was heard; `stays`: it will have to yield. */
  contested(stays: boolean): void;
  reasserted(peer: InetAddress): void;
}

/** What the machine needs of the kernel. */
export interface CarpMachineNeeds {
  readonly clock: Clock;
  readonly random: Random;
  readonly statistics: Pick<CarpStatistics, 'ties' | 'reasserts' | 'preempt' | 'pauses'>;
}
