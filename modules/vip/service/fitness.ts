import type { Ifnet } from '../../ifnet/index.js';
import type { VipContext } from '../context.js';
import { Fault } from '../demotion/fault.js';
import type { FitnessState } from '../handover/schema.js';
import type { VipState } from '../state.js';
import type { Trouble } from './trouble.js';

/** The vhid that is to serve. */
export interface FitnessOwner {
  readonly name: string;
  readonly state: VipState;
  readonly settings: { readonly bowOut: boolean };
  readonly service: {
    /** The interface that carries the addresses, while it exists. */
    readonly ifp: Ifnet | undefined;
    /** Puts in place what it can without a peer's notice. If that fails, removes it. @returns whether it is there */
    tryToServe(): boolean;
  };
  bowOut(): void;
  /** Announces the addresses to the neighbours. */
  announce(): void;
}

/** When a BACKUP would take over: in `silence` there is no master, with a `bow-out` it leaves, `contest`: it is worse. */
export type TakeoverOccasion = 'silence' | 'bow-out' | 'contest';

type FitnessNeeds = Pick<VipContext, 'clock' | 'demotion' | 'protocol' | 'tunables'>;

/** Whether a vhid can put its addresses in place; what becomes of it if it cannot. */
export class Fitness implements Disposable {
  readonly #owner: FitnessOwner;
  readonly #fault: Fault;
  /** It serves no address, by the last report. */
  #servesNone = false;

  constructor(owner: FitnessOwner, { clock, demotion, protocol, tunables }: FitnessNeeds) {
    this.#owner = owner;
    this.#fault = new Fault(owner, { clock, demotion, protocol }, 'serve', {
      amount: () => tunables.ifdownDemotionFactor.value,
      concerns: ({ name }) => name === owner.name,
      mayBeGone: () => owner.service.ifp !== undefined,
    });
  }

  /** It is known that it cannot serve, wholly or in part. */
  get failing(): boolean {
    return this.#fault.raised;
  }

  /**
   * The addresses are in place, or (`trouble`) are not. A MASTER that serves none bows out, for the peers that go by no
   * demotion. It stays MASTER until it hears one of them: if there is none, it goes on trying.
   */
  served(trouble: Trouble | undefined): void {
    const servedNone = this.#servesNone;
    this.#servesNone = trouble?.total === true;
    if (trouble === undefined) {
      if (this.#fault.clear('its addresses are in place')) this.#owner.announce();
      return;
    }
    // It may have been raised while some addresses were left.
    const news = this.#fault.raise(trouble.reason) || !servedNone;
    const { state, settings } = this.#owner;
    if (news && this.#servesNone && state === 'MASTER' && settings.bowOut) this.#owner.bowOut();
  }

  /**
   * Whether it may take over. After a failure it puts the addresses in place first, so that a living master does not
   * notice if it fails again. A bow-out is worth a trial at any time; in silence there is none to be disturbed.
   */
  mayTakeOver(occasion: TakeoverOccasion): boolean {
    if (!this.#fault.suspected || occasion === 'silence') return true;
    if (this.#fault.raised && occasion !== 'bow-out') return false;
    return this.#owner.service.tryToServe();
  }

  /** The state may have changed. */
  follow(): void {
    this.#fault.follow();
  }

  capture(): FitnessState {
    return { ...this.#fault.capture(), servesNone: this.#servesNone };
  }

  adopt({ servesNone, ...fault }: FitnessState): void {
    this.#fault.adopt(fault);
    // What was said once is not said again.
    this.#servesNone = servesNone ?? fault.raised;
  }

  /** Leaves its fault to a successor. */
  give(): void {
    this.#fault.give();
  }

  [Symbol.dispose](): void {
    this.#fault[Symbol.dispose]();
  }
}
