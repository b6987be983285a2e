import {
  type Ifnet,
  IfnetError,
  type IfnetModule,
  type InetPrefix,
  type Route,
  type Routing,
  type RoutingRule,
  routeText,
  ruleText,
} from '../../ifnet/index.js';
import { VIP_ADDRESS_PROTOCOL } from '../service/mark.js';
import type { RouteSetting, RuleSetting } from './settings.js';

/** Linux's, where none is given. */
const METRIC6 = 1024;

/** A route or a rule of a virtual host, ready to be added. */
export interface RoutingEntry {
  /** In the words of `ip`: the same text for the same one. */
  readonly text: string;
  /**
   * It can go with an address. A rule cannot, and must not be added again to see: without a priority Linux has it twice.
   */
  readonly vanishes: boolean;
  /** @throws IfnetError EEXIST, ENETUNREACH … */
  add(): void;
  /** No-op if it has gone. @throws IfnetError */
  remove(): void;
}

/**
 * What the settings ask for, routes first: a rule for an empty table would lead elsewhere.
 *
 * @param refused called with why one of them cannot be: the others can
 */
export function entriesOf(
  { routes, rules }: { readonly routes: readonly RouteSetting[]; readonly rules: readonly RuleSetting[] },
  ifp: Ifnet,
  interfaces: Pick<IfnetModule, 'byName'>,
  refused: (error: IfnetError) => void,
): RoutingEntry[] {
  const { routing } = ifp;
  if (routes.length + rules.length === 0) return [];
  if (routing === undefined) {
    refused(new IfnetError('EOPNOTSUPP', ifp.name, 'cannot have routes: its driver has none'));
    return [];
  }
  const entries: RoutingEntry[] = [];
  for (const route of routes) {
    const out = route.dev === undefined ? ifp : interfaces.byName(route.dev);
    if (out !== undefined) entries.push(routeEntry(routeOf(route, out), routing));
    else refused(new IfnetError('ENODEV', route.dev ?? '', 'there is no such interface for a route'));
  }
  return [...entries, ...rules.map((rule) => ruleEntry(ruleOf(rule), routing))];
}

function routeEntry(route: Route, routing: Routing): RoutingEntry {
  return {
    text: routeText(route),
    vanishes: true,
    add: () => routing.addRoute(route, VIP_ADDRESS_PROTOCOL),
    remove: () => gone('ESRCH', () => routing.removeRoute(route, VIP_ADDRESS_PROTOCOL)),
  };
}

function ruleEntry(rule: RoutingRule, routing: Routing): RoutingEntry {
  return {
    text: ruleText(rule),
    vanishes: false,
    add: () => routing.addRule(rule, VIP_ADDRESS_PROTOCOL),
    remove: () => gone('ENOENT', () => routing.removeRule(rule, VIP_ADDRESS_PROTOCOL)),
  };
}

/** What is there with carpet's mark. */
export interface PresentEntry extends RoutingEntry {
  /** As settings can ask for it: a rule for which the host chose the priority has none there. */
  readonly names: readonly string[];
  /** Where a route leads out; 0 for a rule, and for a route to nowhere. */
  readonly ifindex: number;
}

/** All that bears carpet's mark, of this process and others. @throws IfnetError */
export function presentEntries(routing: Routing): PresentEntry[] {
  const routes = routing.routes(VIP_ADDRESS_PROTOCOL).map((route) => {
    const entry = routeEntry(route, routing);
    return { ...entry, names: [entry.text], ifindex: route.ifindex };
  });
  const rules = routing.rules(VIP_ADDRESS_PROTOCOL).map((rule) => {
    const entry = ruleEntry(rule, routing);
    const unnumbered = ruleText({ ...rule, priority: undefined });
    return { ...entry, names: [entry.text, unnumbered], ifindex: 0 };
  });
  return [...routes, ...rules];
}

function routeOf({ to, via, source, table, metric, kind, onlink }: RouteSetting, out: Ifnet): Route {
  const unset = to.address.family === 6 ? METRIC6 : 0;
  const ifindex = kind === 'unicast' ? out.index : 0;
  return { to, via, source, table, kind, onlink, ifindex, metric: metric ?? unset };
}

/** As Linux reports it: without a network or a mark that all packets match. */
function ruleOf({ from, to, iif, oif, fwmark, table, priority, family }: RuleSetting): RoutingRule {
  const of = from?.address.family ?? to?.address.family ?? family ?? 4;
  const some = (network: InetPrefix | undefined) => (network?.length === 0 ? undefined : network);
  const mark = fwmark === 0 ? undefined : fwmark;
  return { family: of, from: some(from), to: some(to), iif, oif, fwmark: mark, table, priority };
}

/** Linux removes routes by itself: with their source, their interface, and the network of their router. */
function gone(code: string, remove: () => void): void {
  try {
    remove();
  } catch (error) {
    if (!(error instanceof IfnetError && (error.code === code || error.code === 'ENODEV'))) throw error;
  }
}
