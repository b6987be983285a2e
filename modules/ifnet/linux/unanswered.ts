import type { Callout, Log, Scope } from '../../../core/index.js';
import { IfnetError } from '../index.js';
import * as nl from './netlink/constants.js';
import {
  askNeighbour,
  dumpNeighbours,
  type NeighbourReport,
  parseNeighbour,
  setNeighbourState,
} from './netlink/neighbour.js';
import type { Requests } from './requests.js';

/** So long Linux waits for an answer before it asks again. */
const RETRANSMISSION_MS = 1000;

/** A gateway that is scanned has a thousand such questions, which would hold up the MASTER that is coming back. */
const MAX_ASKED = 64;

type Asking = Pick<NeighbourReport, 'index'> & { readonly name: string };

/**
 * The neighbours that an interface asked for while it had no carrier. Nobody has heard that, but Linux waits a second for the
 * answer before it asks again, and holds back until then whatever is for that neighbour: a blip of half a second cost
 * one and a quarter. Such an entry becomes one that was not asked for yet: the next packet asks at once, and takes along
 * what was held back. Where no packet comes in that second, the kernel is told to ask: it would do so no more by itself.
 */
export class UnansweredQuestions {
  readonly #requests: Requests;
  readonly #log: Log;
  readonly #later: Callout;
  readonly #waiting = new Map<number, Asking>();

  constructor(scope: Scope, requests: Requests, log: Log) {
    this.#requests = requests;
    this.#log = log;
    this.#later = scope.callout('neighbours that nothing has asked for', () => this.#askForTheRest());
  }

  /** The interface has its carrier again. */
  askAnew(ifp: Asking): void {
    this.#try(() => {
      const asked = this.#neighbours(ifp, nl.NUD_INCOMPLETE);
      for (const report of asked)
        this.#change(ifp, `ask for ${report.address} anew`, setNeighbourState(report, nl.NUD_NONE));
      if (asked.length === 0) return;
      this.#waiting.set(ifp.index, ifp);
      this.#later.reset(RETRANSMISSION_MS);
    });
  }

  #askForTheRest(): void {
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const ifp of waiting)
      this.#try(() => {
        for (const report of this.#neighbours(ifp, nl.NUD_NONE))
          this.#change(ifp, `ask for ${report.address}`, askNeighbour(report));
      });
  }

  #neighbours(ifp: Asking, state: number): NeighbourReport[] {
    const found: NeighbourReport[] = [];
    this.#requests.request(ifp.name, 'read its neighbours', dumpNeighbours(ifp.index), (message) => {
      const report = parseNeighbour(message);
      // Before Linux 4.4 all neighbours are listed.
      if (found.length < MAX_ASKED && report?.index === ifp.index && report.state === state)
        found.push(report);
    });
    return found;
  }

  #change(ifp: Asking, what: string, request: ReturnType<typeof askNeighbour>): void {
    try {
      this.#requests.request(ifp.name, what, request);
    } catch (error) {
      // It has gone meanwhile.
      if (!(error instanceof IfnetError && error.code === 'ENOENT')) throw error;
    }
  }

  #try(work: () => void): void {
    try {
      work();
    } catch (error) {
      if (!(error instanceof IfnetError)) throw error;
      this.#log.debug(error.message);
    }
  }
}
