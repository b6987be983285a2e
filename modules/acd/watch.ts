import { type Ifnet, type IfnetError, type InetFamily, type LinkSocket } from '../ifnet/index.js';
import { claimEtherType, claimFilter } from './filter.js';
import type { HeldAddress } from './held-address.js';

const FAMILIES: readonly InetFamily[] = [4, 6];

/** What is heard on one interface: a socket for each family in which an address is held there. */
export class AcdWatch implements Disposable {
  readonly #sockets = new Map<InetFamily, LinkSocket>();
  /** By the address's text. */
  readonly #held = new Map<string, HeldAddress>();

  /**
   * @param input called for each frame that may claim a held address
   * @param error called when a frame was lost
   */
  constructor(
    readonly ifp: Ifnet,
    private readonly input: (watch: AcdWatch, frame: Uint8Array) => void,
    private readonly error: (error: IfnetError) => void,
  ) {}

  get held(): ReadonlyMap<string, HeldAddress> {
    return this.#held;
  }

  /** Those that are not in `wanted` are held no more; the others stay as they are. Sockets follow with `listen`. */
  keep(wanted: (held: HeldAddress) => boolean): void {
    for (const [text, held] of this.#held) {
      if (wanted(held)) continue;
      this.#held.delete(text);
      held[Symbol.dispose]();
    }
  }

  hold(held: HeldAddress): void {
    this.#held.set(held.address.toString(), held);
  }

  /** Opens, closes and sets sockets as the addresses held want it. @throws IfnetError */
  listen(): void {
    for (const family of FAMILIES) this.#listen(family);
  }

  [Symbol.dispose](): void {
    this.keep(() => false);
    for (const socket of this.#sockets.values()) socket[Symbol.dispose]();
    this.#sockets.clear();
  }

  #listen(family: InetFamily): void {
    const addresses = [...this.#held.values()]
      .map(({ address }) => address)
      .filter((address) => address.family === family);
    const socket = this.#sockets.get(family);
    if (addresses.length === 0) {
      socket?.[Symbol.dispose]();
      this.#sockets.delete(family);
      return;
    }
    const filter = claimFilter(
      family,
      addresses.map(({ bytes }) => bytes),
    );
    if (socket !== undefined) return socket.setFilter(filter);
    const input = (frame: Uint8Array): void => this.input(this, frame);
    const options = { etherType: claimEtherType(family), filter, input, error: this.error };
    this.#sockets.set(family, this.ifp.openLink(options));
  }
}
