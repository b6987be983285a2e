import assert from 'node:assert/strict';
import type { CarpVhid } from '../../../../modules/carp/index.js';
import { CarpSoftc } from '../../../../modules/carp/softc.js';

/** What is behind a vhid's public face. */
export function softcOf(vhid: CarpVhid | undefined): CarpSoftc {
  assert.ok(vhid instanceof CarpSoftc);
  return vhid;
}
