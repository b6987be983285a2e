import type { Clock } from '../../../core/time/index.js';
import type { Ifnet } from '../../ifnet/index.js';
import { VipError } from '../errors.js';
import type { VipService } from '../service/service.js';
import { settingsText } from '../settings/text.js';
import type { VipState } from '../state.js';
import type { PresentReport } from './heirs.js';
import type { VipServiceState } from './schema.js';

/** Announcing the addresses takes less than that: what is younger may have been cut short by a handover. */
const RECENT_MS = 5000;

/** The virtual host that takes over. */
export interface GoingOnOwner {
  readonly protocol: string;
  readonly name: string;
  readonly ifp: Ifnet | undefined;
  readonly settings: object;
  readonly state: VipState;
  readonly since: number;
  /** To INIT if it cannot work, to BACKUP if it can. */
  evaluate(): void;
  readonly machine: {
    /** Settings have changed. */
    rearm(): void;
    advertiseNow(): void;
  };
  readonly service: Pick<VipService, 'placed' | 'bind' | 'adopt' | 'follow' | 'announce'>;
}

/** The state of a virtual host for the handlers: it is no transition. */
export interface PresentState {
  readonly from: 'INIT';
  readonly to: VipState;
  readonly reason: 'taken over from the former process';
}

/** How it is connected. */
interface GoingOnNeeds {
  readonly clock: Clock;
  /** Its interface has arrived, for one that the predecessor did not have there. */
  arrived(): void;
  readonly report: (present: PresentState) => void;
}

/** How a virtual host that has adopted a predecessor's state goes on: what every protocol does alike. */
export class GoingOn {
  readonly #owner: GoingOnOwner;
  readonly #needs: GoingOnNeeds;
  /** The predecessor's settings in words, from `adopt` to `begin`. */
  #inherited: string | undefined;
  /** The settings in words, and whose words these are: with a thousand of them it takes time that peers do not have. */
  #words: { readonly of: object; readonly text: string } | undefined;

  constructor(owner: GoingOnOwner, needs: GoingOnNeeds) {
    this.#owner = owner;
    this.#needs = needs;
  }

  /** The settings in words, by which a successor sees whether its own differ. */
  get settings(): string {
    const { settings } = this.#owner;
    if (this.#words?.of !== settings) this.#words = { of: settings, text: settingsText(settings) };
    return this.#words.text;
  }

  /** Before anything is adopted. @throws VipError EHANDOVER if the interface has gone that the addresses are on */
  check({ place }: VipServiceState): void {
    const { protocol, name, ifp } = this.#owner;
    if (place !== null && ifp?.attached !== true)
      throw new VipError(
        'EHANDOVER',
        `${protocol} ${name}: its interface has gone: try again when that is settled`,
      );
  }

  /**
   * Goes on with what the predecessor has put in place. Nothing is changed there.
   * @param settings the predecessor's, in words
   */
  adopt(settings: string, service: VipServiceState): void {
    if (service.place !== null) this.#owner.service.adopt(this.#owner.ifp!, service);
    this.#inherited = settings;
  }

  /**
   * The predecessor acts no more.
   *
   * @returns reports the state to the handlers, unless it has changed by then, which they know
   * @throws IfnetError, VipError or the protocol's error for one that it did not have on the interface
   */
  begin(): PresentReport {
    const owner = this.#owner;
    const { ifp, state, service } = owner;
    const inherited = this.#inherited;
    this.#inherited = undefined;
    if (ifp !== undefined && !service.placed) {
      service.bind(ifp);
      this.#needs.arrived();
    }
    owner.evaluate();
    if (inherited === undefined || owner.state !== state) return () => undefined;
    this.#goOn(inherited);
    const { since } = owner;
    return () => this.#report(state, since);
  }

  #goOn(inherited: string): void {
    const { machine, service, since } = this.#owner;
    service.follow();
    if (this.#needs.clock.now() - since < RECENT_MS) service.announce();
    if (inherited === this.settings) return;
    machine.rearm();
    machine.advertiseNow();
  }

  #report(state: VipState, since: number): void {
    if (state === 'INIT' || this.#owner.state !== state || this.#owner.since !== since) return;
    this.#needs.report({ from: 'INIT', to: state, reason: 'taken over from the former process' });
  }
}
