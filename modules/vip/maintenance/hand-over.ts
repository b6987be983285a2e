import type { Callout, Scope } from '../../../core/index.js';
import type { VipState } from '../state.js';
import type { VipSettings } from '../vip.js';

/** Bow-outs may be lost, and ucarp reads them up to 0.9 s late. */
const BOW_OUT_INTERVAL_MS = 1000;
const MAX_BOW_OUTS = 4;
/** A new MASTER advertises first; its address and its announcement follow within some milliseconds. */
const LINGER_MS = 50;

/** A vhid that hands over. */
export interface LeavingVhid {
  readonly name: string;
  readonly state: VipState;
  readonly settings: VipSettings;
  readonly machine: { relinquish(reason: 'drained', bowOut: boolean): void };
  bowOut(): void;
}

interface Leave {
  readonly timer: Callout;
  readonly done: (left: boolean) => void;
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
  readonly #leaving = new Map<LeavingVhid, Leave>();

  constructor(scope: Scope) {
    this.#scope = scope;
  }

  /** @returns whether it is no longer MASTER; false after four seconds in which no peer was heard */
  leave(vhid: LeavingVhid): Promise<boolean> {
    if (vhid.state !== 'MASTER') return Promise.resolve(true);
    return new Promise((resolve) => {
      const timer = this.#scope.callout(`${vhid.name} hand-over`, () => this.#again(vhid));
      this.#leaving.set(vhid, { timer, done: resolve, sent: 0, relieved: false });
      this.#again(vhid);
    });
  }

  /** Another MASTER was heard: it took over. @returns whether the vhid leaves, and must not judge what it heard */
  heard(vhid: LeavingVhid): boolean {
    const leave = this.#leaving.get(vhid);
    if (leave === undefined) return false;
    if (!leave.relieved) leave.timer.reset(LINGER_MS);
    leave.relieved = true;
    return true;
  }

  /** The state of a vhid may have changed. */
  changed(vhid: LeavingVhid): void {
    if (vhid.state !== 'MASTER') this.#end(vhid, true);
  }

  #again(vhid: LeavingVhid): void {
    const leave = this.#leaving.get(vhid);
    if (leave === undefined) return;
    if (leave.relieved) return vhid.machine.relinquish('drained', false);
    if (leave.sent++ >= MAX_BOW_OUTS) return this.#end(vhid, false);
    if (vhid.settings.bowOut) vhid.bowOut();
    leave.timer.reset(BOW_OUT_INTERVAL_MS);
  }

  #end(vhid: LeavingVhid, left: boolean): void {
    const leave = this.#leaving.get(vhid);
    if (leave === undefined) return;
    this.#leaving.delete(vhid);
    leave.timer[Symbol.dispose]();
    leave.done(left);
  }
}
