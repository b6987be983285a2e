import { VRRP_AUTH_LEN } from './header.js';

/** The authentication data of a password: padded with zeros to eight octets, and cut there as keepalived cuts it. */
export function passwordData(password: Uint8Array): Uint8Array {
  const data = new Uint8Array(VRRP_AUTH_LEN);
  data.set(password.subarray(0, VRRP_AUTH_LEN));
  return data;
}

/** Compares all octets, in the same time wherever they differ. */
export function sameSecret(a: Uint8Array, b: Uint8Array): boolean {
  let difference = a.length ^ b.length;
  for (let i = 0; i < a.length; i++) difference |= a[i]! ^ (b[i] ?? 0);
  return difference === 0;
}
