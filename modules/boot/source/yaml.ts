import {
  Composer,
  type CST,
  type Document,
  isAlias,
  isMap,
  isPair,
  isScalar,
  isSeq,
  Lexer,
  LineCounter,
  type Node,
  type Pair,
  Parser,
  type YAMLMap,
} from 'yaml';
import { type Clock, Slices } from '../../../core/index.js';
import type { Place, Problem } from '../problem.js';
import { SourceGuard } from './guard.js';
import type { Placed, PlacedEntry } from './placed.js';
import { syntaxText } from './syntax.js';

/** Nodes that one file may have, those counted that an alias repeats: aliases of aliases grow without bounds. */
const MAX_NODES = 200_000;
const TOO_MANY = `more than ${MAX_NODES} values`;

export interface ParsedSource {
  /** Undefined for an empty file, and for one with mistakes. */
  readonly root: Placed | undefined;
  /** Mistakes of the language; what the settings mean is checked elsewhere. */
  readonly problems: readonly Problem[];
}

/**
 * Reads YAML 1.2, of which JSON is a part. Never throws.
 *
 * @param clock of the kernel that runs on meanwhile, if one does
 */
export function parseYaml(file: string, text: string, clock?: Clock): Promise<ParsedSource> {
  return new YamlReader(file, text).read(clock && new Slices(clock));
}

class YamlReader {
  readonly #file: string;
  readonly #text: string;
  readonly #lines = new LineCounter();
  readonly #problems: Problem[] = [];
  /** Aliases being followed: one inside itself would not end. */
  readonly #within = new Set<Node>();
  #nodes = 0;

  constructor(file: string, text: string) {
    this.#file = file;
    this.#text = text;
  }

  async read(slices: Slices | undefined): Promise<ParsedSource> {
    const document = await this.#compose(slices);
    if (document === undefined) return { root: undefined, problems: this.#problems };
    for (const { code, pos } of [...document.errors, ...document.warnings])
      this.#problem(pos[0], syntaxText(code));
    await slices?.next();
    const root = this.#problems.length === 0 ? this.#node(document.contents, document) : undefined;
    return { root: this.#problems.length === 0 ? root : undefined, problems: unique(this.#problems) };
  }

  /** As the library's parseDocument, with limits that hold before the text is parsed, which takes most of the time. */
  async #compose(slices: Slices | undefined): Promise<Document | undefined> {
    this.#lines.addNewLine(0);
    for (const { index } of this.#text.matchAll(/\n/g)) this.#lines.addNewLine(index + 1);
    const guard = new SourceGuard(MAX_NODES);
    const lexemes: string[] = [];
    for (const lexeme of new Lexer().lex(this.#text)) {
      if (slices?.over) await slices.next();
      const excess = guard.pass(lexeme);
      if (excess !== undefined) {
        this.#problem(guard.offset, excess === 'deep' ? 'values are nested too deeply' : TOO_MANY);
        return undefined;
      }
      lexemes.push(lexeme);
    }
    const parser = new Parser();
    const tokens: CST.Token[] = [];
    for (const lexeme of lexemes) {
      if (slices?.over) await slices.next();
      tokens.push(...parser.next(lexeme));
    }
    tokens.push(...parser.end());
    await slices?.next();
    const [document, second] = new Composer({}).compose(tokens, true, this.#text.length);
    if (second !== undefined) this.#problem(second.range[0], syntaxText('MULTIPLE_DOCS'));
    return document;
  }

  #node(node: Node | null, document: Document): Placed | undefined {
    if (node === null) return undefined;
    if (++this.#nodes > MAX_NODES) {
      if (this.#nodes === MAX_NODES + 1) this.#problem(start(node), TOO_MANY);
      return undefined;
    }
    const place = this.#place(start(node));
    if (isAlias(node)) return this.#alias(node, document);
    if (isMap(node)) return { kind: 'map', place, entries: this.#entries(node, document) };
    if (isSeq(node)) {
      const items = node.items.flatMap((item) => this.#node(item as Node | null, document) ?? []);
      return { kind: 'list', place, items };
    }
    if (!isScalar(node)) return undefined;
    const { value, range } = node;
    const source = range ? this.#text.slice(range[0], range[1]) : '';
    return { kind: 'scalar', place, value: value ?? null, source };
  }

  #alias(node: Node, document: Document): Placed | undefined {
    const target = isAlias(node) ? node.resolve(document) : undefined;
    if (target === undefined) {
      this.#problem(start(node), 'no anchor (&name) of that name stands before this alias (*name)');
      return undefined;
    }
    if (this.#within.has(target) || contains(target, node)) {
      this.#problem(start(node), 'an alias (*name) inside its own anchor (&name) has no end');
      return undefined;
    }
    this.#within.add(target);
    const placed = this.#node(target, document);
    this.#within.delete(target);
    return placed;
  }

  #entries(map: YAMLMap, document: Document): Map<string, PlacedEntry> {
    const entries = new Map<string, PlacedEntry>();
    for (const pair of map.items as Pair<Node, Node | null>[]) {
      const key = this.#key(pair.key);
      if (key === undefined) continue;
      const place = this.#place(start(pair.key));
      // The library takes 12 and "12", or .nan and .nan, for two keys.
      if (entries.has(key)) this.#problem(start(pair.key), syntaxText('DUPLICATE_KEY'));
      const value = this.#node(pair.value, document) ?? {
        kind: 'scalar' as const,
        place,
        value: null,
        source: '',
      };
      entries.set(key, { key: place, value });
    }
    return entries;
  }

  /** As it was written: a key 12 or on is a name like any other. */
  #key(node: Node): string | undefined {
    if (isScalar(node) && node.value !== null)
      return typeof node.value === 'string' ? node.value : node.source;
    this.#problem(start(node), 'a key must be a name');
    return undefined;
  }

  #place(offset: number): Place {
    const { line, col } = this.#lines.linePos(offset);
    return { file: this.#file, line: Math.max(1, line), column: Math.max(1, col) };
  }

  #problem(offset: number, message: string): void {
    this.#problems.push({ place: this.#place(offset), path: '', message });
  }
}

function start(node: Node): number {
  return node.range?.[0] ?? 0;
}

/** Whether a part of `node` is `wanted`. */
function contains(node: Node, wanted: Node): boolean {
  if (node === wanted) return true;
  if (!isMap(node) && !isSeq(node)) return false;
  return node.items.some((item) => {
    const parts = isPair(item) ? [item.key, item.value] : [item];
    return parts.some((part) => part !== null && contains(part as Node, wanted));
  });
}

/** The library says the same of one place more than once. */
function unique(problems: readonly Problem[]): Problem[] {
  const seen = new Set<string>();
  return problems.filter(({ place, message }) => {
    const key = `${place.line}:${place.column} ${message}`;
    return !seen.has(key) && seen.add(key);
  });
}
