import type { InetAddress, InetFamily } from '../../ifnet/index.js';
import { storeVrrpChecksum, type VrrpChecksum, type VrrpWay } from './checksum.js';
import {
  addressLength,
  advertisementLength,
  VRRP_ADVERTISEMENT,
  VRRP_AUTH_AH,
  VRRP_AUTH_LEN,
  VRRP_AUTH_NONE,
  VRRP_AUTH_PASS,
  VRRP_HEADER_LEN,
  VRRP_OFF_AUTH,
  VRRP_OFF_COUNT,
  VRRP_OFF_INTERVAL,
  VRRP_OFF_PRIORITY,
  VRRP_OFF_VERSION,
  VRRP_OFF_VRID,
  type VrrpVersion,
} from './header.js';
import { passwordData } from './password.js';
import { signTrailer, VRRP_TRAILER_LEN, type VrrpKey, type VrrpSequence } from './trailer.js';

/** How advertisements are authenticated. A password and AH are for version 2. */
export type VrrpAuth =
  | { readonly type: 'pass'; readonly password: Uint8Array }
  | { readonly type: 'ah'; readonly password: Uint8Array }
  | { readonly type: 'hmac'; readonly key: VrrpKey };

/** What every advertisement of a virtual router says. */
export interface VrrpIdentity {
  readonly version: VrrpVersion;
  /** 1 to 255. */
  readonly vrid: number;
  readonly family: InetFamily;
  /** 1 to 255 of them, in the order in which they are sent. */
  readonly addresses: readonly InetAddress[];
  readonly auth?: VrrpAuth | undefined;
  readonly checksum: VrrpChecksum;
}

/** The advertisements of one virtual router, built in the same memory, so that sending allocates no packet. */
export class VrrpAdvertisement {
  readonly #packet: Uint8Array;
  /** Without a trailer. */
  readonly #length: number;
  readonly #identity: VrrpIdentity;
  /** The list as it is sent, in the packet's memory. */
  readonly list: Uint8Array;

  constructor(identity: VrrpIdentity) {
    const { version, vrid, family, addresses, auth } = identity;
    this.#identity = identity;
    this.#length = advertisementLength(version, family, addresses.length);
    this.#packet = new Uint8Array(this.#length + (auth?.type === 'hmac' ? VRRP_TRAILER_LEN : 0));
    this.#packet[VRRP_OFF_VERSION] = (version << 4) | VRRP_ADVERTISEMENT;
    this.#packet[VRRP_OFF_VRID] = vrid;
    this.#packet[VRRP_OFF_COUNT] = addresses.length;
    for (const [i, { bytes }] of addresses.entries())
      this.#packet.set(bytes, VRRP_HEADER_LEN + i * addressLength(family));
    const end = VRRP_HEADER_LEN + addresses.length * addressLength(family);
    this.list = this.#packet.subarray(VRRP_HEADER_LEN, end);
    if (version === 2) this.#authenticate(auth);
  }

  /**
   * The packet for its way; the same array every time.
   *
   * @param interval centiseconds; version 2 sends whole seconds, 1 at least
   * @param sequence for the trailer
   */
  build(priority: number, interval: number, way: VrrpWay, sequence?: VrrpSequence): Uint8Array {
    const { version, auth, checksum } = this.#identity;
    this.#packet[VRRP_OFF_PRIORITY] = priority;
    if (version === 2) this.#packet[VRRP_OFF_INTERVAL] = Math.max(1, Math.round(interval / 100));
    else {
      this.#packet[VRRP_OFF_AUTH] = (interval >> 8) & 0x0f;
      this.#packet[VRRP_OFF_INTERVAL] = interval & 0xff;
    }
    // The digest leaves the checksum out; over IPv6 that covers the digest.
    if (auth?.type === 'hmac' && sequence !== undefined)
      signTrailer(this.#packet, this.#length, auth.key, sequence, way.source);
    const covered = way.source.family === 4 ? this.#length : this.#packet.length;
    storeVrrpChecksum(this.#packet, version, way, checksum, covered);
    return this.#packet;
  }

  #authenticate(auth: VrrpAuth | undefined): void {
    this.#packet[VRRP_OFF_AUTH] = authType(auth);
    if (auth?.type === 'pass') this.#packet.set(passwordData(auth.password), this.#length - VRRP_AUTH_LEN);
  }
}

/** The authentication type in version 2's header. The trailer is none to it. */
export function authType(auth: VrrpAuth | undefined): number {
  if (auth?.type === 'pass') return VRRP_AUTH_PASS;
  return auth?.type === 'ah' ? VRRP_AUTH_AH : VRRP_AUTH_NONE;
}
