/** Sealed advertisements as a host with these settings sends them. */
import type { CarpVhidOptions } from '../../../../modules/carp/index.js';
import { CarpSealCode } from '../../../../modules/carp/seal/code.js';
import { highOf, lowOf, sealedLow } from '../../../../modules/carp/seal/format.js';
import { parseOptions } from '../../../../modules/carp/settings.js';
import { HmacWork } from '../../../../modules/carp/wire/hmac.js';
import { InetAddress } from '../../../../modules/ifnet/index.js';
import { type AdvertisementFields, advertisements } from './advertisement.js';

/** What an advertisement says; with another seal than it should have if `sealedAs` says otherwise. */
export interface SealedFields extends Omit<AdvertisementFields, 'counter'> {
  readonly sequence: number;
  readonly sealedAs?: Omit<AdvertisementFields, 'counter'>;
}

/** Makes one advertisement of 36 bytes after another, as if from `source`. */
export function sealedAdvertisements(
  options: CarpVhidOptions,
  source: string,
): (fields: SealedFields) => Uint8Array {
  const make = advertisements(options);
  const code = new CarpSealCode(new HmacWork(), parseOptions(options).keys.own);
  const address = InetAddress.parse(source);
  return ({ sequence, sealedAs, ...fields }) => {
    const { advbase = 1, advskew = 0, demote = 0 } = { ...fields, ...sealedAs };
    const [high, low] = [highOf(sequence), lowOf(sequence)];
    const whole = sealedLow(high, low, code.of(high, low, { advbase, advskew, demote, source: address }));
    return make({ ...fields, counter: (BigInt(high) << 32n) | BigInt(whole) });
  };
}
