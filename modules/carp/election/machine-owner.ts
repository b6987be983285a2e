import type { Random } from '../../../core/random.js';
import type { Counter } from '../../../core/sysctl/index.js';
import type { Clock } from '../../../core/time/index.js';
import type { InetAddress, InetFamily } from '../../ifnet/index.js';
import type { CarpSettings } from '../settings.js';
import type { CarpReason, CarpStateChange, CarpVoice } from '../state.js';
import type { CarpContender } from './election.js';

/** The vhid whose state machine it is: what the machine reads, and what it makes it do. */
export interface CarpMachineOwner {
  readonly name: string;
  readonly settings: CarpSettings;
  /** Whether it takes over from slower masters. */
  readonly preempt: boolean;
  /**
   * Whether another vhid of its failover group is MASTER: then it takes over from a slower
   * master even without preemption, and from an equal one that would lose the tie.
   */
  readonly groupServes: boolean;
  /** Whether another member of its failover group has a claim as MASTER after such a sleep of the machine, in ms. */
  groupOutlasts(slept: number): boolean;
  /** The families of the vhid's addresses. */
  readonly families: readonly InetFamily[];
  /** advskew with demotion. */
  readonly advskew: number;
  /** How it can advertise, in the family in which it can best. */
  readonly voice: CarpVoice;
  /** Our side of an election. */
  contender(family: InetFamily): CarpContender;
  /** Does all that a takeover will do, as far as nobody sees it. */
  rehearse(): void;
  /** Sends one advertisement to every peer, in every family. @returns whether the network took it, in one at least */
  advertise(): boolean;
  /** The timer's advertisement has left, `late` ms after it was due. */
  advertised(late: number): void;
  /** Sends one bow-out to every peer. */
  bowOut(): void;
  /** Reads what the sockets hold. @param late by how many ms the timer that asks for it is */
  drain(late?: number): void;
  /** Calls back when all that has arrived was heard, in the order of the calls. */
  afterReading(claim: () => void): void;
  /** As BACKUP it would take over, and cannot make itself heard. */
  unfit(reason: CarpReason): void;
  /** As BACKUP it hears the master in another family only. */
  unheard(family: InetFamily): void;
  /** The family that missed the master hears it. */
  heardAgain(family: InetFamily): void;
  /** Whether it can serve, as far as that can be found out before it takes over. */
  mayTakeOver(reason: CarpReason): boolean;
  /**
   * Called when state and timers are set and a new MASTER has advertised; may change the state again.
   * @param silent it has yielded to one that would yield too if it heard ours
   */
  stateChanged(change: CarpStateChange, silent: boolean): void;
  /** Announces the addresses to the neighbours; `contested`: another MASTER was heard. */
  announce(contested?: boolean): void;
  /** Another MASTER was heard; `stays`: it will have to yield. */
  contested(stays: boolean): void;
  /** A worse MASTER was heard, and we stay. */
  reasserted(peer: InetAddress): void;
}

/** What the machine needs of the kernel. */
export interface CarpMachineNeeds {
  readonly clock: Clock;
  readonly random: Random;
  readonly statistics: Readonly<Record<'ties' | 'reasserts' | 'preempt' | 'pauses', Pick<Counter, 'add'>>>;
}
