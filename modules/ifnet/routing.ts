import type { InetAddress, InetFamily, InetPrefix } from './address.js';

/** Where a packet goes: on, or nowhere, with or without an answer to its sender. */
export type RouteKind = 'unicast' | 'blackhole' | 'unreachable' | 'prohibit';

/** Linux's main table. */
export const RT_TABLE_MAIN = 254;

/** A route of the host, as `ip route` shows it. */
export interface Route {
  /** The network, with host bits of 0. */
  readonly to: InetPrefix;
  readonly kind: RouteKind;
  /** Index of the outgoing interface; 0 unless it is `unicast`. */
  readonly ifindex: number;
  /** The next router; undefined: the network is on the link. */
  readonly via: InetAddress | undefined;
  /** The source of packets that have none yet. */
  readonly source: InetAddress | undefined;
  readonly table: number;
  /** Lower is better. Linux takes 0 for IPv4 and 1024 for IPv6 where none is given. */
  readonly metric: number;
  /** The router is taken to be on the link, although no network there contains it. */
  readonly onlink: boolean;
}

/** A rule of the host, as `ip rule` shows it: which packets are routed by a table. */
export interface RoutingRule {
  readonly family: InetFamily;
  readonly from: InetPrefix | undefined;
  readonly to: InetPrefix | undefined;
  /** The interface that they came by. */
  readonly iif: string | undefined;
  /** The interface that their socket is bound to. */
  readonly oif: string | undefined;
  readonly fwmark: number | undefined;
  readonly table: number;
  /** Rules are tried from the lowest on; undefined: the host chooses. */
  readonly priority: number | undefined;
}

/** The routes and rules of a host. Each call is effective and acknowledged when it returns. */
export interface Routing {
  /** @param protocol who has added it: rtm_protocol. @throws IfnetError EEXIST, ENETUNREACH, EPERM … */
  addRoute(route: Route, protocol: number): void;
  /** @throws IfnetError ESRCH if there is none, EPERM … */
  removeRoute(route: Route, protocol: number): void;
  /** Those that bear this protocol. @throws IfnetError */
  routes(protocol: number): Route[];
  /** @param protocol who has added it: FRA_PROTOCOL. @throws IfnetError EEXIST, EPERM … */
  addRule(rule: RoutingRule, protocol: number): void;
  /** @throws IfnetError ENOENT if there is none, EPERM … */
  removeRule(rule: RoutingRule, protocol: number): void;
  /** Those that bear this protocol. @throws IfnetError */
  rules(protocol: number): RoutingRule[];
}

/** A route in the words of `ip route`: the same text for the same route. */
export function routeText(route: Route): string {
  const { to, kind, ifindex, via, source, table, metric, onlink } = route;
  return words([
    kind === 'unicast' ? '' : kind,
    to.toString(),
    named('via', via),
    kind === 'unicast' ? named('dev', ifindex) : '',
    named('src', source),
    table === RT_TABLE_MAIN ? '' : named('table', table),
    metric === 0 ? '' : named('metric', metric),
    onlink ? 'onlink' : '',
  ]);
}

/** A rule in the words of `ip rule`: the same text for the same rule. */
export function ruleText({ family, from, to, iif, oif, fwmark, table, priority }: RoutingRule): string {
  return words([
    family === 6 ? '-6' : '',
    named('from', from ?? 'all'),
    named('to', to),
    named('iif', iif),
    named('oif', oif),
    named('fwmark', fwmark),
    named('lookup', table),
    named('priority', priority),
  ]);
}

function named(name: string, value: { toString(): string } | undefined): string {
  return value === undefined ? '' : `${name} ${value.toString()}`;
}

function words(parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join(' ');
}
