/** A stranger on the link who sends advertisements of virtual router 7 that are wrong in one respect, or in none. */
import { encodeEthernet, encodeIpv4, InetAddress } from '../../../modules/ifnet/index.js';
import { VrrpAdvertisement } from '../../../modules/vrrp/wire/advertisement.js';
import type { Namespace } from './namespace.js';
import { SHARED } from './vrrp.js';
import { Wiretap } from './wiretap.js';

const GROUP = InetAddress.parse('224.0.0.18');
const GROUP_LLADDR = Uint8Array.of(1, 0, 0x5e, 0, 0, 0x12);
const LLADDR = Uint8Array.of(2, 0, 0, 0, 0, 0x66);
const SOURCE = InetAddress.parse('10.88.0.3');
const PRIORITY = 254;
const OFF_CHECKSUM = 6;

export class Forger implements Disposable {
  readonly #tap: Wiretap;

  /** @param host 10.88.0.3 */
  constructor(host: Namespace) {
    this.#tap = new Wiretap(host, 'eth0');
  }

  /** An advertisement of priority 254, that wants to be MASTER. */
  say(version: 2 | 3, wrong?: 'checksum' | 'TTL'): void {
    const advertisement = new VrrpAdvertisement({
      version,
      vrid: 7,
      family: 4,
      addresses: SHARED[4].map((text) => InetAddress.parse(text.split('/')[0]!)),
      checksum: 'pseudo-header',
    });
    const payload = advertisement.build(PRIORITY, 100, { source: SOURCE, destination: GROUP });
    if (wrong === 'checksum') payload[OFF_CHECKSUM]! ^= 0x55;
    const [source, destination] = [SOURCE.bytes, GROUP.bytes];
    const ttl = wrong === 'TTL' ? 254 : 255;
    const packet = encodeIpv4({ source, destination, protocol: 112, ttl, tos: 0xc0, id: 1 }, payload);
    this.#tap.inject(encodeEthernet(GROUP_LLADDR, LLADDR, 0x0800, packet));
  }

  [Symbol.dispose](): void {
    this.#tap[Symbol.dispose]();
  }
}
