import type { CarpContext } from '../../carp/context.js';
import type { CarpFaultState } from '../../carp/handover/schema.js';
import type { CarpSettings } from '../../carp/settings.js';
import type { CarpReason, CarpState } from '../../carp/state.js';
import type { Ifnet } from '../../ifnet/index.js';
import { CarpFault } from '../demotion/fault.js';
import type { CarpTrouble } from './shared-addresses.js';

/** The vhid that is to serve. */
export interface CarpFitnessOwner {
  readonly name: string;
  readonly state: CarpState;
  readonly settings: CarpSettings;
  readonly service: {
    /** The interface that carries the addresses, while it exists. */
    readonly ifp: Ifnet | undefined;
    /** Puts the addresses in place. If not all can be, removes them. @returns whether they are there */
    tryToServe(): boolean;
  };
  bowOut(): void;
  /** Announces the addresses to the neighbours. */
  announce(): void;
}

type CarpFitnessNeeds = Pick<CarpContext, 'clock' | 'demotion' | 'tunables'>;

/** Whether a vhid can put its addresses in place; what becomes of it if it cannot. */
export class CarpFitness implements Disposable {
  readonly #owner: CarpFitnessOwner;
  readonly #fault: CarpFault;

  constructor(owner: CarpFitnessOwner, { clock, demotion, tunables }: CarpFitnessNeeds) {
    this.#owner = owner;
    this.#fault = new CarpFault(owner, { clock, demotion }, 'serve', {
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
  served(trouble: CarpTrouble | undefined): void {
    const { state, settings } = this.#owner;
    if (trouble === undefined) {
      if (this.#fault.clear('its addresses are in place')) this.#owner.announce();
    } else if (this.#fault.raise(trouble.reason) && trouble.total && state === 'MASTER' && settings.bowOut) {
      this.#owner.bowOut();
    }
  }

  /**
   * Whether it may take over. After a failure it puts the addresses in place first, so that a living master does not
   * notice if it fails again. A bow-out is worth a trial at any time; in silence there is none to be disturbed.
   */
  mayTakeOver(reason: CarpReason): boolean {
    if (!this.#fault.suspected || reason === 'master timed out') return true;
    if (this.#fault.raised && reason !== 'master will time out') return false;
    return this.#owner.service.tryToServe();
  }

  /** The state may have changed. */
  follow(): void {
    this.#fault.follow();
  }

  capture(): CarpFaultState {
    return this.#fault.capture();
  }

  adopt(state: CarpFaultState): void {
    this.#fault.adopt(state);
  }

  [Symbol.dispose](): void {
    this.#fault[Symbol.dispose]();
  }
}
