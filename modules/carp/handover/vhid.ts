import type { Clock } from '../../../core/time/index.js';
import { type Fitness, GoingOn, type PresentReport, type VipService } from '../../vip/index.js';
import type { CarpCredentials } from '../credentials.js';
import type { CarpStanding } from '../demotion/standing.js';
import type { CarpMachine } from '../election/machine.js';
import type { HeardMaster } from '../link/heard-master.js';
import type { CarpOutput } from '../link/output.js';
import type { CarpReadiness } from '../readiness.js';
import type { CarpStateChange } from '../state.js';
import type { CarpVhid } from '../vhid.js';
import type { CarpVhidState } from './schema.js';

/** The vhid that hands over, or takes over. */
export interface CarpHandoverOwner
  extends Pick<CarpVhid, 'protocol' | 'name' | 'ifname' | 'vhid' | 'ifp' | 'settings' | 'state' | 'since'> {
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
  readonly #goingOn: GoingOn;

  constructor(owner: CarpHandoverOwner, { clock }: { readonly clock: Clock }, parts: CarpVhidParts) {
    this.#owner = owner;
    this.#parts = parts;
    this.#goingOn = new GoingOn(owner, {
      clock,
      arrived: () => parts.readiness.arrived(),
      report: (present) => parts.report(present),
    });
  }

  /** All that a successor needs to go on; until it does, the addresses of a MASTER live on. */
  capture(): CarpVhidState {
    const owner = this.#owner;
    const parts = this.#parts;
    owner.service.extend();
    return {
      ifname: owner.ifname,
      vhid: owner.vhid,
      settings: this.#goingOn.settings,
      ...owner.credentials.capture(),
      added: parts.standing.added,
      readiness: parts.readiness.capture(),
      machine: owner.machine.capture(),
      master: parts.master.capture(),
      peers: parts.master.capturePeers(),
      output: parts.output.capture(),
      fitness: parts.fitness.capture(),
      service: owner.service.capture(),
    };
  }

  /**
   * Makes a new vhid stand where the predecessor's stands. Nothing is sent, put on the interface or taken off.
   * @throws VipError EHANDOVER, IfnetError
   */
  adopt(state: CarpVhidState): void {
    const owner = this.#owner;
    const parts = this.#parts;
    this.#goingOn.check(state.service);
    owner.credentials.adopt(state);
    parts.standing.adopt(state.added);
    parts.readiness.adopt(state.readiness);
    owner.machine.adopt(state.machine);
    parts.master.adopt(state.master, state.peers);
    parts.output.adopt(state.output);
    this.#goingOn.adopt(state.settings, state.service);
    // Last: taking a place reports that all is well there.
    parts.fitness.adopt(state.fitness);
  }

  /**
   * Does in advance, while the predecessor is at work, what `adopt` does again with a newer state: what remembers and has
   * no timer. So little of the last step is done for the first time, and nothing is sent.
   */
  prepare(state: CarpVhidState): void {
    const { credentials, service, ifp } = this.#owner;
    credentials.adopt(state);
    if (ifp?.attached === true) service.prepare(ifp, state.service);
    void this.#goingOn.settings;
  }

  /** The predecessor acts no more: see {@link GoingOn.begin}. */
  begin(): PresentReport {
    return this.#goingOn.begin();
  }
}
