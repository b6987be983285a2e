/**
 * RTM_GETROUTE (rtnetlink(7)): the route that a packet to an address would take now, and the routes of the host. RTM_NEWROUTE
 * and RTM_DELROUTE.
 *
 * @module
 */
import { AF_INET, AF_INET6 } from '../../../libc/index.js';
import { InetAddress, type InetFamily, InetPrefix, type Route, type RouteKind } from '../../index.js';
import * as nl from './constants.js';
import { attributes, type NetlinkMessage, Request, readU32 } from './message.js';

const RTMSG = 12;

export interface RouteReport {
  /** Index of the outgoing interface; 0 if none. */
  readonly index: number;
  readonly gateway: InetAddress | undefined;
  /** Whether it comes from an exception that a redirect has made; in IPv6 another exception, as of the MTU, counts too. */
  readonly redirected: boolean;
}

export function getRoute(destination: InetAddress): Request {
  const header = Buffer.alloc(RTMSG);
  header[0] = destination.family === 4 ? AF_INET : AF_INET6;
  header[1] = destination.bytes.length * 8;
  return new Request(nl.RTM_GETROUTE, 0, header).attribute(nl.RTA_DST, destination.bytes);
}

export function parseRoute({ body }: NetlinkMessage): RouteReport {
  let index = 0;
  let gateway: InetAddress | undefined;
  attributes(body, RTMSG, (type, value) => {
    if (type === nl.RTA_OIF) index = readU32(value);
    if (type === nl.RTA_GATEWAY && (value.length === 4 || value.length === 16))
      gateway = InetAddress.from(value);
  });
  const flags = body.length < RTMSG ? 0 : body.readUInt32LE(8);
  const mark = body[0] === AF_INET ? nl.RTCF_REDIRECTED : nl.RTM_F_CLONED;
  return { index, gateway, redirected: (flags & mark) !== 0 };
}

const KINDS: Readonly<Record<number, RouteKind>> = {
  1: 'unicast',
  6: 'blackhole',
  7: 'unreachable',
  8: 'prohibit',
};
const SCOPE_UNIVERSE = 0;
const SCOPE_LINK = 253;
/** Any scope, for a removal. */
const SCOPE_NOWHERE = 255;
/** In the header, where a table's number needs an attribute. */
const TABLE_COMPAT = 252;

export function addRoute(route: Route, protocol: number): Request {
  const onLink = route.to.address.family === 4 && route.kind === 'unicast' && route.via === undefined;
  const scope = onLink ? SCOPE_LINK : SCOPE_UNIVERSE;
  return routeRequest(nl.RTM_NEWROUTE, nl.NLM_F_CREATE | nl.NLM_F_EXCL, route, protocol, scope);
}

export function removeRoute(route: Route, protocol: number): Request {
  return routeRequest(nl.RTM_DELROUTE, 0, route, protocol, SCOPE_NOWHERE);
}

/** Those that bear a protocol: the kernel chooses them on a socket with NETLINK_GET_STRICT_CHK. */
export function dumpRoutes(family: InetFamily, protocol: number): Request {
  const header = Buffer.alloc(RTMSG);
  header[0] = family === 4 ? AF_INET : AF_INET6;
  header[5] = protocol;
  return new Request(nl.RTM_GETROUTE, nl.NLM_F_DUMP, header);
}

/** @returns undefined for one of another kind, or with several routers */
export function parseHostRoute({ body }: NetlinkMessage): { route: Route; protocol: number } | undefined {
  const kind = KINDS[body[7] ?? 0];
  if (body.length < RTMSG || kind === undefined) return undefined;
  const family = body[0] === AF_INET ? 4 : 6;
  const none = InetAddress.parse(family === 4 ? '0.0.0.0' : '::');
  const found = { to: none, ifindex: 0, table: body[4]!, metric: 0, several: false };
  const addresses: { via?: InetAddress; source?: InetAddress } = {};
  attributes(body, RTMSG, (type, value) => {
    if (type === nl.RTA_DST) found.to = InetAddress.from(value);
    else if (type === nl.RTA_OIF) found.ifindex = readU32(value);
    else if (type === nl.RTA_TABLE) found.table = readU32(value);
    else if (type === nl.RTA_PRIORITY) found.metric = readU32(value);
    else if (type === nl.RTA_GATEWAY) addresses.via = InetAddress.from(value);
    else if (type === nl.RTA_PREFSRC) addresses.source = InetAddress.from(value);
    else if (type === nl.RTA_MULTIPATH) found.several = true;
  });
  if (found.several) return undefined;
  const route: Route = {
    to: new InetPrefix(found.to, body[1]!),
    kind,
    // Linux has IPv6 routes to nowhere lead to the loopback interface.
    ifindex: kind === 'unicast' ? found.ifindex : 0,
    via: addresses.via,
    source: addresses.source,
    table: found.table,
    metric: found.metric,
    onlink: (body.readUInt32LE(8) & nl.RTNH_F_ONLINK) !== 0,
  };
  return { route, protocol: body[5]! };
}

/** A table's number in the header of a route or rule, beside the attribute. */
export function tableByte(table: number): number {
  return table < 256 ? table : TABLE_COMPAT;
}

function routeRequest(type: number, flags: number, route: Route, protocol: number, scope: number): Request {
  const { to, kind, ifindex, via, source, table, metric, onlink } = route;
  const header = Buffer.alloc(RTMSG);
  header[0] = to.address.family === 4 ? AF_INET : AF_INET6;
  header[1] = to.length;
  header[4] = tableByte(table);
  header[5] = protocol;
  header[6] = scope;
  header[7] = Number(Object.keys(KINDS).find((number) => KINDS[Number(number)] === kind));
  header.writeUInt32LE(onlink ? nl.RTNH_F_ONLINK : 0, 8);
  const request = new Request(type, flags, header).u32(nl.RTA_TABLE, table);
  if (to.length > 0) request.attribute(nl.RTA_DST, to.address.bytes);
  if (ifindex !== 0) request.u32(nl.RTA_OIF, ifindex);
  if (via !== undefined) request.attribute(nl.RTA_GATEWAY, via.bytes);
  if (source !== undefined) request.attribute(nl.RTA_PREFSRC, source.bytes);
  if (metric !== 0) request.u32(nl.RTA_PRIORITY, metric);
  return request;
}
