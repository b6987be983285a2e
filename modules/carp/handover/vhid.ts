import type { Clock } from '../../../core/time/index.js';
import type { Ifnet } from '../../ifnet/index.js';
import { type Fitness, type VipService } from '../../vip/index.js';
import type { CarpCredentials } from '../credentials.js';
import type { CarpStanding } from '../demotion/standing.js';
import type { CarpMachine } from '../election/machine.js';
import { CarpError } from '../errors.js';
import type { HeardMaster } from '../link/heard-master.js';
import type { CarpOutput } from '../link/output.js';
import type { CarpReadiness } from '../readiness.js';
import type { CarpSettings } from '../settings.js';
import { settingsText } from '../settings-text.js';
import type { CarpState, CarpStateChange } from '../state.js';
import type { CarpVhidState } from './schema.js';

/** Announcing the addresses takes less than that: what is younger may have been cut short by a handover. */
const RECENT_MS = 5000;

/** The vhid that hands over, or takes over. */
export interface CarpHandoverOwner {
  readonly name: string;
  readonly ifname: string;
  readonly vhid: number;
  readonly ifp: Ifnet | undefined;
  readonly settings: CarpSettings;
  readonly state: CarpState;
  readonly since: number;
  /** To INIT if it cannot work, to BACKUP if it can. */
  evaluate(): void;
  readonly credentials: Pick<CarpCredentials, 'capture' | 'adopt'>;
  readonly machine: CarpMachine;
  readonly service: VipService;
}

/** The hidden parts of it that remember something. */
interface CarpVhidParts {
  readonly standing: CarpStanding;
  readonly readiness: CarpReadiness;
  readonly master: HeardMaster;
  readonly output: CarpOutput;
  readonly fitness: Fitness;
  /** For the handlers alone: it is no transition. */
  report(change: CarpStateChange): void;
}

/** How a vhid passes from one process, or one life of its module, to the next. */
export class CarpVhidHandover {
  readonly #owner: CarpHandoverOwner;
  readonly #parts: CarpVhidParts;
  readonly #clock: Clock;
  /** What a predecessor has handed over, until `begin`. */
  #inherited: CarpVhidState | undefined;
  /** The settings in words, and whose words these are: with a thousand vhids it takes time that peers do not have. */
  #words: { readonly of: CarpSettings; readonly text: string } | undefined;

  constructor(owner: CarpHandoverOwner, { clock }: { readonly clock: Clock }, parts: CarpVhidParts) {
    this.#owner = owner;
    this.#parts = parts;
    this.#clock = clock;
  }

  /** All that a successor needs to go on; until it does, the addresses of a MASTER live on. */
  capture(): CarpVhidState {
    const owner = this.#owner;
    const parts = this.#parts;
    owner.service.extend();
    return {
      ifname: owner.ifname,
      vhid: owner.vhid,
      settings: this.#settings,
      ...owner.credentials.capture(),
      added: parts.standing.added,
      readiness: parts.readiness.capture(),
      machine: owner.machine.capture(),
      master: parts.master.capture(),
      output: parts.output.capture(),
      fitness: parts.fitness.capture(),
      service: owner.service.capture(),
    };
  }

  /**
   * Makes a new vhid stand where the predecessor's stands. Nothing is sent, put on the interface or taken off.
   * @throws CarpError EHANDOVER, IfnetError
   */
  adopt(state: CarpVhidState): void {
    const owner = this.#owner;
    const { name, ifp } = owner;
    const parts = this.#parts;
    const placed = state.service.place !== null;
    if (placed && ifp?.attached !== true)
      throw new CarpError(
        'EHANDOVER',
        `carp ${name}: its interface has gone: try again when that is settled`,
      );
    owner.credentials.adopt(state);
    parts.standing.adopt(state.added);
    parts.readiness.adopt(state.readiness);
    owner.machine.adopt(state.machine);
    parts.master.adopt(state.master);
    parts.output.adopt(state.output);
    if (placed) owner.service.adopt(ifp!, state.service);
    // Last: taking a place reports that all is well there.
    parts.fitness.adopt(state.fitness);
    this.#inherited = state;
  }

  /**
   * Does in advance, while the predecessor is at work, what `adopt` does again with a newer state: what remembers and has
   * no timer. So little of the last step is done for the first time, and nothing is sent.
   */
  prepare(state: CarpVhidState): void {
    this.#owner.credentials.adopt(state);
    void this.#settings;
  }

  /**
   * The predecessor acts no more.
   *
   * @returns reports the state to the handlers, unless it has changed by then, which they know
   * @throws IfnetError or CarpError for a vhid that it did not have on the interface
   */
  begin(): () => void {
    const { readiness } = this.#parts;
    const { ifp, state, service } = this.#owner;
    const inherited = this.#inherited;
    this.#inherited = undefined;
    if (ifp !== undefined && !service.placed) {
      service.bind(ifp);
      readiness.arrived();
    }
    this.#owner.evaluate();
    if (inherited === undefined || this.#owner.state !== state) return () => undefined;
    this.#goOn(inherited);
    const { since } = this.#owner;
    return () => this.#report(state, since);
  }

  #goOn({ settings }: CarpVhidState): void {
    const { machine, service } = this.#owner;
    service.follow();
    if (this.#clock.now() - this.#owner.since < RECENT_MS) service.announce();
    if (settings !== this.#settings) {
      machine.rearm();
      machine.advertiseNow();
    }
  }

  #report(state: CarpState, since: number): void {
    if (state === 'INIT' || this.#owner.state !== state || this.#owner.since !== since) return;
    this.#parts.report({ from: 'INIT', to: state, reason: 'taken over from the former process' });
  }

  get #settings(): string {
    const { settings } = this.#owner;
    if (this.#words?.of !== settings) this.#words = { of: settings, text: settingsText(settings) };
    return this.#words.text;
  }
}
