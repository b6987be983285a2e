import assert from 'node:assert/strict';
import { InetAddress, type IpSocketOptions } from '../../modules/ifnet/index.js';

const SENDERS = { 4: InetAddress.parse('10.88.0.1'), 6: InetAddress.parse('fe80::1') };
/** For number 1, for one that nobody has, and for none. */
const PAYLOADS = [[], [0x21], [0x21, 1], [0x21, 2], [0x31, 1, ...Array<number>(34).fill(255)]];

/** Shows packets to these sockets, as those of a batch are before the first is delivered: that changes nothing. */
export function assertShownInVain(sockets: readonly IpSocketOptions[], capture: () => unknown): void {
  const before = capture();
  for (const { family, prefetch } of sockets)
    for (const payload of PAYLOADS)
      prefetch!({ family, source: SENDERS[family], payload: Uint8Array.from(payload) });
  assert.deepEqual(capture(), before);
}
