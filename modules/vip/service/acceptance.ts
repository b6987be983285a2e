import { type Ifnet, IfnetError, type InetPrefix } from '../../ifnet/index.js';
import type { VipContext } from '../context.js';

/** The virtual host whose addresses they are. */
export interface AcceptanceOwner {
  readonly name: string;
  /** Whether packets addressed to the addresses are accepted: RFC 9568 section 6.1, Accept_Mode. */
  readonly accepts: boolean;
}

type AcceptanceNeeds = Pick<VipContext, 'log'>;

/**
 * What becomes of packets that are addressed to the addresses in place. Where they are not accepted, the host drops them from
 * before an address is put in place until after it was taken away.
 */
export class Acceptance {
  readonly #owner: AcceptanceOwner;
  readonly #context: AcceptanceNeeds;
  /** By the address: the interface on which packets to it are dropped. */
  readonly #refusing = new Map<string, { readonly ifp: Ifnet; readonly prefix: InetPrefix }>();

  constructor(owner: AcceptanceOwner, context: AcceptanceNeeds) {
    this.#owner = owner;
    this.#context = context;
  }

  /** An address is about to be put on the interface. @returns what keeps packets to it from being dropped, if they are to be */
  expect(ifp: Ifnet, prefix: InetPrefix): string | undefined {
    return this.#owner.accepts ? undefined : this.#refuse(ifp, prefix);
  }

  /** These are in place now, and no others. @returns what goes wrong first */
  follow(ifp: Ifnet, placed: readonly InetPrefix[]): string | undefined {
    const wanted = this.#owner.accepts ? [] : placed;
    if (wanted.length + this.#refusing.size === 0) return undefined;
    let error: string | undefined;
    for (const [name, each] of this.#refusing)
      if (each.ifp !== ifp || !wanted.some(({ address }) => address.toString() === name))
        this.#accept(name, each);
    for (const prefix of wanted) error = this.#refuse(ifp, prefix) ?? error;
    return error;
  }

  /** None is in place any more. */
  end(): void {
    for (const [name, each] of this.#refusing) this.#accept(name, each);
  }

  /** A successor goes on with them. */
  give(): void {
    this.#refusing.clear();
  }

  #refuse(ifp: Ifnet, prefix: InetPrefix): string | undefined {
    const name = prefix.address.toString();
    if (this.#refusing.get(name)?.ifp === ifp) return undefined;
    try {
      ifp.setAccepting(prefix.address, false);
    } catch (error) {
      return this.#failed(error);
    }
    this.#refusing.set(name, { ifp, prefix });
    return undefined;
  }

  #accept(name: string, { ifp, prefix }: { readonly ifp: Ifnet; readonly prefix: InetPrefix }): void {
    this.#refusing.delete(name);
    try {
      ifp.setAccepting(prefix.address, true);
    } catch (error) {
      this.#failed(error);
    }
  }

  #failed(error: unknown): string {
    if (!(error instanceof IfnetError)) throw error;
    const { name } = this.#owner;
    this.#context.log.limited(`${name} accept ${error.code}`).error(() => `${name}: ${error.message}`);
    return error.message;
  }
}
