import type { VipState, VipStateChange } from '../state.js';
import type { FailoverGroups, FailoverMember } from './failover-group.js';

/** The state machine of the vhid. */
export interface GroupMachine {
  readonly state: VipState;
  readonly knowsBetter: boolean;
  /** Whether it has a claim as MASTER after the machine slept for so many ms. */
  outlasts(slept: number): boolean;
  takeOver(reason: 'failover group'): void;
  relinquish(reason: 'failover group', bowOut?: boolean): void;
  remind(atOnce: boolean): void;
  advertiseNow(): void;
}

/** One vhid's membership in a failover group, or in none: what it reports to the others, and how it follows them. */
export class GroupMember implements FailoverMember {
  readonly #groups: FailoverGroups;
  readonly #machine: GroupMachine;
  readonly #isHampered: () => boolean;
  #group: string | undefined;

  /** @param isHampered whether the vhid cannot advertise in one of its families, or not serve, or as BACKUP not follow */
  constructor(groups: FailoverGroups, machine: GroupMachine, isHampered: () => boolean) {
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

  /** Whether another member has a claim as MASTER after the machine slept for so many ms. */
  othersOutlast(slept: number): boolean {
    return this.#group !== undefined && this.#groups.outlast(this.#group, this, slept);
  }

  /**
   * The vhid's state changed: the others follow what its handlers have made of it by now.
   * @param succeeded it yielded to a better one
   */
  changed({ from }: VipStateChange, succeeded: boolean): void {
    const to = this.state;
    if (this.#group !== undefined && to !== from)
      this.#groups.follow(this.#group, this, { from, to }, succeeded);
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

  get state(): VipState {
    return this.#machine.state;
  }

  get hampered(): boolean {
    return this.#isHampered();
  }

  outlasts(slept: number): boolean {
    return this.#machine.outlasts(slept);
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
