import type { Libc, Netns } from '../../libc/index.js';
import {
  IfnetError,
  type InetFamily,
  type Route,
  type Routing,
  type RoutingRule,
  routeText,
  ruleText,
} from '../index.js';
import type { NetlinkMessage, Request } from './netlink/message.js';
import { addRoute, dumpRoutes, parseHostRoute, removeRoute } from './netlink/route.js';
import { addRule, dumpRules, parseRule, removeRule } from './netlink/rule.js';
import { Requests } from './requests.js';

const FAMILIES: readonly InetFamily[] = [4, 6];

/** The routes and rules of one network namespace. */
export class LinuxRouting implements Routing {
  readonly #libc: Libc;
  readonly #netns: Netns;
  readonly #requests: Requests;

  constructor(libc: Libc, netns: Netns, requests: Requests) {
    this.#libc = libc;
    this.#netns = netns;
    this.#requests = requests;
  }

  addRoute(route: Route, protocol: number): void {
    this.#requests.request('', `add the route ${routeText(route)}`, addRoute(route, protocol));
  }

  removeRoute(route: Route, protocol: number): void {
    this.#requests.request('', `remove the route ${routeText(route)}`, removeRoute(route, protocol));
  }

  routes(protocol: number): Route[] {
    const found = this.#dump('list routes', (family) => dumpRoutes(family, protocol), parseHostRoute);
    // A kernel before 4.20 chooses none.
    return found.filter((each) => each.protocol === protocol).map(({ route }) => route);
  }

  addRule(rule: RoutingRule, protocol: number): void {
    this.#requests.request('', `add the rule ${ruleText(rule)}`, addRule(rule, protocol));
  }

  removeRule(rule: RoutingRule, protocol: number): void {
    this.#requests.request('', `remove the rule ${ruleText(rule)}`, removeRule(rule, protocol));
  }

  rules(protocol: number): RoutingRule[] {
    const found = this.#dump('list rules', dumpRules, parseRule);
    return found.filter((each) => each.protocol === protocol).map(({ rule }) => rule);
  }

  /** On a socket of its own, whose dumps the kernel filters: a host can have a million routes. */
  #dump<T>(
    what: string,
    requestOf: (family: InetFamily) => Request,
    parse: (message: NetlinkMessage) => T | undefined,
  ): T[] {
    using strict = new Requests(this.#libc, this.#netns, { strict: true });
    const found: T[] = [];
    const keep = (message: NetlinkMessage): void => {
      const each = parse(message);
      if (each !== undefined) found.push(each);
    };
    for (const family of FAMILIES) {
      try {
        strict.request('', what, requestOf(family), keep);
      } catch (error) {
        // A kernel without IPv6 has none of it.
        if (!(error instanceof IfnetError && error.code === 'EAFNOSUPPORT')) throw error;
      }
    }
    return found;
  }
}
