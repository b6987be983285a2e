/**
 * POSIX extended regular expressions over byte strings, as regcomp(3) of FreeBSD accepts them with REG_EXTENDED |
 * REG_ICASE. Refused is what POSIX leaves undefined and implementations read differently: back-references, `\w`.
 *
 * @module
 */
import { EreError, type Node } from './ast.js';
import { parseBracket } from './bracket.js';
import { ByteSet } from './byte-set.js';

/** RE_DUP_MAX: the largest count in braces. */
const MAX_DUP = 255;
/** Of nested parentheses: no text can exhaust the stack. */
const MAX_DEPTH = 200;

/** Parses a byte string. @throws EreError */
export function parseEre(text: string): Node {
  return new EreParser(text).parse();
}

class EreParser {
  #at = 0;
  #depth = 0;
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  parse(): Node {
    return this.#alternatives(false);
  }

  #alternatives(inGroup: boolean): Node {
    const items = [this.#branch(inGroup)];
    while (this.#accept('|')) items.push(this.#branch(inGroup));
    return items.length === 1 ? items[0]! : { type: 'alt', items };
  }

  #branch(inGroup: boolean): Node {
    const items: Node[] = [];
    while (this.#at < this.#text.length && !this.#sees('|') && !(inGroup && this.#sees(')')))
      items.push(this.#piece());
    if (items.length === 0) throw new EreError('REG_EMPTY', 'there is nothing on one side of a "|"');
    return items.length === 1 ? items[0]! : { type: 'cat', items };
  }

  #piece(): Node {
    const isCaret = this.#sees('^');
    const item = this.#atom();
    const repeated = this.#repetition(item, isCaret);
    if (repeated !== item && this.#atRepetition()) {
      throw new EreError('REG_BADRPT', `"${this.#text[this.#at]}" repeats a repetition`);
    }
    return repeated;
  }

  #atom(): Node {
    const char = this.#text[this.#at++]!;
    if (char === '(') return this.#group();
    if (char === '[') return this.#bracket();
    if (char === '\\') return this.#escaped();
    if (char === '.') return ANY;
    if (char === '^') return { type: 'assert', at: 'start' };
    if (char === '$') return { type: 'assert', at: 'end' };
    if (char === '*' || char === '+' || char === '?' || (char === '{' && isDigit(this.#text[this.#at]))) {
      throw new EreError('REG_BADRPT', `"${char}" has nothing to repeat`);
    }
    return literal(char); // a ")" without its "(" and a "{" without a number stand for themselves
  }

  #group(): Node {
    if (++this.#depth > MAX_DEPTH) throw new EreError('REG_ESPACE', 'the parentheses are too deep');
    const inner: Node = this.#sees(')') ? { type: 'cat', items: [] } : this.#alternatives(true);
    if (!this.#accept(')')) throw new EreError('REG_EPAREN', 'a "(" is not closed');
    this.#depth--;
    return inner;
  }

  #bracket(): Node {
    const { node, end } = parseBracket(this.#text, this.#at);
    this.#at = end;
    return node;
  }

  #escaped(): Node {
    const char = this.#text[this.#at++];
    if (char === undefined) throw new EreError('REG_EESCAPE', 'a "\\" stands at the end');
    if (char === '<') return { type: 'assert', at: 'word-start' };
    if (char === '>') return { type: 'assert', at: 'word-end' };
    if (/[0-9]/.test(char)) {
      throw new EreError('REG_EESCAPE', `\\${char}: extended expressions have no back-references`);
    }
    if (/[A-Za-z'`]/.test(char)) {
      throw new EreError(
        'REG_EESCAPE',
        `\\${char} means nothing in an extended expression (did you mean a [[:class:]]?)`,
      );
    }
    return literal(char);
  }

  #repetition(item: Node, isCaret: boolean): Node {
    if (!this.#atRepetition()) return item;
    if (isCaret) throw new EreError('REG_BADRPT', '"^" cannot be repeated');
    const char = this.#text[this.#at++];
    if (char === '*') return { type: 'repeat', item, min: 0, max: Infinity };
    if (char === '+') return { type: 'repeat', item, min: 1, max: Infinity };
    if (char === '?') return { type: 'repeat', item, min: 0, max: 1 };
    return this.#bounds(item);
  }

  #bounds(item: Node): Node {
    const [written, low, comma, high] = /^(\d+)(,?)(\d*)/.exec(this.#text.slice(this.#at))!;
    this.#at += written.length;
    const min = Number(low);
    const max = comma === '' ? min : high === '' ? Infinity : Number(high);
    if (min > MAX_DUP || (max > MAX_DUP && max !== Infinity) || min > max) {
      throw new EreError(
        'REG_BADBR',
        `{${written}} is not a valid count: 0 to ${MAX_DUP}, the smaller one first`,
      );
    }
    if (!this.#accept('}')) {
      const isClosed = this.#text.includes('}', this.#at);
      throw new EreError(
        isClosed ? 'REG_BADBR' : 'REG_EBRACE',
        `the count {${written} is not closed with "}"`,
      );
    }
    return { type: 'repeat', item, min, max };
  }

  #atRepetition(): boolean {
    const char = this.#text[this.#at];
    return (
      char === '*' || char === '+' || char === '?' || (char === '{' && isDigit(this.#text[this.#at + 1]))
    );
  }

  #sees(char: string): boolean {
    return this.#text[this.#at] === char;
  }

  #accept(char: string): boolean {
    const found = this.#sees(char);
    if (found) this.#at++;
    return found;
  }
}

function isDigit(char: string | undefined): boolean {
  return char !== undefined && char >= '0' && char <= '9';
}

/** Shared nodes, one for each byte: most of an expression is literal. */
const LITERALS: readonly Node[] = Array.from({ length: 256 }, (_, byte) => ({
  type: 'set',
  set: ByteSet.of(byte).foldCase(),
}));
const ANY: Node = { type: 'set', set: ByteSet.from(() => true) };

function literal(char: string): Node {
  const node = LITERALS[char.charCodeAt(0)];
  if (node === undefined) throw new EreError('REG_ECOLLATE', `${char} is not a byte: see toByteString`);
  return node;
}
