import type { Callout, Scope } from '../../../core/index.js';
import type { CarpReason, CarpState } from '../state.js';

/** Bow-outs may be lost, and ucarp reads them up to 0.9 s late. */
const BOW_OUT_INTERVAL_MS = 1000;
const MAX_BOW_OUTS = 4;

/** A vhid that hands over. */
export interface LeavingVhid {
  readonly name: string;
  readonly state: CarpState;
  readonly settings: { readonly bowOut: boolean };
  readonly machine: { relinquish(reason: CarpReason, bowOut: boolean): void };
  bowOut(): void;
}

interface Leave {
  readonly timer: Callout;
  readonly done: (left: boolean) => void;
  sent: number;
}

/**
 * Makes a MASTER leave without a gap. It bows out and goes on serving until it hears the host that took over; only then
 * it becomes BACKUP. A MASTER that stepped down with its bow-out would leave nobody in charge until a peer has read it.
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
      this.#leaving.set(vhid, { timer, done: resolve, sent: 0 });
      this.#again(vhid);
    });
  }

  /** Another MASTER was heard: it took over. */
  heard(vhid: LeavingVhid): void {
    if (this.#leaving.has(vhid)) vhid.machine.relinquish('drained', false);
  }

  /** The state of a vhid may have changed. */
  changed(vhid: LeavingVhid): void {
    if (vhid.state !== 'MASTER') this.#end(vhid, true);
  }

  #again(vhid: LeavingVhid): void {
    const leave = this.#leaving.get(vhid);
    if (leave === undefined) return;
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
