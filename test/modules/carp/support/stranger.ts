import { encodeEthernet, encodeIpv4, InetAddress } from '../../../../modules/ifnet/index.js';
import type { LanPort } from '../../../../modules/ifnet/lan/index.js';
import type { World } from './world.js';

const GROUP_LLADDR = Uint8Array.of(1, 0, 0x5e, 0, 0, 0x12);

/** A stranger on the segment who can send anything of protocol 112 to the group. */
export function stranger(world: World): {
  send(payload: Uint8Array, source?: string, ttl?: number, destination?: string): void;
  port: LanPort;
} {
  const port = world.lan.connect('stranger', { receive() {}, carrierChanged() {} });
  return {
    port,
    send: (payload, source = '10.88.0.66', ttl = 255, destination = '224.0.0.18') => {
      const header = {
        source: InetAddress.parse(source).bytes,
        destination: InetAddress.parse(destination).bytes,
        protocol: 112,
        ttl,
        tos: 0,
        id: 1,
      };
      const ip = encodeIpv4(header, payload);
      port.transmit(encodeEthernet(GROUP_LLADDR, Uint8Array.of(2, 0, 0, 0, 0, 0x66), 0x0800, ip));
    },
  };
}
