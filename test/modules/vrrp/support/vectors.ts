/** The captured and computed advertisements of fixtures/vrrp-vectors.json. */
import { readFileSync } from 'node:fs';
import { InetAddress } from '../../../../modules/ifnet/index.js';
import type { VrrpAuth, VrrpIdentity } from '../../../../modules/vrrp/wire/advertisement.js';

interface VectorAuth {
  readonly type: 'none' | 'PASS' | 'AH' | 'hmac-sha256-128' | string;
  readonly password?: string;
  readonly key?: string;
  readonly key_id?: number;
  readonly seconds?: number;
  readonly subsec?: number;
  readonly counter?: number;
}

export interface VrrpVector {
  readonly source: string;
  readonly kind: 'captured' | 'synthetic';
  readonly version: 2 | 3 | 4;
  readonly family: 'ipv4' | 'ipv6';
  readonly vrid: number;
  readonly priority: number;
  readonly interval_cs: number;
  readonly addresses: readonly string[];
  readonly auth: VectorAuth | null;
  readonly src: string;
  readonly dst: string;
  readonly ttl: number;
  /** 112, or 51 with AH. */
  readonly proto: number;
  readonly packet: { readonly payload: string; readonly frame: string };
  readonly checksum_rule: string;
  readonly valid: boolean;
  readonly why: string;
}

const file = new URL('../../../../../test/modules/vrrp/fixtures/vrrp-vectors.json', import.meta.url);

export const vectors = JSON.parse(readFileSync(file, 'utf8')) as readonly VrrpVector[];

export function fromHex(text: string): Uint8Array {
  return Uint8Array.from(text.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
}

export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** The authentication that its receiver has. */
export function authOf({ auth }: VrrpVector): VrrpAuth | undefined {
  const text = (given = '') => new TextEncoder().encode(given);
  if (auth?.type === 'PASS') return { type: 'pass', password: text(auth.password) };
  if (auth?.type === 'AH') return { type: 'ah', password: text(auth.key) };
  if (auth?.type === 'hmac-sha256-128')
    return { type: 'hmac', key: { id: auth.key_id!, key: fromHex(auth.key!) } };
  return undefined;
}

/** What its sender is. */
export function identityOf(vector: VrrpVector): VrrpIdentity {
  const checksums: Record<string, VrrpIdentity['checksum']> = {
    plain: 'rfc9568',
    'pseudo4-mcast': 'old-unicast',
  };
  return {
    version: vector.version === 2 ? 2 : 3,
    vrid: vector.vrid,
    family: vector.family === 'ipv4' ? 4 : 6,
    addresses: vector.addresses.map((text) => InetAddress.parse(text)),
    auth: authOf(vector),
    checksum: checksums[vector.checksum_rule] ?? 'pseudo-header',
  };
}
