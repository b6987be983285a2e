import type { Log } from '../../../core/log/index.js';
import { type Ifnet, IfnetError, type IfnetModule, type Routing } from '../../ifnet/index.js';
import type { Tenancy } from '../service/tenancy.js';
import { presentEntries, type RoutingEntry } from './entry.js';

/** What a search for leftovers needs. */
export interface TidyNeeds {
  readonly interfaces: Pick<IfnetModule, 'list'>;
  readonly log: Log;
  readonly tenancy: Tenancy;
}

/** The routes and rules that virtual hosts of this kernel have added; the others with carpet's mark are leftovers. */
export class RouteHolders {
  /** How many virtual hosts want each of them. */
  readonly #held = new Map<string, number>();
  readonly #tidied = new WeakSet<Ifnet>();

  /** Whether a virtual host has added it. */
  has({ text }: RoutingEntry): boolean {
    return this.#held.has(text);
  }

  add({ text }: RoutingEntry): void {
    this.#held.set(text, (this.#held.get(text) ?? 0) + 1);
  }

  /** @returns whether it was the last one that wants it */
  delete({ text }: RoutingEntry): boolean {
    const left = (this.#held.get(text) ?? 1) - 1;
    if (left > 0) this.#held.set(text, left);
    else this.#held.delete(text);
    return left <= 0;
  }

  /**
   * A virtual host comes to an interface: removes what a killed process has left of the routes that lead out there, and of
   * the routes to nowhere and the rules. The first on an interface looks for everything; later ones for their own, if they
   * have any. What can be another process's stays, unless it is `wanted` here.
   */
  tidy(ifp: Ifnet, name: string, wanted: readonly RoutingEntry[], needs: TidyNeeds): void {
    const first = !this.#tidied.has(ifp);
    this.#tidied.add(ifp);
    const { routing } = ifp;
    if (routing === undefined || (!first && wanted.length === 0)) return;
    const texts = new Set(wanted.map(({ text }) => text));
    try {
      const left = this.#leftovers(ifp, routing, texts, needs);
      for (const entry of left) {
        entry.remove();
        needs.log.notice(`${name}: removing ${entry.text}, left behind by an earlier run`);
      }
    } catch (error) {
      if (!(error instanceof IfnetError)) throw error;
      needs.log.warning(`${name}: ${error.message}`);
    }
  }

  #leftovers(ifp: Ifnet, routing: Routing, wanted: ReadonlySet<string>, needs: TidyNeeds): RoutingEntry[] {
    const { tenancy, interfaces } = needs;
    const found = presentEntries(routing).filter(({ names }) => !names.some((text) => this.#held.has(text)));
    const here = tenancy.alone(ifp);
    const everywhere = found.some(({ ifindex }) => ifindex === 0) && tenancy.solitary(interfaces.list());
    return found.filter(
      ({ names, ifindex }) =>
        names.some((text) => wanted.has(text)) ||
        (ifindex === ifp.index && here) ||
        (ifindex === 0 && everywhere),
    );
  }
}
