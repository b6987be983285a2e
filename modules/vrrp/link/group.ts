import { InetAddress, type InetFamily } from '../../ifnet/index.js';

/** One object for all virtual routers: 224.0.0.18 and ff02::12 (RFC 9568 section 5.1). */
const GROUPS = { 4: InetAddress.parse('224.0.0.18'), 6: InetAddress.parse('ff02::12') };

/** The multicast group of a family. */
export function groupOf(family: InetFamily): InetAddress {
  return GROUPS[family];
}
