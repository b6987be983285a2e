/** The link-layer address that a vhid has besides its interface's own. */
import type { CarpSettings } from '../settings.js';

/** 00:00:5e:00:01:vhid, for both families (FreeBSD's carp_set_enaddr). */
export function virtualLladdr(vhid: number): Uint8Array {
  return Uint8Array.of(0x00, 0x00, 0x5e, 0x00, 0x01, vhid);
}

/** The one set by hand, else the virtual one: what an OpenBSD carp interface sends from and answers with. */
export function lladdrOf({ vhid, lladdr }: Pick<CarpSettings, 'vhid' | 'lladdr'>): Uint8Array {
  return lladdr ?? virtualLladdr(vhid);
}
