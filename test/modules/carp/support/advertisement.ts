/** Advertisements as a host with these settings sends them, made by what makes them there. */

import { digestSettings } from '../../../../modules/carp/digest-input.js';
import type { CarpVhidOptions } from '../../../../modules/carp/index.js';
import { parseOptions } from '../../../../modules/carp/settings.js';
import { CarpAdvertisement } from '../../../../modules/carp/wire/advertisement.js';
import { CarpAuthenticator } from '../../../../modules/carp/wire/authenticator.js';
import { HmacWork } from '../../../../modules/carp/wire/hmac.js';
import { InetAddress } from '../../../../modules/ifnet/index.js';

/** Without a seal nothing depends on it. */
const SOURCE = InetAddress.parse('10.88.0.2');

/** What differs from one advertisement to the next, in the units of the header. */
export interface AdvertisementFields {
  readonly advbase?: number;
  readonly advskew?: number;
  readonly demote?: number;
  readonly counter?: bigint;
}

/** Makes one advertisement of 36 bytes after another. Of the options it uses vhid, password and all that is hashed. */
export function advertisements(options: CarpVhidOptions): (fields?: AdvertisementFields) => Uint8Array {
  const { settings, keys } = parseOptions(options);
  const hashed = digestSettings(settings);
  const authenticator = new CarpAuthenticator(
    { hashed, key: keys.own, dialect: settings.election },
    new HmacWork(),
  );
  const packet = new CarpAdvertisement(settings.vhid);
  return ({ advbase = 1, advskew = 0, demote = 0, counter = 1n } = {}) => {
    const [high, low] = [Number(counter >> 32n), Number(counter & 0xffffffffn)];
    const sign = (bytes: Uint8Array, digest: Uint8Array) => authenticator.sign(bytes, digest);
    return packet.build({ advbase, advskew, demote }, SOURCE, { high, low: () => low, sign }).slice();
  };
}

/** One advertisement. */
export function advertisement(options: CarpVhidOptions, fields?: AdvertisementFields): Uint8Array {
  return advertisements(options)(fields);
}
