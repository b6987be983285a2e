import type { Tokens } from 'marked';
import { inline, plain } from './inline.js';
import type { Links } from './links.js';
import { filled, guarded, italic } from './roff.js';

/** What the columns before the last may take of 80, with the gaps between them, for a table to be readable. */
const MAX_NARROW_COLUMNS = 46;
const GAP = 3;

/** A table of two columns becomes a list of terms; a wider one is laid out by tbl(1) where it fits on a terminal. */
export function table(token: Tokens.Table, links: Links): string[] {
  if (token.header.length === 2) return terms(token, links);
  const narrow = token.header.slice(0, -1).map((_, i) => columnWidth(token, i) + GAP);
  const fits = narrow.reduce((sum, width) => sum + width, 0) <= MAX_NARROW_COLUMNS;
  return fits ? columns(token, links) : terms(token, links);
}

function columnWidth({ header, rows }: Tokens.Table, column: number): number {
  return Math.max(...[header, ...rows].map((row) => plain(row[column]!.tokens).length));
}

/** The first cell is the term; the others explain it, each after its heading where there are several. */
function terms({ header, rows }: Tokens.Table, links: Links): string[] {
  const heads = header.map(({ tokens }) => inline(tokens, links));
  const titled = heads.length === 2 && heads.every((head) => head !== '');
  const title = titled ? ['.TP', italic(heads[0]!), italic(heads[1]!)] : [];
  return [
    ...title,
    ...rows.flatMap(([first, ...rest]) => [
      '.TP',
      guarded(inline(first!.tokens, links)) || '\\&',
      ...rest
        .map(({ tokens }, i) => [heads[i + 1]!, inline(tokens, links)] as const)
        .filter(([, text]) => text !== '')
        .flatMap(([head, text], i) => [
          ...(i === 0 ? [] : ['.br']),
          ...filled(titled || head === '' ? text : `${italic(head)}: ${text}`),
        ]),
    ]),
  ];
}

function columns({ header, rows }: Tokens.Table, links: Links): string[] {
  const before = 'l '.repeat(header.length - 1);
  const cells = (row: readonly Tokens.TableCell[]): string[] => {
    const texts = row.map(({ tokens }) => inline(tokens, links));
    return [`${guarded(texts.slice(0, -1).join('\t'))}\tT{`, ...filled(texts.at(-1)!), 'T}'];
  };
  const head = header.map(({ tokens }) => italic(inline(tokens, links))).join('\t');
  return ['.PP', '.TS', `${before}lx.`, head, ...rows.flatMap(cells), '.TE'];
}
