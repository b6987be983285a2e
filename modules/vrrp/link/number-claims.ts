import type { Ifnet } from '../../ifnet/index.js';
import { VrrpError } from '../errors.js';

/**
 * This process's claims on the numbers of one interface, which are CARP's too: a vhid with the number of a virtual router
 * has its virtual MAC, and a keepalived that hears CARP with its number falls silent. The virtual routers of both families
 * that have one number share a claim.
 */
export class NumberClaims implements Disposable {
  readonly #ifp: Ifnet;
  readonly #held = new Map<number, { users: number; readonly claim: Disposable }>();

  constructor(ifp: Ifnet) {
    this.#ifp = ifp;
  }

  /** @throws VrrpError EBUSY if CARP or another process has the number here; IfnetError */
  claim(vrid: number, name: string): void {
    const held = this.#held.get(vrid);
    if (held !== undefined) {
      held.users++;
      return;
    }
    const claim = this.#ifp.claim(`vhid ${vrid}`);
    if (claim === undefined) throw new VrrpError('EBUSY', this.#refusal(vrid, name));
    this.#held.set(vrid, { users: 1, claim });
  }

  release(vrid: number): void {
    const held = this.#held.get(vrid);
    if (held === undefined || --held.users > 0) return;
    this.#held.delete(vrid);
    held.claim[Symbol.dispose]();
  }

  [Symbol.dispose](): void {
    for (const { claim } of this.#held.values()) claim[Symbol.dispose]();
    this.#held.clear();
  }

  #refusal(vrid: number, name: string): string {
    const { pid = 0 } = this.#ifp.claimant(`vhid ${vrid}`) ?? {};
    const who = pid === 0 ? '' : ` (process ${pid})`;
    return `vrrp ${name}: the number ${vrid} is taken on ${this.#ifp.name} by a vhid of CARP or another virtual router${who}: take another one`;
  }
}
