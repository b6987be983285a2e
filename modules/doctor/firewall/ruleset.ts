/**
 * What an nftables ruleset does to an advertisement, as far as its JSON says (libnftables-json(5)). Rules of iptables-nft are
 * in the ruleset too; those of the old iptables are added (legacy.ts). Where a rule asks what is not known of the packet, the answer is that nothing is known: a drop is only
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
  /** Where that is, if it is a rule of the old iptables. */
  readonly legacy?: { readonly program: string; readonly table: string; readonly name: string };
}

interface Chain {
  readonly family: string;
  readonly table: string;
  readonly name: string;
  /** Of the old iptables: the program that changes it. Its tables are not those of nftables with the same names. */
  readonly program?: string;
  readonly hook?: string;
  readonly dev?: string | readonly string[];
  readonly prio?: number;
  readonly policy?: string;
}

interface Rule {
  readonly family: string;
  readonly table: string;
  readonly program?: string;
  readonly chain: string;
  readonly handle: number;
  readonly expr: readonly unknown[];
}

/** `go`: the next rule; `return`: back to the calling chain; `unknown`: it may be anything. */
type Verdict = 'accept' | 'go' | 'return' | 'unknown' | FirewallDrop;

/** A packet on its way, and what the chains that it has passed do to it: each is walked once, whatever jumps to it. */
interface Passage {
  readonly packet: FirewallPacket;
  readonly verdicts: Map<Chain, Verdict>;
}

/** Evaluates the chains of a ruleset. */
export class Firewall {
  readonly #chains: readonly Chain[];
  readonly #callees: ReadonlyMap<string, Chain>;
  /** By their chains. */
  readonly #rules = new Map<string, Rule[]>();
  readonly #sets = new Map<string, Map<string, unknown>>();

  /** @param document what `nft -j list ruleset` says; anything else is an empty ruleset */
  constructor(document: unknown) {
    const list = (document as { nftables?: unknown } | undefined)?.nftables;
    const objects = (Array.isArray(list) ? list : []) as readonly Record<string, unknown>[];
    const all = (kind: string): unknown[] => objects.map((object) => object?.[kind]).filter(isObject);
    this.#chains = all('chain') as Chain[];
    this.#callees = new Map(this.#chains.map((chain) => [keyOf(chain, chain.name), chain]));
    for (const rule of all('rule') as Rule[]) {
      if (!Array.isArray(rule.expr)) continue;
      const key = keyOf(rule, rule.chain);
      const rules = this.#rules.get(key);
      if (rules === undefined) this.#rules.set(key, [rule]);
      else rules.push(rule);
    }
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
    const passage: Passage = { packet, verdicts: new Map() };
    for (const chain of bases) {
      const verdict = this.#walk(chain, passage, 0);
      if (typeof verdict === 'object') return verdict;
      const falls = verdict === 'go' || verdict === 'return';
      if (falls && chain.policy === 'drop') return dropOf(chain, 'its policy');
    }
    return undefined;
  }

  #walk(chain: Chain, passage: Passage, depth: number): Verdict {
    const known = passage.verdicts.get(chain);
    if (known !== undefined) return known;
    if (depth > MAX_DEPTH) return 'unknown';
    passage.verdicts.set(chain, 'unknown');
    let verdict: Verdict = 'go';
    for (const rule of this.#rules.get(keyOf(chain, chain.name)) ?? []) {
      verdict = this.#apply(rule, chain, passage, depth);
      if (verdict !== 'go') break;
    }
    passage.verdicts.set(chain, verdict);
    return verdict;
  }

  #apply(rule: Rule, chain: Chain, passage: Passage, depth: number): Verdict {
    const sets = this.#sets.get(`${rule.family} ${rule.table}`) ?? new Map<string, unknown>();
    let sure: Truth = true;
    for (const expression of rule.expr) {
      if (!isObject(expression)) return 'unknown';
      if ('match' in expression) {
        const holds = matches(expression['match'], passage.packet, sets);
        if (holds === false) return 'go';
        if (holds === undefined) sure = undefined;
        continue;
      }
      if ('xt' in expression) sure = undefined;
      const verdict = this.#verdict(expression, rule, chain, passage, depth, sets);
      if (verdict !== 'go') return sure === true ? verdict : 'unknown';
    }
    return 'go';
  }

  #verdict(
    expression: Record<string, unknown>,
    rule: Rule,
    chain: Chain,
    passage: Passage,
    depth: number,
    sets: ReadonlyMap<string, unknown>,
  ): Verdict {
    if ('drop' in expression || 'reject' in expression) {
      const by = chain.program === undefined ? 'its rule with the handle' : 'its rule';
      return dropOf(chain, `${by} ${rule.handle}`);
    }
    if ('accept' in expression) return 'accept';
    if ('return' in expression) return 'return';
    if ('jump' in expression || 'goto' in expression) {
      const jump = (expression['jump'] ?? expression['goto']) as { readonly target?: string } | null;
      const callee = this.#callees.get(keyOf(rule, jump?.target));
      if (callee === undefined) return 'unknown';
      const verdict = this.#walk(callee, passage, depth + 1);
      if (verdict !== 'return' && verdict !== 'go') return verdict;
      return 'goto' in expression ? 'return' : 'go';
    }
    if ('vmap' in expression) return this.#map(expression['vmap'], rule, chain, passage, depth, sets);
    return 'queue' in expression ? 'unknown' : 'go';
  }

  #map(
    map: unknown,
    rule: Rule,
    chain: Chain,
    passage: Passage,
    depth: number,
    sets: ReadonlyMap<string, unknown>,
  ): Verdict {
    const { key, data } = (map ?? {}) as Vmap;
    const value = valueOf(key, passage.packet);
    if (value === undefined || !Array.isArray(data?.set)) return 'unknown';
    for (const pair of data.set as readonly unknown[]) {
      const [element, verdict] = Array.isArray(pair) ? (pair as unknown[]) : [];
      if (!isObject(verdict)) return 'unknown';
      const holds = isMatch(value, element, sets);
      if (holds === undefined) return 'unknown';
      if (holds) return this.#verdict(verdict, rule, chain, passage, depth, sets);
    }
    return 'go';
  }
}

interface Vmap {
  readonly key: unknown;
  readonly data?: { readonly set?: unknown };
}

function matches(match: unknown, packet: FirewallPacket, sets: ReadonlyMap<string, unknown>): Truth {
  if (!isObject(match)) return undefined;
  const { op, left, right } = match;
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

/** A chain of a family's table, as a key. */
function keyOf(
  { family, table, program }: Pick<Chain, 'family' | 'table' | 'program'>,
  chain: string | undefined,
): string {
  return `${program} ${family} ${table} ${chain}`;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function dropOf({ family, table, name, program }: Chain, rule: string): FirewallDrop {
  if (program === undefined) return { chain: `table ${family} ${table}, chain ${name}`, rule };
  return { chain: `${program} -t ${table}, chain ${name}`, rule, legacy: { program, table, name } };
}
