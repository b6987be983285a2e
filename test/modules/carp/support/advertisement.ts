/** Advertisements as a host with these settings sends them, made by what makes them there. */

import type { CarpVhidOptions } from '../../../../modules/carp/index.js';
import { parseOptions } from '../../../../modules/carp/settings.js';
import { CarpAdvertisement } from '../../../../modules/carp/wire/advertisement.js';
import { CarpAuthenticator } from '../../../../modules/carp/wire/authenticator.js';
import { HmacWork } from '../../../../modules/carp/wire/hmac.js';

/** What differs from one advertisement to the next, in the units of the header. */
export interface AdvertisementFields {
  readonly advbase?: number;
  readonly advskew?: number;
  readonly demote?: number;
  readonly counter?: bigint;
}

/** The 36 bytes. Of the options it takes vhid, password and all that is hashed. */
export function advertisement(
  options: CarpVhidOptions,
  { advbase = 1, advskew = 0, demote = 0, counter = 1n }: AdvertisementFields = {},
): Uint8Array {
  const { settings, key } = parseOptions(options);
  const authenticator = new CarpAuthenticator(settings, key, new HmacWork());
  return new CarpAdvertisement(settings.vhid).build(advbase, advskew, demote, counter, authenticator);
}
