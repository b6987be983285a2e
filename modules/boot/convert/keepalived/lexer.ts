/**
 * @module
 * The words of keepalived.conf(5), read as keepalived does: a comment goes from `#` or `!`, also behind a word, to the end
 * of the line, but not within `"`; `\#` and `\!` are these characters. `$NAME=value` is a definition, without a blank before
 * the `=`; one that ends with `\` goes on in the next line. It is looked up where it is used, and may use others. `'` is a
 * letter like others: it quotes only what keepalived runs, which is left to hooks and checks here.
 */
export interface Word {
  /** In the file, from 1: for remarks. */
  readonly line: number;
  /** The line that it stands in once definitions are in their places: one may have several. */
  readonly row: number;
  readonly text: string;
  /** Quoted: neither brace nor variable. */
  readonly quoted: boolean;
}

/** Of a line with its definitions: what uses itself ends there. */
const MAX_EXPANDED = 65_536;
const MAX_DEPTH = 16;

/** Splits a file into words. */
export function lex(text: string): Word[] {
  const definitions = new Map<string, string>();
  let open: { name: string; lines: string[] } | undefined;
  let row = 0;
  return text.split('\n').flatMap((content, index) => {
    const code = uncommented(content).trim();
    const [, name, first = ''] = open === undefined ? (/^\$([a-z_]\w*)=\s*(.*)$/i.exec(code) ?? []) : [];
    if (name !== undefined) open = { name, lines: [] };
    if (open === undefined) {
      const rows = expanded(code, definitions).split('\n');
      return rows.flatMap((each) => words(each, index + 1, ++row));
    }
    const value = name === undefined ? code : first;
    const goesOn = value.endsWith('\\');
    open.lines.push(goesOn ? value.slice(0, -1).trimEnd() : value);
    definitions.set(open.name, open.lines.join('\n'));
    if (!goesOn) open = undefined;
    return [];
  });
}

function uncommented(content: string): string {
  const [code = ''] = /^(?:"(?:\\.?|[^"\\])*(?:"|$)|\\.?|[^"\\#!])*/.exec(content) ?? [];
  return code.replace(/("(?:\\.?|[^"\\])*(?:"|$))|\\([#!])/g, (_all, quoted?: string, escaped?: string) => {
    return quoted ?? escaped!;
  });
}

/** Without braces a name ends at a blank, `,`, `)` or the end: `$NAME/24` stays as it is. */
function expanded(code: string, definitions: ReadonlyMap<string, string>): string {
  let found = code;
  for (let depth = 0; depth < MAX_DEPTH; depth++) {
    const next = found.replace(
      /\$(?:\{(\w+)\}|(\w+)(?=[\s,)]|$))/g,
      (all, braced?: string, bare?: string) => {
        return definitions.get(braced ?? bare ?? '') ?? all;
      },
    );
    if (next === found || next.length > MAX_EXPANDED) break;
    found = next;
  }
  return found;
}

function words(content: string, line: number, row: number): Word[] {
  const found: Word[] = [];
  for (const [, quoted, bare, brace] of content.matchAll(/"([^"]*)"?|((?:\{\{[^{}]*\}\}|[^\s{}"])+)|([{}])/g))
    found.push({ line, row, text: quoted ?? brace ?? bare!, quoted: quoted !== undefined });
  return found;
}
