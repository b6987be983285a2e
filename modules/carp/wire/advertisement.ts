import type { CarpAuthenticator } from './authenticator.js';
import {
  CARP_AUTHLEN,
  CARP_HEADER_LEN,
  CARP_OFF_ADVBASE,
  CARP_OFF_ADVSKEW,
  CARP_OFF_AUTHLEN,
  CARP_OFF_COUNTER,
  CARP_OFF_DEMOTE,
  CARP_OFF_DIGEST,
  CARP_OFF_VHID,
  CARP_VERSION_TYPE,
  storeChecksum,
} from './header.js';

/** The packet of one vhid, made once and patched for each advertisement, so that sending allocates no packet. */
export class CarpAdvertisement {
  readonly #packet = new Uint8Array(CARP_HEADER_LEN);
  readonly #view = new DataView(this.#packet.buffer);
  readonly #counter = this.#packet.subarray(CARP_OFF_COUNTER, CARP_OFF_DIGEST);
  readonly #digest = this.#packet.subarray(CARP_OFF_DIGEST);

  constructor(vhid: number) {
    this.#packet[0] = CARP_VERSION_TYPE;
    this.#packet[CARP_OFF_VHID] = vhid;
    this.#packet[CARP_OFF_AUTHLEN] = CARP_AUTHLEN;
  }

  /** The packet with these values and the digest of `by`; the same array every time. */
  build(
    advbase: number,
    advskew: number,
    demote: number,
    counter: bigint,
    by: CarpAuthenticator,
  ): Uint8Array {
    this.#packet[CARP_OFF_ADVSKEW] = advskew;
    this.#packet[CARP_OFF_DEMOTE] = demote;
    this.#packet[CARP_OFF_ADVBASE] = advbase;
    this.#view.setBigUint64(CARP_OFF_COUNTER, counter);
    by.sign(this.#counter, this.#digest);
    storeChecksum(this.#packet);
    return this.#packet;
  }
}
