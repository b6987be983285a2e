/** The captured and computed advertisements of fixtures/carp-vectors.json. */
import { readFileSync } from 'node:fs';
import type { CarpVhidOptions } from '../../../../modules/carp/index.js';
import { InetAddress } from '../../../../modules/ifnet/index.js';

export interface CarpVector {
  readonly source: string;
  readonly kind: 'captured' | 'synthetic';
  readonly password: string;
  readonly vhid: number;
  readonly advbase: number;
  readonly advskew: number;
  readonly demote: number;
  readonly addrs4: readonly string[];
  readonly addrs6: readonly string[];
  /** What is really hashed, where it is not `addrs6`. */
  readonly hashed6?: readonly string[];
  /** A link-layer address hashed before the vhid; '' for none. */
  readonly hashed_mac?: string;
  readonly counter: string;
  readonly md: string;
  /** The 36 bytes. */
  readonly carp: string;
  /** The Ethernet frame. */
  readonly packet: string;
  readonly valid: boolean;
  readonly note?: string;
}

const file = new URL('../../../../../test/modules/carp/fixtures/carp-vectors.json', import.meta.url);

export const vectors = JSON.parse(readFileSync(file, 'utf8')) as readonly CarpVector[];

export function fromHex(text: string): Uint8Array {
  return Uint8Array.from(text.replaceAll(/[^0-9a-f]/gi, '').match(/../g) ?? [], (byte) =>
    Number.parseInt(byte, 16),
  );
}

export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Whether its sender leaves the addresses of embedded scope out of the digest, as OpenBSD does. */
function leavesOut({ addrs6, hashed6 = addrs6 }: CarpVector): boolean {
  return hashed6.length < addrs6.length;
}

/** The vhid that the advertisement's sender has, as this program would be told to be one like it. */
export function optionsOf(vector: CarpVector): CarpVhidOptions {
  const { vhid, password, addrs4, addrs6, hashed_mac = '' } = vector;
  const destination = InetAddress.from(destinationOf(vector));
  return {
    ifname: 'eth0',
    vhid,
    password,
    addresses: [...addrs4.map((text) => `${text}/32`), ...addrs6.map((text) => `${text}/128`)],
    ...(hashed_mac !== '' && { lladdr: hashed_mac }),
    ...(leavesOut(vector) && { election: 'openbsd' }),
    ...(destination.family === 4 && destination.isMulticast && { group: destination }),
  };
}

/** The destination in the frame's IP header. */
export function destinationOf({ packet }: CarpVector): Uint8Array {
  const frame = fromHex(packet);
  return frame[12] === 0x08 ? frame.subarray(30, 34) : frame.subarray(38, 54);
}
