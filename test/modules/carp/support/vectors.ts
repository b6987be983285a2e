/** The captured and computed advertisements of fixtures/carp-vectors.json. */
import { readFileSync } from 'node:fs';
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

/** The addresses on the wire, IPv6 as hashed. */
export function addressesOf(vector: CarpVector): Uint8Array[] {
  return [...vector.addrs4, ...(vector.hashed6 ?? vector.addrs6)].map(
    (text) => InetAddress.parse(text).bytes,
  );
}
