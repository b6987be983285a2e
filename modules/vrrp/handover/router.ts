import type { Clock } from '../../../core/time/index.js';
import type { Ifnet } from '../../ifnet/index.js';
import { type Fitness, GoingOn, type PresentReport, type VipService } from '../../vip/index.js';
import type { VrrpMachine } from '../election/machine.js';
import type { VrrpOutput } from '../link/output.js';
import type { VrrpPeers } from '../link/peers.js';
import type { SequenceGuard } from '../link/sequence-guard.js';
import type { VrrpReadiness } from '../readiness.js';
import type { VrrpSettings } from '../settings/router.js';
import type { VrrpState, VrrpStateChange } from '../state.js';
import type { VrrpRouterState } from './schema.js';

/** The virtual router that hands over, or takes over. */
export interface VrrpHandoverOwner {
  readonly protocol: string;
  readonly name: string;
  readonly ifp: Ifnet | undefined;
  readonly settings: VrrpSettings;
  readonly state: VrrpState;
  readonly since: number;
  readonly machine: VrrpMachine;
  readonly service: VipService;
  readonly output: VrrpOutput;
  readonly fitness: Fitness;
  readonly sequences: SequenceGuard;
  readonly peers: VrrpPeers;
  /** To INIT if it cannot work, to BACKUP if it can. */
  evaluate(): void;
}

/** The hidden parts of it. */
interface VrrpRouterParts {
  readonly clock: Clock;
  readonly readiness: VrrpReadiness;
  /** For the handlers alone: it is no transition. */
  readonly report: (change: VrrpStateChange) => void;
}

/** How a virtual router passes from one process, or one life of its module, to the next. */
export class VrrpRouterHandover {
  readonly #owner: VrrpHandoverOwner;
  readonly #readiness: VrrpReadiness;
  readonly #goingOn: GoingOn;

  constructor(owner: VrrpHandoverOwner, { clock, readiness, report }: VrrpRouterParts) {
    this.#owner = owner;
    this.#readiness = readiness;
    this.#goingOn = new GoingOn(owner, { clock, arrived: () => readiness.arrived(), report });
  }

  /** All that a successor needs to go on; until it does, the addresses of a MASTER live on. */
  capture(): VrrpRouterState {
    const { name, machine, sequences, peers, output, fitness, service } = this.#owner;
    service.extend();
    return {
      name,
      settings: this.#goingOn.settings,
      readiness: this.#readiness.capture(),
      machine: machine.capture(),
      sequences: sequences.capture(),
      peers: peers.capture(),
      output: output.capture(),
      fitness: fitness.capture(),
      service: service.capture(),
    };
  }

  /**
   * Makes a new virtual router stand where the predecessor's stands. Nothing is sent, put on the interface or taken off.
   * @throws VipError EHANDOVER, IfnetError
   */
  adopt(state: VrrpRouterState): void {
    const { machine, sequences, peers, output, fitness } = this.#owner;
    this.#goingOn.check(state.service);
    this.#readiness.adopt(state.readiness);
    machine.adopt(state.machine);
    sequences.adopt(state.sequences);
    peers.adopt(state.peers);
    output.adopt(state.output);
    this.#goingOn.adopt(state.settings, state.service);
    // Last: taking a place reports that all is well there.
    fitness.adopt(state.fitness);
  }

  /** The predecessor acts no more: see {@link GoingOn.begin}. */
  begin(): PresentReport {
    return this.#goingOn.begin();
  }
}
