import type { Token, Tokens } from 'marked';
import type { Links } from './links.js';
import { bold, code, italic, prose } from './roff.js';

/** What stands within a paragraph, a cell or a heading, as one line of roff. */
export function inline(tokens: readonly Token[], links: Links): string {
  return tokens.map((token) => span(token, links)).join('');
}

/** The same without fonts and escapes. */
export function plain(tokens: readonly Token[]): string {
  return tokens
    .map((token) =>
      'tokens' in token && token.tokens ? plain(token.tokens) : 'text' in token ? token.text : '',
    )
    .join('');
}

function span(token: Token, links: Links): string {
  switch (token.type) {
    case 'codespan':
      return bold(breakable(code(token.text)));
    case 'strong':
      return bold(plainOf(token));
    case 'em':
      return italic(plainOf(token));
    case 'link':
      return links.link(token.href, inline(token.tokens ?? [], links), plain(token.tokens ?? []));
    case 'br':
      return ' ';
    case 'text':
    case 'escape':
      return prose(token.text);
    default:
      throw new Error(`a manual page has no ${token.type}: ${token.raw}`);
  }
}

/** Lets a long word of code be broken behind its commas: it need not fit on a line. */
function breakable(escaped: string): string {
  return escaped.replaceAll(/\S{40,}/g, (word) => word.replaceAll(',', ',\\:'));
}

/** Fonts do not nest: what stands in bold or italics is all in that font. */
function plainOf(token: Token): string {
  return prose(plain((token as Tokens.Generic).tokens ?? []));
}
