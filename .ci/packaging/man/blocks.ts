import type { Token, Tokens } from 'marked';
import { inline, plain } from './inline.js';
import type { Links } from './links.js';
import { code, filled, guarded, prose, quoted } from './roff.js';
import { table } from './table.js';

/** A page's text, block by block, as lines of roff with the macros of man(7). */
export function blocks(tokens: readonly Token[], links: Links): string[] {
  const lines: string[] = [];
  for (const token of tokens) {
    const block = blockOf(token, links);
    // A heading begins a paragraph already; a second request for one is a mistake.
    const begun = lines.length === 0 || /^\.S[HS] /.test(lines.at(-1)!);
    lines.push(...(begun && block[0] === '.PP' ? block.slice(1) : block));
  }
  return lines;
}

function blockOf(token: Token, links: Links): string[] {
  switch (token.type) {
    case 'space':
      return [];
    case 'heading':
      return [heading(plain(token.tokens ?? []), token.depth)];
    case 'paragraph':
    case 'text':
      return ['.PP', ...filled(inline(token.tokens ?? [], links))];
    case 'code':
      return example(token.text);
    case 'list':
      return list(token as Tokens.List, links);
    case 'table':
      return table(token as Tokens.Table, links);
    case 'blockquote':
      return ['.RS 4', ...blocks(token.tokens ?? [], links), '.RE'];
    default:
      throw new Error(`a manual page has no ${token.type}: ${token.raw}`);
  }
}

/** @param text unescaped @param depth 2 for a section, more for what stands within one */
export function heading(text: string, depth: number): string {
  return depth <= 2 ? `.SH ${quoted(prose(text.toUpperCase()))}` : `.SS ${quoted(prose(text))}`;
}

/** Text that is shown as it is. */
export function example(text: string): string[] {
  return ['.PP', '.RS 4', '.EX', ...text.split('\n').map((line) => guarded(code(line))), '.EE', '.RE'];
}

function list({ items, ordered, start }: Tokens.List, links: Links): string[] {
  return items.flatMap(({ tokens }, i) => {
    const mark = ordered ? `${(start || 1) + i}.` : '\\(bu';
    const [first, ...rest] = tokens;
    const shown = first === undefined ? [] : blocks([first], links);
    const more = blocks(rest, links);
    return [
      `.IP ${mark} ${ordered ? 4 : 2}`,
      ...(shown[0] === '.PP' ? shown.slice(1) : shown),
      ...(more.length === 0 ? [] : [`.RS ${ordered ? 4 : 2}`, ...more, '.RE']),
    ];
  });
}
