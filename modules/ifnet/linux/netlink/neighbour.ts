/** RTM_NEWNEIGH and RTM_DELNEIGH (rtnetlink(7)): the ARP and neighbour-discovery caches. */

import { AF_INET, AF_INET6 } from '../../../libc/index.js';
import { InetAddress } from '../../index.js';
import * as nl from './constants.js';
import { attributes, type NetlinkMessage, Request } from './message.js';

const NDMSG = 12;

export interface NeighbourReport {
  readonly index: number;
  readonly address: InetAddress;
  readonly lladdr: Uint8Array | undefined;
  /** NUD_* */
  readonly state: number;
  readonly router: boolean;
}

/** Undefined for other families: neighbours of AF_BRIDGE are entries of a forwarding table. */
export function parseNeighbour(message: NetlinkMessage): NeighbourReport | undefined {
  const { body } = message;
  if (body.length < NDMSG || (body[0] !== AF_INET && body[0] !== AF_INET6)) return undefined;
  const size = body[0] === AF_INET ? 4 : 16;
  let address: InetAddress | undefined;
  let lladdr: Uint8Array | undefined;
  attributes(body, NDMSG, (type, value) => {
    if (type === nl.NDA_DST && value.length === size) address = InetAddress.from(value);
    if (type === nl.NDA_LLADDR) lladdr = Uint8Array.from(value);
  });
  if (address === undefined) return undefined;
  const router = (body[10]! & nl.NTF_ROUTER) !== 0;
  return { index: body.readInt32LE(4), address, lladdr, state: body.readUInt16LE(8), router };
}

/** @param index of an interface, for its neighbours only */
export function dumpNeighbours(index?: number): Request {
  const request = new Request(nl.RTM_GETNEIGH, nl.NLM_F_DUMP, Buffer.alloc(NDMSG));
  return index === undefined ? request : request.u32(nl.NDA_IFINDEX, index);
}

/** Changes the state of an entry that has no link-layer address; of one that is there, else ENOENT. */
export function setNeighbourState(of: NeighbourReport, state: number): Request {
  return change(of, state, 0);
}

/** Has the kernel ask for a neighbour, as a packet for it would; for one that is there, else ENOENT. */
export function askNeighbour(of: NeighbourReport): Request {
  return change(of, nl.NUD_NONE, nl.NTF_USE);
}

function change({ index, address }: NeighbourReport, state: number, flags: number): Request {
  const header = Buffer.alloc(NDMSG);
  header[0] = address.family === 4 ? AF_INET : AF_INET6;
  header.writeInt32LE(index, 4);
  header.writeUInt16LE(state, 8);
  header[10] = flags;
  return new Request(nl.RTM_NEWNEIGH, nl.NLM_F_REPLACE, header).attribute(nl.NDA_DST, address.bytes);
}
