import type { Ifnet } from '../../ifnet/index.js';
import type { CarpContext } from '../context.js';
import { CarpInterface, type CarpMember } from './carp-if.js';

/** The interfaces that have vhids, with their sockets. */
export class CarpInterfaces<Vhid extends CarpMember> implements Disposable {
  readonly #context: CarpContext;
  readonly #known = new Map<Ifnet, CarpInterface<Vhid>>();

  constructor(context: CarpContext) {
    this.#context = context;
  }

  [Symbol.iterator](): Iterator<CarpInterface<Vhid>> {
    return this.#known.values();
  }

  get(ifp: Ifnet): CarpInterface<Vhid> | undefined {
    return this.#known.get(ifp);
  }

  /** For a vhid that binds to it. */
  enter(ifp: Ifnet): CarpInterface<Vhid> {
    const carpIf = this.#known.get(ifp) ?? new CarpInterface<Vhid>(ifp, this.#context);
    this.#known.set(ifp, carpIf);
    return carpIf;
  }

  /** Closes the sockets of one of them. */
  leave(carpIf: CarpInterface<Vhid>): void {
    this.#known.delete(carpIf.ifp);
    carpIf[Symbol.dispose]();
  }

  /** Closes all. */
  [Symbol.dispose](): void {
    for (const carpIf of this.#known.values()) carpIf[Symbol.dispose]();
    this.#known.clear();
  }
}
