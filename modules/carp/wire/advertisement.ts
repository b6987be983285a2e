import type { InetAddress } from '../../ifnet/index.js';
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

/** What an advertisement says, in the units of the header. */
export interface CarpWords {
  readonly advbase: number;
  readonly advskew: number;
  readonly demote: number;
}

/** What makes an advertisement authentic. */
export interface CarpSigner {
  /** The upper word of its counter. */
  readonly high: number;
  /** The lower word, in a packet that says this and goes out from there. */
  low(said: CarpWords & { readonly source: InetAddress }): number;
  /** Writes the digest for the 8 bytes of the counter. */
  sign(counter: Uint8Array, digest: Uint8Array): void;
}

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

  /** The packet that says this, for its way out from `source`; the same array every time. */
  build({ advbase, advskew, demote }: CarpWords, source: InetAddress, by: CarpSigner): Uint8Array {
    this.#packet[CARP_OFF_ADVSKEW] = advskew;
    this.#packet[CARP_OFF_DEMOTE] = demote;
    this.#packet[CARP_OFF_ADVBASE] = advbase;
    this.#view.setUint32(CARP_OFF_COUNTER, by.high);
    this.#view.setUint32(CARP_OFF_COUNTER + 4, by.low({ advbase, advskew, demote, source }));
    by.sign(this.#counter, this.#digest);
    storeChecksum(this.#packet);
    return this.#packet;
  }
}
