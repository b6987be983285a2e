import { type Callout, describe, type Log, type Scope } from '../../../core/index.js';
import type { Ifnet, IfnetModule } from '../../ifnet/index.js';
import type { PresentReport } from '../handover/heirs.js';

const RETRY_MS = 5000;

/** What starts are made with. */
export interface StartsNeeds {
  readonly scope: Pick<Scope, 'callout'>;
  readonly log: Log;
  readonly interfaces: Pick<IfnetModule, 'list'>;
  /** Starts the virtual hosts that wait for this interface. */
  readonly arrived: (ifp: Ifnet) => void;
}

/** A virtual host that goes on as a predecessor's did. */
export interface Heir {
  readonly name: string;
  readonly service: { readonly placed: boolean };
  readonly handover: { begin(): PresentReport };
  /** It has no interface. */
  bind(none: undefined): void;
}

/**
 * The starts of virtual hosts on interfaces that have come. One that fails is tried again: no event says that there are
 * descriptors again, or that another process has left the number.
 */
export class Starts {
  readonly #needs: StartsNeeds;
  readonly #retry: Callout;

  constructor(needs: StartsNeeds) {
    this.#needs = needs;
    this.#retry = needs.scope.callout('start again', () => this.all());
  }

  /** On every interface that there is. */
  all(): void {
    const { interfaces, arrived } = this.#needs;
    for (const ifp of interfaces.list()) arrived(ifp);
  }

  /**
   * The predecessor acts no more. One that gets no place on its interface now leaves that, and is started like any other.
   * @param leave takes it off its interface's list
   * @returns what reports their states
   */
  goOn<Host extends Heir>(hosts: Iterable<Host>, leave: (host: Host) => void): PresentReport[] {
    const reports: PresentReport[] = [];
    for (const host of hosts) {
      this.try(host.name, () => void reports.push(host.handover.begin()));
      if (host.service.placed) continue;
      leave(host);
      host.bind(undefined);
    }
    return reports;
  }

  /** @param name of the virtual host, for the log */
  try(name: string, start: () => void): void {
    try {
      start();
    } catch (error) {
      this.#needs.log.limited(`${name} start`).error(`${name}: cannot start: ${describe(error)}`);
      if (!this.#retry.pending) this.#retry.reset(RETRY_MS);
    }
  }
}
