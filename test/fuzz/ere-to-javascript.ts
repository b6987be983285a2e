/** An expression as the source of a JavaScript one. Both say the same of every byte string. */

import { WORD } from '../../modules/devd/ere/bracket.js';
import type { ByteSet } from '../../modules/devd/ere/byte-set.js';
import type { Node } from '../../modules/devd/ere/index.js';

/** For `new RegExp(source)` without any flag: case is already in the sets, and `i` would fold more than ASCII. */
export function toJavaScript(node: Node): string {
  switch (node.type) {
    case 'set':
      return setSource(node.set);
    case 'assert':
      return assertSource(node.at);
    case 'cat':
      return node.items.map((item) => (item.type === 'alt' ? group(item) : toJavaScript(item))).join('');
    case 'alt':
      return node.items.map(toJavaScript).join('|');
    case 'repeat':
      return `${node.item.type === 'set' ? toJavaScript(node.item) : group(node.item)}${bounds(node.min, node.max)}`;
  }
}

function group(node: Node): string {
  return `(?:${toJavaScript(node)})`;
}

function bounds(min: number, max: number): string {
  if (max === Infinity) return min === 0 ? '*' : min === 1 ? '+' : `{${min},}`;
  return min === 0 && max === 1 ? '?' : `{${min},${max}}`;
}

function assertSource(at: 'start' | 'end' | 'word-start' | 'word-end'): string {
  if (at === 'start') return '^';
  if (at === 'end') return '$';
  const word = setSource(WORD);
  return at === 'word-start' ? `(?<!${word})(?=${word})` : `(?<=${word})(?!${word})`;
}

function setSource(set: ByteSet): string {
  const bytes = set.bytes();
  if (bytes.length === 256) return '[^]';
  if (bytes.length === 1) return escape(bytes[0]!);
  return `[${ranges(bytes)}]`; // "[]" never matches, as is meant
}

function ranges(bytes: readonly number[]): string {
  let source = '';
  for (let i = 0; i < bytes.length; ) {
    let last = i;
    while (bytes[last + 1] === bytes[last]! + 1) last++;
    source += last === i ? escape(bytes[i]!) : `${escape(bytes[i]!)}-${escape(bytes[last]!)}`;
    i = last + 1;
  }
  return source;
}

function escape(byte: number): string {
  const char = String.fromCharCode(byte);
  return /[A-Za-z0-9_]/.test(char) ? char : `\\x${byte.toString(16).padStart(2, '0')}`;
}
