/**
 * Rules of the old iptables, which nft does not list, in the form in which nft says its own: the same evaluation judges
 * both. Input is what `iptables-legacy-save` prints (iptables-save(8)).
 *
 * @module
 */
import type { InetFamily } from '../../ifnet/index.js';

/** The programs that print and change the old rules, by family. */
export const LEGACY_PROGRAMS = { 4: 'iptables-legacy', 6: 'ip6tables-legacy' } as const;

/** Where the tables stand beside chains of nftables, whose numbers Linux shares: `enum nf_ip_hook_priorities`. */
const PRIORITIES: ReadonlyMap<string, number> = new Map([
  ['raw', -300],
  ['mangle', -150],
  ['nat', -100],
  ['filter', 0],
  ['security', 50],
]);
const HOOKS: ReadonlySet<string> = new Set(['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING']);
/** Targets after which the next rule is asked. */
const PASSING: ReadonlySet<string> = new Set(
  'LOG NFLOG ULOG MARK CONNMARK SECMARK CONNSECMARK CT NOTRACK TOS DSCP TTL HL SET CLASSIFY TRACE AUDIT CHECKSUM TCPMSS'.split(
    ' ',
  ),
);
/** Matches that say nothing by themselves: their options do, if at all. */
const SILENT: ReadonlySet<string> = new Set(['comment', 'pkttype', 'conntrack', 'state']);

type Expression = Readonly<Record<string, unknown>>;

/** One object of a ruleset in the JSON form of nft. */
export type NftObject = Readonly<Record<string, unknown>>;

/** The chains and rules that `text` describes. Lines that it does not know are left out. */
export function legacyRuleset(text: string, family: InetFamily): NftObject[] {
  const objects: NftObject[] = [];
  const counts = new Map<string, number>();
  const place = { family: family === 4 ? 'ip' : 'ip6', program: LEGACY_PROGRAMS[family] };
  let table = '';
  for (const line of text.split('\n')) {
    if (line.startsWith('*')) {
      table = line.slice(1).trim();
      counts.clear();
    } else if (line.startsWith(':')) {
      const [name = '', policy = ''] = line.slice(1).split(' ');
      objects.push({ chain: { ...place, table, name, ...baseOf(table, name, policy) } });
    } else if (line.startsWith('-A ')) {
      const [, chain = '', ...words] = wordsOf(line);
      const handle = (counts.get(chain) ?? 0) + 1;
      counts.set(chain, handle);
      objects.push({ rule: { ...place, table, chain, handle, expr: new Parser(words, family).rule() } });
    }
  }
  return objects;
}

function baseOf(table: string, name: string, policy: string): object {
  if (!HOOKS.has(name)) return {};
  return { hook: name.toLowerCase(), prio: PRIORITIES.get(table) ?? 0, policy: policy.toLowerCase() };
}

/** As iptables-save quotes: double quotes around what has a space, a backslash before a quote in it. */
function wordsOf(line: string): string[] {
  const found = line.matchAll(/"((?:[^"\\]|\\.)*)"|(\S+)/g);
  return [...found].map(([, quoted, plain]) => plain ?? quoted!.replaceAll(/\\(.)/g, '$1'));
}

/** Reads the words of one rule. */
class Parser {
  readonly #protocol: 'ip' | 'ip6';
  #at = 0;

  constructor(
    private readonly words: readonly string[],
    family: InetFamily,
  ) {
    this.#protocol = family === 4 ? 'ip' : 'ip6';
  }

  rule(): Expression[] {
    const expressions: Expression[] = [];
    while (this.#at < this.words.length) {
      const not = this.words[this.#at] === '!';
      if (not) this.#at++;
      expressions.push(...this.#option(this.#next(), not ? '!=' : '=='));
    }
    return expressions;
  }

  #next(): string {
    return this.words[this.#at++] ?? '';
  }

  #option(option: string, op: string): Expression[] {
    const is = (left: Expression, right: unknown): Expression[] => [{ match: { op, left, right } }];
    switch (option) {
      case '-p': {
        const protocol = this.#next();
        return protocol === 'all' ? [] : is({ meta: { key: 'l4proto' } }, protocol);
      }
      case '-s':
        return is({ payload: { protocol: this.#protocol, field: 'saddr' } }, this.#next());
      case '-d':
        return is({ payload: { protocol: this.#protocol, field: 'daddr' } }, this.#next());
      case '-i':
        return is({ meta: { key: 'iifname' } }, wildcard(this.#next()));
      case '-o':
        return is({ meta: { key: 'oifname' } }, wildcard(this.#next()));
      case '--pkt-type':
        return is({ meta: { key: 'pkttype' } }, this.#next());
      case '--ctstate':
      case '--state':
        return is({ ct: { key: 'state' } }, { set: this.#next().toLowerCase().split(',') });
      case '-m':
        return SILENT.has(this.#next()) ? [] : [UNKNOWN];
      case '-j':
        return this.#target();
      case '-g':
        return [{ goto: { target: this.#next() } }];
      case '--comment':
        this.#next();
        return [];
      default:
        return this.#unknown();
    }
  }

  /** Options of a target come after it, and change nothing of what becomes of the packet. */
  #target(): Expression[] {
    const target = this.#next();
    this.#at = this.words.length;
    if (target === 'DROP' || target === 'REJECT') return [{ drop: null }];
    if (target === 'ACCEPT') return [{ accept: null }];
    if (target === 'RETURN') return [{ return: null }];
    if (PASSING.has(target)) return [];
    // A chain of the user's; or a target like NFQUEUE, which is no chain: then it may be anything.
    return [{ jump: { target } }];
  }

  /** An option of a match, with its values. */
  #unknown(): Expression[] {
    while (this.#at < this.words.length && !/^(-|!$)/.test(this.words[this.#at]!)) this.#at++;
    return [UNKNOWN];
  }
}

/** As nft says of a match of iptables that it cannot express. */
const UNKNOWN: Expression = { xt: null };

/** `eth+` of iptables is `eth*` of nft. */
function wildcard(name: string): string {
  return name.endsWith('+') ? `${name.slice(0, -1)}*` : name;
}
