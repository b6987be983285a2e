import type { VipServiceState } from '../handover/schema.js';
import type { Trouble } from './trouble.js';

type TroublesState = VipServiceState['troubles'];

/** The parts of a service that can fail. */
export type ServicePart = TroublesState[number]['part'];

/**
 * What keeps a virtual host from serving, by the part that has found it: that the addresses are in place does not show that
 * a route could be added. A trouble stays until its part serves, or is another one.
 */
export class Troubles {
  readonly #known = new Map<ServicePart, Trouble>();

  /** @param report called with a trouble that was found, or with the first that is left; undefined: none is */
  constructor(private readonly report: (trouble: Trouble | undefined) => void) {}

  found(part: ServicePart, trouble: Trouble): void {
    this.#known.set(part, trouble);
    this.#tell(trouble);
  }

  /** The part serves: which is no news while only others do not. */
  gone(part: ServicePart): void {
    if (!this.#known.delete(part) && this.#known.size > 0) return;
    const [left] = this.#known.values();
    if (left === undefined) this.report(undefined);
    else this.#tell(left);
  }

  /** For the parts themselves, which know nothing of one another. */
  reporter(part: ServicePart): (trouble: Trouble | undefined) => void {
    return (trouble) => (trouble === undefined ? this.gone(part) : this.found(part, trouble));
  }

  capture(): TroublesState {
    return [...this.#known].map(([part, { reason, total }]) => ({ part, reason, total }));
  }

  /** As a predecessor knows them; nothing is reported. */
  adopt(state: TroublesState): void {
    for (const { part, ...trouble } of state) this.#known.set(part, trouble);
  }
  /** That one part serves no address is so whatever others report. */
  #tell({ reason }: Trouble): void {
    this.report({ reason, total: [...this.#known.values()].some(({ total }) => total) });
  }
}
