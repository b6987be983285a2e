/** Socket options of raw IP sockets (ip(7), ipv6(7)), by what they are for. */
import type { InetAddress, InetFamily, PacketFilter } from '../index.js';
import { compileFilter, encodeProgram } from './bpf.js';
import { type Libc, SOL_SOCKET } from './libc.js';

const IPPROTO_IP = 0;
const IPPROTO_IPV6 = 41;
const SO_BROADCAST = 6;
const SO_RCVBUF = 8;
const SO_BINDTODEVICE = 25;
const SO_ATTACH_FILTER = 26;
const SO_DETACH_FILTER = 27;
const SO_RCVBUFFORCE = 33;
const IP_PKTINFO = 8;
const IP_ADD_MEMBERSHIP = 35;
const IP_MULTICAST_ALL = 49;
const IPV6_JOIN_GROUP = 20;
const IPV6_MULTICAST_ALL = 29;
const IPV6_RECVPKTINFO = 49;
const IPV6_RECVHOPLIMIT = 51;
const ENOENT = 'ENOENT';

export function bindToDevice(libc: Libc, fd: number, ifname: string): void {
  libc.setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, Buffer.from(`${ifname}\0`));
}

export function allowBroadcast(libc: Libc, fd: number): void {
  libc.setsockopt(fd, SOL_SOCKET, SO_BROADCAST, 1);
}

/** Beyond net.core.rmem_max only with CAP_NET_ADMIN; without it, as much as is allowed. */
export function setReceiveBuffer(libc: Libc, fd: number, bytes: number): void {
  try {
    libc.setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, bytes);
  } catch {
    libc.setsockopt(fd, SOL_SOCKET, SO_RCVBUF, bytes);
  }
}

/** Only the groups joined on this socket, not those that other sockets of the host have joined. */
export function onlyOwnGroups(libc: Libc, fd: number, family: InetFamily): void {
  if (family === 4) libc.setsockopt(fd, IPPROTO_IP, IP_MULTICAST_ALL, 0);
  else libc.setsockopt(fd, IPPROTO_IPV6, IPV6_MULTICAST_ALL, 0);
}

/** The arrival interface of each packet as a control message; for IPv6 its destination and hop limit too. */
export function wantPacketInfo(libc: Libc, fd: number, family: InetFamily): void {
  if (family === 4) return libc.setsockopt(fd, IPPROTO_IP, IP_PKTINFO, 1);
  libc.setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
  libc.setsockopt(fd, IPPROTO_IPV6, IPV6_RECVHOPLIMIT, 1);
}

/** struct ip_mreqn for IPv4, struct ipv6_mreq for IPv6. */
export function joinGroup(libc: Libc, fd: number, group: InetAddress, index: number): void {
  const request = Buffer.alloc(group.family === 4 ? 12 : 20);
  request.set(group.bytes);
  request.writeInt32LE(index, request.length - 4);
  if (group.family === 4) libc.setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, request);
  else libc.setsockopt(fd, IPPROTO_IPV6, IPV6_JOIN_GROUP, request);
}

/** Replaces the socket's filter in one step; undefined removes it. */
export function attachFilter(
  libc: Libc,
  fd: number,
  family: InetFamily,
  filter: PacketFilter | undefined,
): void {
  if (filter === undefined) return detachFilter(libc, fd);
  attachProgram(libc, fd, encodeProgram(compileFilter(filter, family)));
}

/** struct sock_fprog: a count and a pointer, read during the call. */
export function attachProgram(libc: Libc, fd: number, program: Buffer): void {
  const sockFprog = Buffer.alloc(16);
  sockFprog.writeUInt16LE(program.length / 8);
  sockFprog.writeBigUInt64LE(libc.address(program), 8);
  libc.setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, sockFprog);
}

function detachFilter(libc: Libc, fd: number): void {
  try {
    libc.setsockopt(fd, SOL_SOCKET, SO_DETACH_FILTER, 0);
  } catch (error) {
    if ((error as { code?: string }).code !== ENOENT) throw error;
  }
}
