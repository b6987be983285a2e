/**
 * What an nftables ruleset does to an advertisement, as far as its JSON says (libnftables-json(5)). Rules of iptables-nft are
 * in the ruleset too. Where a rule asks what is not known of the packet, the answer is that nothing is known: a drop is only
 * reported if it is certain.
 *
 * @module
 */
import { type FirewallPacket, isMatch, type Truth, valueOf } from './packet.js';

/** Jumps that are followed. */
const MAX_DEPTH = 16;

const HOOKS = {
  in: new Set(['ingress', 'prerouting', 'input']),
  out: new Set(['output', 'postrouting', 'egress']),
} as const;

/** Where the firewall drops a packet. */
export interface FirewallDrop {
  /** `table inet filter, chain input`. */
  readonly chain: string;
  /** `its policy`, or `its rule with the handle 7`. */
  readonly rule: string;
}

interface Chain {
  readonly family: string;
  readonly table: string;
  readonly name: string;
  readonly hook?: string;
  readonly dev?: string | readonly string[];
  readonly prio?: number;
  readonly policy?: string;
}

interface Rule {
  readonly family: string;
  readonly table: string;
  readonly chain: string;
  readonly handle: number;
  readonly expr: readonly Record<string, unknown>[];
}

/** `go`: the next rule; `return`: back to the calling chain; `unknown`: it may be anything. */
type Verdict = 'accept' | 'go' | 'return' | 'unknown' | FirewallDrop;

/** Evaluates the chains of a ruleset. */
export class Firewall {
  readonly #chains: readonly Chain[];
  readonly #rules: readonly Rule[];
  readonly #sets = new Map<string, Map<string, unknown>>();

  /** @param document what `nft -j list ruleset` says; anything else is an empty ruleset */
  constructor(document: unknown) {
    const list = (document as { nftables?: unknown } | undefined)?.nftables;
    const objects = (Array.isArray(list) ? list : []) as readonly Record<string, unknown>[];
    const all = (kind: string): unknown[] =>
      objects.map((object) => object?.[kind]).filter((each) => each !== undefined);
    this.#chains = all('chain') as Chain[];
    this.#rules = (all('rule') as Rule[]).filter(({ expr }) => Array.isArray(expr));
    for (const { family, table, name, elem } of all('set') as (Chain & { elem?: unknown })[]) {
      const key = `${family} ${table}`;
      const sets = this.#sets.get(key) ?? new Map<string, unknown>();
      this.#sets.set(key, sets.set(name, elem ?? []));
    }
  }

  /** Where the packet is dropped for certain; undefined if it passes, or may. */
  drops(packet: FirewallPacket): FirewallDrop | undefined {
    const bases = this.#chains
      .filter((chain) => chain.hook !== undefined && concerns(chain, packet))
      .toSorted((a, b) => (a.prio ?? 0) - (b.prio ?? 0));
    for (const chain of bases) {
      const verdict = this.#walk(chain, packet, 0);
      if (typeof verdict === 'object') return verdict;
      const falls = verdict === 'go' || verdict === 'return';
      if (falls && chain.policy === 'drop') return { chain: nameOf(chain), rule: 'its policy' };
    }
    return undefined;
  }

  #walk(chain: Chain, packet: FirewallPacket, depth: number): Verdict {
    if (depth > MAX_DEPTH) return 'unknown';
    const { family, table, name } = chain;
    for (const rule of this.#rules) {
      if (rule.family !== family || rule.table !== table || rule.chain !== name) continue;
      const verdict = this.#apply(rule, chain, packet, depth);
      if (verdict !== 'go') return verdict;
    }
    return 'go';
  }

  #apply(rule: Rule, chain: Chain, packet: FirewallPacket, depth: number): Verdict {
    const sets = this.#sets.get(`${rule.family} ${rule.table}`) ?? new Map<string, unknown>();
    let sure: Truth = true;
    for (const expression of rule.expr) {
      if ('match' in expression) {
        const holds = matches(expression['match'] as Match, packet, sets);
        if (holds === false) return 'go';
        if (holds === undefined) sure = undefined;
        continue;
      }
      if ('xt' in expression) sure = undefined;
      const verdict = this.#verdict(expression, rule, chain, packet, depth, sets);
      if (verdict !== 'go') return sure === true ? verdict : 'unknown';
    }
    return 'go';
  }

  #verdict(
    expression: Record<string, unknown>,
    rule: Rule,
    chain: Chain,
    packet: FirewallPacket,
    depth: number,
    sets: ReadonlyMap<string, unknown>,
  ): Verdict {
    if ('drop' in expression || 'reject' in expression)
      return { chain: nameOf(chain), rule: `its rule with the handle ${rule.handle}` };
    if ('accept' in expression) return 'accept';
    if ('return' in expression) return 'return';
    if ('jump' in expression || 'goto' in expression) {
      const { target } = (expression['jump'] ?? expression['goto']) as { target: string };
      const callee = this.#chains.find(
        ({ family, table, name }) => family === rule.family && table === rule.table && name === target,
      );
      if (callee === undefined) return 'unknown';
      const verdict = this.#walk(callee, packet, depth + 1);
      if (verdict !== 'return' && verdict !== 'go') return verdict;
      return 'goto' in expression ? 'return' : 'go';
    }
    if ('vmap' in expression) return this.#map(expression['vmap'] as Vmap, rule, chain, packet, depth, sets);
    return 'queue' in expression ? 'unknown' : 'go';
  }

  #map(
    { key, data }: Vmap,
    rule: Rule,
    chain: Chain,
    packet: FirewallPacket,
    depth: number,
    sets: ReadonlyMap<string, unknown>,
  ): Verdict {
    const value = valueOf(key, packet);
    if (value === undefined || !Array.isArray(data?.set)) return 'unknown';
    for (const [element, verdict] of data.set) {
      const holds = isMatch(value, element, sets);
      if (holds === undefined) return 'unknown';
      if (holds) return this.#verdict(verdict, rule, chain, packet, depth, sets);
    }
    return 'go';
  }
}

interface Vmap {
  readonly key: unknown;
  readonly data?: { readonly set?: readonly (readonly [unknown, Record<string, unknown>])[] };
}

interface Match {
  readonly op: string;
  readonly left: unknown;
  readonly right: unknown;
}

function matches(
  { op, left, right }: Match,
  packet: FirewallPacket,
  sets: ReadonlyMap<string, unknown>,
): Truth {
  const value = valueOf(left, packet);
  const is = isMatch(value, right, sets);
  if (op === '==' || op === 'in') return is;
  if (op !== '!=') return undefined;
  // A packet without the field fits neither.
  return value === null ? false : is === undefined ? undefined : !is;
}

function concerns(
  { family, hook, dev }: Chain,
  { direction, family: inet, ifname }: FirewallPacket,
): boolean {
  if (!HOOKS[direction].has(hook ?? '')) return false;
  if (family === 'netdev') return [dev ?? []].flat().includes(ifname);
  return family === 'inet' || family === (inet === 4 ? 'ip' : 'ip6');
}

function nameOf({ family, table, name }: Chain): string {
  return `table ${family} ${table}, chain ${name}`;
}
