/** RTM_GETROUTE (rtnetlink(7)): the route that a packet to an address would take now. */

import { AF_INET, AF_INET6 } from '../../../libc/index.js';
import { InetAddress } from '../../index.js';
import * as nl from './constants.js';
import { attributes, type NetlinkMessage, Request, readU32 } from './message.js';

const RTMSG = 12;

export interface RouteReport {
  /** Index of the outgoing interface; 0 if none. */
  readonly index: number;
  readonly gateway: InetAddress | undefined;
}

export function getRoute(destination: InetAddress): Request {
  const header = Buffer.alloc(RTMSG);
  header[0] = destination.family === 4 ? AF_INET : AF_INET6;
  header[1] = destination.bytes.length * 8;
  return new Request(nl.RTM_GETROUTE, 0, header).attribute(nl.RTA_DST, destination.bytes);
}

export function parseRoute(message: NetlinkMessage): RouteReport {
  let index = 0;
  let gateway: InetAddress | undefined;
  attributes(message.body, RTMSG, (type, value) => {
    if (type === nl.RTA_OIF) index = readU32(value);
    if (type === nl.RTA_GATEWAY && (value.length === 4 || value.length === 16))
      gateway = InetAddress.from(value);
  });
  return { index, gateway };
}
