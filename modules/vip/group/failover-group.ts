import type { VipState, VipStateChange } from '../state.js';

/** A vhid, as the others of its group see it. */
export interface FailoverMember {
  readonly state: VipState;
  /** It cannot advertise in one of its families, or not serve. */
  readonly hampered: boolean;
  /** Whether it has a claim as MASTER after the machine slept for so many ms. */
  outlasts(slept: number): boolean;
  /** Another member stopped being MASTER; `succeeded`: it yielded to a better one. */
  followDown(succeeded: boolean): void;
  /** Another member became MASTER. */
  followUp(): void;
  /** Another member heard another MASTER; `stays`: the other one will have to yield. */
  followContest(stays: boolean): void;
  /** The members count as demoted from now on. */
  followImpairment(): void;
}

/**
 * vhids that fail over together: a firewall's inside and outside.
 *
 * When one stops being MASTER, the others bow out. If it yielded to a better master they step down in silence: that
 * host's group moves as one too, and a bow-out would make every BACKUP of the other segment take over. The MASTER that they hear
 * then, which may be another host, is told of them, and nobody else.
 *
 * When their machine has slept they judge as one too: as long as one of them has a claim as MASTER, all stay. One that steps down
 * would take the others along, whose successors may have given way already.
 *
 * When one takes over, the others follow, unless they hear a better master. One that did not follow preempts a worse master later,
 * with preemption or without: else the group would stay divided between two hosts. While one of them is in INIT, lacks one of
 * its families, cannot serve, or is a BACKUP that nobody would hear, the others count as demoted, so that a complete peer is
 * preferred; without such a peer they serve. When a MASTER hears another one, the other members announce themselves too: the
 * other host's group stepped down as one, and in silence.
 */
export class FailoverGroups {
  readonly #groups = new Map<string, Set<FailoverMember>>();
  /** Groups whose members are being moved: their changes of state move no others. */
  readonly #moving = new Set<string>();

  join(name: string, vhid: FailoverMember): void {
    const members = this.#groups.get(name) ?? new Set();
    this.#groups.set(name, members.add(vhid));
  }

  leave(name: string, vhid: FailoverMember): void {
    const members = this.#groups.get(name);
    members?.delete(vhid);
    if (members?.size === 0) this.#groups.delete(name);
  }

  /** Whether another member is out of service, wholly or in one family. */
  impaired(name: string, vhid: FailoverMember): boolean {
    for (const member of this.#groups.get(name) ?? [])
      if (member !== vhid && (member.state === 'INIT' || member.hampered)) return true;
    return false;
  }

  /** Whether another member is MASTER. */
  serves(name: string, vhid: FailoverMember): boolean {
    for (const member of this.#groups.get(name) ?? [])
      if (member !== vhid && member.state === 'MASTER') return true;
    return false;
  }

  /** Whether another member has a claim as MASTER after the machine slept for so many ms. */
  outlast(name: string, vhid: FailoverMember, slept: number): boolean {
    for (const member of this.#groups.get(name) ?? [])
      if (member !== vhid && member.outlasts(slept)) return true;
    return false;
  }

  /** A member lacks one of its families from now on: the others say at once that they count as demoted. */
  impair(name: string, vhid: FailoverMember): void {
    for (const member of this.#groups.get(name) ?? []) if (member !== vhid) member.followImpairment();
  }

  /** A member heard another MASTER; `stays`: the other one will have to yield. */
  contested(name: string, vhid: FailoverMember, stays: boolean): void {
    for (const member of this.#groups.get(name) ?? []) if (member !== vhid) member.followContest(stays);
  }

  /** A member changed its state: the others follow. `succeeded`: it yielded to a better one. */
  follow(
    name: string,
    vhid: FailoverMember,
    { from, to }: Pick<VipStateChange, 'from' | 'to'>,
    succeeded: boolean,
  ): void {
    if (this.#moving.has(name)) return;
    this.#moving.add(name);
    try {
      for (const member of this.#groups.get(name) ?? []) {
        if (member === vhid) continue;
        if (from === 'MASTER') member.followDown(succeeded);
        else if (to === 'MASTER') member.followUp();
      }
    } finally {
      this.#moving.delete(name);
    }
  }
}
