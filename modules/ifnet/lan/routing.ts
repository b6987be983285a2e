import { IfnetError, type Route, type Routing, type RoutingRule, routeText, ruleText } from '../index.js';

/** The priority of Linux's rule for the main table. */
const LAST_RULE = 32_766;

interface Noted<T> {
  readonly entry: T;
  readonly protocol: number;
}

/** The routes and rules of a host on the virtual LAN: kept and shown, and nothing is routed by them. */
export class LanRouting implements Routing {
  readonly #routes = new Map<string, Noted<Route>>();
  readonly #rules = new Map<string, Noted<RoutingRule>>();

  addRoute(route: Route, protocol: number): void {
    const key = routeText({ ...route, via: undefined, source: undefined, onlink: false });
    add(this.#routes, key, { entry: route, protocol }, `add the route ${routeText(route)}`);
  }

  removeRoute(route: Route, protocol: number): void {
    const key = routeText({ ...route, via: undefined, source: undefined, onlink: false });
    remove(this.#routes, key, protocol, `remove the route ${routeText(route)}`, 'ESRCH');
  }

  routes(protocol: number): Route[] {
    return bearing(this.#routes, protocol);
  }

  /** As on Linux a rule without a priority comes before all others: the same one twice is two. */
  addRule(rule: RoutingRule, protocol: number): void {
    const taken = [...this.#rules.values()].map(({ entry }) => entry.priority ?? LAST_RULE);
    const entry = { ...rule, priority: rule.priority ?? Math.min(LAST_RULE, ...taken) - 1 };
    add(this.#rules, ruleText(entry), { entry, protocol }, `add the rule ${ruleText(rule)}`);
  }

  removeRule(rule: RoutingRule, protocol: number): void {
    const found = [...this.#rules.values()].find(
      ({ entry }) => ruleText({ ...entry, priority: rule.priority && entry.priority }) === ruleText(rule),
    );
    const key = ruleText(found?.entry ?? rule);
    remove(this.#rules, key, protocol, `remove the rule ${ruleText(rule)}`, 'ENOENT');
  }

  rules(protocol: number): RoutingRule[] {
    return bearing(this.#rules, protocol);
  }
}

function add<T>(table: Map<string, Noted<T>>, key: string, noted: Noted<T>, what: string): void {
  if (table.has(key)) throw new IfnetError('EEXIST', '', `cannot ${what}: it is there already`);
  table.set(key, noted);
}

function remove<T>(
  table: Map<string, Noted<T>>,
  key: string,
  protocol: number,
  what: string,
  code: string,
): void {
  if (table.get(key)?.protocol !== protocol)
    throw new IfnetError(code, '', `cannot ${what}: it is not there`);
  table.delete(key);
}

function bearing<T>(table: ReadonlyMap<string, Noted<T>>, protocol: number): T[] {
  return [...table.values()].filter((noted) => noted.protocol === protocol).map(({ entry }) => entry);
}
