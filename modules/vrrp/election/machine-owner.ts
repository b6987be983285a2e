import type { Random } from '../../../core/random.js';
import type { Counter } from '../../../core/sysctl/index.js';
import type { Clock } from '../../../core/time/index.js';
import type { InetAddress } from '../../ifnet/index.js';
import type { TakeoverOccasion } from '../../vip/index.js';
import type { VrrpStateChange } from '../state.js';
import type { VrrpVersion } from '../wire/header.js';
import type { VrrpHeard } from './heard-master.js';

/** The settings that the state machine goes by. */
export interface VrrpMachineSettings {
  readonly version: VrrpVersion;
  /** Milliseconds between our advertisements. */
  readonly interval: number;
  /** A master that misses so many is taken for dead: 3 in the RFC. */
  readonly downAdverts: number;
  /** How long a lower priority must be heard before it is preempted, in ms. */
  readonly preemptDelay: number;
}

/** The virtual router whose state machine it is: what the machine reads, and what it makes it do. */
export interface VrrpMachineOwner {
  readonly name: string;
  readonly settings: VrrpMachineSettings;
  /** 1 to 255, with demotion; 255: it owns the addresses. */
  readonly priority: number;
  /** Whether it replaces a master of a lower priority. */
  readonly preempt: boolean;
  /** Whether another member of its failover group is MASTER: then it replaces a master that would lose a tie with it, too. */
  readonly groupServes: boolean;
  /** Whether another member of its failover group has a claim as MASTER after such a sleep of the machine, in ms. */
  groupOutlasts(slept: number): boolean;
  /**
   * Whether neighbours may have learnt another link-layer address of this host than the winner's: those of its own addresses
   * without a virtual MAC, or of what fails over with it.
   */
  readonly leavesTraces: boolean;
  /** Where its advertisements come from. */
  readonly source: InetAddress | undefined;
  /** Does all that a takeover does before it is seen, but sends nothing: it may be needed in a moment. */
  rehearse(): void;
  /**
   * Sends one advertisement.
   * @param interval what it says, in ms; default: the one of the settings
   * @returns whether the network took it, for one peer at least
   */
  advertise(interval?: number): boolean;
  /** Sends one of priority 0: it stops, and the others need not wait. */
  resign(): void;
  /** It has been silent too long, and hears this MASTER: has that announce itself. */
  standBack(peer: VrrpHeard): void;
  /** The timer's advertisement has left, `late` ms after it was due. */
  advertised(late: number): void;
  /** Reads what the sockets hold. */
  drain(): void;
  /** Whether it can serve, as far as that can be found out before it takes over. */
  mayTakeOver(occasion: TakeoverOccasion): boolean;
  /** Called when state and timers are set and a new MASTER has advertised; may change the state again. */
  stateChanged(change: VrrpStateChange): void;
  /** Announces the addresses to the neighbours. */
  announce(): void;
  /** Another MASTER was heard; `stays`: it will have to yield. */
  contested(stays: boolean): void;
}

/** What the machine needs of the kernel. */
export interface VrrpMachineNeeds {
  readonly clock: Clock;
  readonly random: Random;
  readonly statistics: Readonly<
    Record<'become_master' | 'asserts' | 'pauses' | 'prio_zero_heard', Pick<Counter, 'add'>>
  >;
}
