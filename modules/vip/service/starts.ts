import { type Callout, describe, type Log, type Scope } from '../../../core/index.js';
import type { Ifnet, IfnetModule } from '../../ifnet/index.js';
import type { PresentReport } from '../handover/heirs.js';

const RETRY_MS = 5000;

/** A virtual host that starts, or goes on as a predecessor's did. */
export interface Starting {
  readonly name: string;
  readonly service: { readonly placed: boolean };
  readonly handover: { begin(): PresentReport };
  readonly settings: { readonly bowOut: boolean };
  readonly machine: { relinquish(reason: 'hardware interface down', bowOut: boolean): void };
  /** It has no interface. */
  bind(none: undefined): void;
}

/** What starts are made with. */
export interface StartsNeeds<Host extends Starting> {
  readonly scope: Pick<Scope, 'callout'>;
  readonly log: Log;
  readonly interfaces: Pick<IfnetModule, 'list'>;
  /** Starts the virtual hosts that wait for this interface. */
  readonly arrived: (ifp: Ifnet) => void;
  /** Takes a virtual host off its interface's list. */
  readonly leave: (host: Host) => void;
}

/**
 * The starts of virtual hosts on interfaces that have come. One that fails is tried again: no event says that there are
 * descriptors again, or that another process has left the number.
 */
export class Starts<Host extends Starting> {
  readonly #needs: StartsNeeds<Host>;
  readonly #retry: Callout;

  constructor(needs: StartsNeeds<Host>) {
    this.#needs = needs;
    this.#retry = needs.scope.callout('start again', () => this.all());
  }

  /** On every interface that there is. */
  all(): void {
    const { interfaces, arrived } = this.#needs;
    for (const ifp of interfaces.list()) arrived(ifp);
  }

  /** The predecessor acts no more. @returns what reports their states */
  goOn(hosts: Iterable<Host>): PresentReport[] {
    const reports: PresentReport[] = [];
    for (const host of hosts) this.place(host, () => void reports.push(host.handover.begin()));
    return reports;
  }

  /** One that has no place on its interface after this leaves that: a MASTER bows out, and is started like any other. */
  place(host: Host, action: () => void): void {
    this.try(host.name, action);
    if (host.service.placed) return;
    host.machine.relinquish('hardware interface down', host.settings.bowOut);
    this.#needs.leave(host);
    host.bind(undefined);
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
