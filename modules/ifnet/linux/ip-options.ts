/** Options of raw IP sockets (ip(7), ipv6(7)). Each function throws SystemError. */

import * as c from '../../libc/index.js';
import type { Ifnet, InetAddress, InetFamily, PacketFilter } from '../index.js';
import { compileFilter } from './bpf.js';

/**
 * Sends and receives through this interface only. Needs CAP_NET_RAW. By its index: the report of a new name may be still to
 * come, and another interface may have the old one. Linux before 5.1 takes the name alone.
 */
export function bindToInterface(libc: c.Libc, fd: number, { index, name }: Ifnet): void {
  try {
    libc.setsockopt(fd, c.SOL_SOCKET, c.SO_BINDTOIFINDEX, index);
  } catch (error) {
    if ((error as { code?: string }).code !== 'ENOPROTOOPT') throw error;
    libc.setsockopt(fd, c.SOL_SOCKET, c.SO_BINDTODEVICE, Buffer.from(`${name}\0`));
  }
}

/** Allows sending to broadcast addresses. */
export function allowBroadcast(libc: c.Libc, fd: number): void {
  libc.setsockopt(fd, c.SOL_SOCKET, c.SO_BROADCAST, 1);
}

/** Receives from groups joined on this socket only, not from those that other sockets of the machine have joined. */
export function onlyOwnGroups(libc: c.Libc, fd: number, family: InetFamily): void {
  if (family === 4) libc.setsockopt(fd, c.IPPROTO_IP, c.IP_MULTICAST_ALL, 0);
  else libc.setsockopt(fd, c.IPPROTO_IPV6, c.IPV6_MULTICAST_ALL, 0);
}

/** Asks for the moment of each packet's arrival as a control message. */
export function wantArrival(libc: c.Libc, fd: number): void {
  libc.setsockopt(fd, c.SOL_SOCKET, c.SO_TIMESTAMPNS, 1);
}

/** Asks for each packet's arrival interface as a control message; for IPv6 also for its destination and hop limit. */
export function wantPacketInfo(libc: c.Libc, fd: number, family: InetFamily): void {
  if (family === 4) return libc.setsockopt(fd, c.IPPROTO_IP, c.IP_PKTINFO, 1);
  libc.setsockopt(fd, c.IPPROTO_IPV6, c.IPV6_RECVPKTINFO, 1);
  libc.setsockopt(fd, c.IPPROTO_IPV6, c.IPV6_RECVHOPLIMIT, 1);
}

/** Joins a group on interface `index`: struct ip_mreqn for IPv4, struct ipv6_mreq for IPv6. */
export function joinGroup(libc: c.Libc, fd: number, group: InetAddress, index: number): void {
  const request = Buffer.alloc(group.family === 4 ? 12 : 20);
  request.set(group.bytes);
  request.writeInt32LE(index, request.length - 4);
  if (group.family === 4) libc.setsockopt(fd, c.IPPROTO_IP, c.IP_ADD_MEMBERSHIP, request);
  else libc.setsockopt(fd, c.IPPROTO_IPV6, c.IPV6_JOIN_GROUP, request);
}

/** Replaces the socket's filter atomically; undefined removes it. */
export function attachFilter(
  libc: c.Libc,
  fd: number,
  family: InetFamily,
  filter: PacketFilter | undefined,
): void {
  if (filter === undefined) return detachFilter(libc, fd);
  c.attachProgram(libc, fd, c.encodeProgram(compileFilter(filter, family)));
}

function detachFilter(libc: c.Libc, fd: number): void {
  try {
    libc.setsockopt(fd, c.SOL_SOCKET, c.SO_DETACH_FILTER, 0);
  } catch (error) {
    if ((error as { code?: string }).code !== 'ENOENT') throw error;
  }
}
