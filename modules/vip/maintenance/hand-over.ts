import type { Callout, Scope } from '../../../core/index.js';
import { VipError } from '../errors.js';
import type { VipState } from '../state.js';
import type { VipSettings } from '../vip.js';

/** Bow-outs may be lost. */
const MAX_BOW_OUTS = 4;
/** A new MASTER advertises first; its address and its announcement follow within some milliseconds. */
const LINGER_MS = 50;

/** A virtual host that hands over. */
export interface LeavingVip {
  readonly name: string;
  readonly state: VipState;
  readonly settings: VipSettings;
  readonly machine: { relinquish(reason: 'drained', bowOut: boolean): void };
  /** How long a peer that has heard a bow-out takes to take over at most, in ms. */
  readonly successionTime: number;
  /** Says that a peer should take over, but goes on as MASTER. */
  bowOut(): void;
  /** It is MASTER no longer, and the peer that took over was heard. */
  handedOver?(): void;
}

interface Leave {
  readonly timer: Callout;
  readonly done: (left: boolean) => void;
  readonly failed: (error: VipError) => void;
  sent: number;
  /** The host that took over was heard. */
  relieved: boolean;
}

/**
 * Makes a MASTER leave without a gap. It bows out and goes on serving until it hears the host that took over, and for a
 * moment more, in which that one puts the address in place and announces it; only then it becomes BACKUP. A MASTER that stepped down with its bow-out would leave nobody in charge until a peer has read it.
 */
export class HandOvers {
  readonly #scope: Scope;
  readonly #leaving = new Map<LeavingVip, Leave>();

  constructor(scope: Scope) {
    this.#scope = scope;
  }

  /** How long these take to leave at most, in ms. */
  static longest(vips: readonly LeavingVip[]): number {
    return MAX_BOW_OUTS * Math.max(0, ...vips.map(({ successionTime }) => successionTime)) + LINGER_MS;
  }

  /**
   * @returns whether it is no longer MASTER; false if no peer was heard to take over, after four bow-outs
   * @throws VipError ECLOSED if its module ended before that
   */
  leave(vip: LeavingVip): Promise<boolean> {
    if (vip.state !== 'MASTER') return Promise.resolve(true);
    return new Promise((done, failed) => {
      const timer = this.#scope.callout(`${vip.name} hand-over`, () => this.#again(vip));
      this.#leaving.set(vip, { timer, done, failed, sent: 0, relieved: false });
      this.#again(vip);
    });
  }

  /** Its module ends, and leaves it to a successor as it is. */
  abandon(vip: LeavingVip): void {
    const ended = new VipError('ECLOSED', `${vip.name}: its module ended while it handed over`);
    this.#take(vip)?.failed(ended);
  }

  /** Another MASTER was heard: it took over. @returns whether it leaves, and must not judge what it heard */
  heard(vip: LeavingVip): boolean {
    const leave = this.#leaving.get(vip);
    if (leave === undefined) return false;
    if (!leave.relieved) leave.timer.reset(LINGER_MS);
    leave.relieved = true;
    return true;
  }

  /** The state of a virtual host may have changed. */
  changed(vip: LeavingVip): void {
    if (vip.state === 'MASTER') return;
    if (this.#leaving.get(vip)?.relieved === true) vip.handedOver?.();
    this.#end(vip, true);
  }

  #again(vip: LeavingVip): void {
    const leave = this.#leaving.get(vip);
    if (leave === undefined) return;
    if (leave.relieved) return vip.machine.relinquish('drained', false);
    if (leave.sent++ >= MAX_BOW_OUTS) return this.#end(vip, false);
    if (vip.settings.bowOut) vip.bowOut();
    leave.timer.reset(vip.successionTime);
  }

  #end(vip: LeavingVip, left: boolean): void {
    this.#take(vip)?.done(left);
  }

  #take(vip: LeavingVip): Leave | undefined {
    const leave = this.#leaving.get(vip);
    this.#leaving.delete(vip);
    leave?.timer[Symbol.dispose]();
    return leave;
  }
}
