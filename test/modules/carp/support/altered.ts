import { internetChecksum } from '../../../../modules/ifnet/index.js';

/** An advertisement with other fields and a checksum that is right: the digest covers neither. */
export function altered(
  advertisement: Uint8Array,
  {
    advbase,
    advskew,
    demote,
  }: { readonly advbase?: number; readonly advskew?: number; readonly demote?: number },
): Uint8Array {
  const copy = advertisement.slice();
  if (advskew !== undefined) copy[2] = advskew;
  if (demote !== undefined) copy[4] = demote;
  if (advbase !== undefined) copy[5] = advbase;
  copy.set([0, 0], 6);
  const sum = internetChecksum(copy);
  copy.set([sum >> 8, sum & 0xff], 6);
  return copy;
}
