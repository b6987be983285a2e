import type { CarpReason, CarpState, CarpStateChange } from '../../carp/state.js';
import type { CarpFailoverGroups, FailoverMember } from './failover-group.js';

/** The state machine of the vhid. */
export interface CarpGroupMachine {
  readonly state: CarpState;
  readonly knowsBetter: boolean;
  takeOver(reason: CarpReason): void;
  relinquish(reason: CarpReason, bowOut?: boolean): void;
  remind(atOnce: boolean): void;
  advertiseNow(): void;
}

/** One vhid's membership in a failover group, or in none: what it reports to the others, and how it follows them. */
export class CarpGroupMember implements FailoverMember {
  readonly #groups: CarpFailoverGroups;
  readonly #machine: CarpGroupMachine;
  readonly #isHampered: () => boolean;
  #group: string | undefined;

  /** @param isHampered whether the vhid cannot advertise in one of its families, or not serve */
  constructor(groups: CarpFailoverGroups, machine: CarpGroupMachine, isHampered: () => boolean) {
    this.#groups = groups;
    this.#machine = machine;
    this.#isHampered = isHampered;
  }

  /** Leaves the former group. */
  join(group: string | undefined): void {
    if (group === this.#group) return;
    if (this.#group !== undefined) this.#groups.leave(this.#group, this);
    if (group !== undefined) this.#groups.join(group, this);
    this.#group = group;
  }

  /** Whether another member is out of service. */
  get impaired(): boolean {
    return this.#group !== undefined && this.#groups.impaired(this.#group, this);
  }

  /** Whether another member is MASTER. */
  get serves(): boolean {
    return this.#group !== undefined && this.#groups.serves(this.#group, this);
  }

  /** The vhid's state changed: the others follow. */
  changed(change: CarpStateChange): void {
    if (this.#group !== undefined) this.#groups.follow(this.#group, this, change);
  }

  /** The vhid heard another MASTER; `stays`: the other one will have to yield. */
  contested(stays: boolean): void {
    if (this.#group !== undefined) this.#groups.contested(this.#group, this, stays);
  }

  /** The vhid lacks one of its families from now on. */
  impair(): void {
    if (this.#group !== undefined) this.#groups.impair(this.#group, this);
  }

  // ---- FailoverMember: for the others

  get state(): CarpState {
    return this.#machine.state;
  }

  get hampered(): boolean {
    return this.#isHampered();
  }

  followDown(succeeded: boolean): void {
    this.#machine.relinquish('failover group', succeeded ? false : undefined);
  }

  followUp(): void {
    if (!this.#machine.knowsBetter) this.#machine.takeOver('failover group');
  }

  followContest(stays: boolean): void {
    this.#machine.remind(stays);
  }

  followImpairment(): void {
    this.#machine.advertiseNow();
  }
}
