import type { Command } from 'commander';
import { marked, type Token, type Tokens } from 'marked';
import { blocks, example, heading } from './blocks.js';
import type { DescribedCommand } from './commands.js';
import { plain } from './inline.js';
import { Links, reference } from './links.js';
import { kernelOptions, optionList, optionTerm, usage } from './options.js';
import { type ManualPage, PAGES } from './pages.js';
import { bold, code, filled, prose, quoted } from './roff.js';

/** What stands around the text of a page. */
export interface Edition {
  /** `2026-11-28`. */
  readonly date: string;
  readonly version: string;
}

interface Section {
  readonly title: string;
  readonly tokens: readonly Token[];
}

/** Manual pages by their source; where one source makes several, links lead to the first. */
const MANUALS: ReadonlyMap<string, ManualPage> = new Map(
  PAGES.toReversed().map((page) => [page.source, page]),
);

/**
 * A manual page, with the macros of man(7).
 *
 * @param markdown the page in docs/
 * @param command the command that it describes, if any
 * @param commands a section on every command, for carpet(1)
 */
export function manualPage(
  page: ManualPage,
  markdown: string,
  { date, version }: Edition,
  command: DescribedCommand | undefined,
  commands: readonly string[] = [],
): string {
  const links = new Links(page.source, MANUALS);
  const { introduction, sections } = divide(marked.lexer(markdown), page);
  // A page shows how its command is called in a block without a language.
  const synopsis = introduction.find((token) => token.type === 'code' && token.lang === '');
  const description = introduction.filter((token) => token !== synopsis);
  const has = (name: string): boolean => sections.some(({ title: own }) => own === name);
  const title = ['.TH', quoted(code(page.name.toUpperCase())), page.section, quoted(date)];
  const lines = [
    // Names are copied from a manual page: no word is divided, and no line stretched.
    '.nr HY 0',
    [...title, quoted(`carpet ${version}`), quoted('carpet')].join(' '),
    '.ad l',
    heading('Name', 2),
    `${code(page.name)} \\- ${prose(page.summary ?? command?.summary ?? '')}`,
    ...synopsisOf(synopsis as Tokens.Code | undefined, command),
    ...(description.length === 0 ? [] : [heading('Description', 2), ...blocks(description, links)]),
    ...commands,
    ...(has('Options') ? [] : optionsOf(command)),
    ...sections.flatMap(({ title: name, tokens }) => [heading(name, 2), ...blocks(tokens, links)]),
    ...(has('See also') ? [] : seeAlso(page)),
  ];
  // The first line asks man(1) for tbl(1).
  const tables = lines.includes('.TS') ? ['\'\\" t'] : [];
  return `${[...tables, ...lines].join('\n')}\n`;
}

/** The introduction and the sections that the page shows. */
function divide(
  tokens: readonly Token[],
  { only, without }: ManualPage,
): { introduction: Token[]; sections: Section[] } {
  const introduction: Token[] = [];
  const sections: (Section & { readonly tokens: Token[] })[] = [];
  for (const token of tokens) {
    if (token.type === 'heading' && token.depth === 2)
      sections.push({ title: plain(token.tokens ?? []), tokens: [] });
    else if (token.type === 'space' || (token.type === 'heading' && token.depth === 1)) continue;
    else (sections.at(-1)?.tokens ?? introduction).push(token);
  }
  const stray = [...(only ?? []), ...(without ?? [])].filter(
    (name) => !sections.some(({ title }) => title === name),
  );
  if (stray.length > 0) throw new Error(`no such section: ${stray.join(', ')}`);
  return {
    introduction: only === undefined ? introduction : [],
    sections: sections.filter(({ title }) => only?.includes(title) ?? !without?.includes(title)),
  };
}

function synopsisOf(block: Tokens.Code | undefined, described: DescribedCommand | undefined): string[] {
  if (block !== undefined) return [heading('Synopsis', 2), ...example(block.text).slice(1)];
  if (described === undefined) return [];
  const name = `carpet ${described.name}`;
  const { command } = described;
  return [heading('Synopsis', 2), command === undefined ? bold(code(name)) : usage(command, name)];
}

function optionsOf(described: DescribedCommand | undefined): string[] {
  const list = described?.command === undefined ? [] : optionList(described.command);
  return list.length === 0 ? [] : [heading('Options', 2), ...list];
}

/** The other manual pages. */
function seeAlso(page: ManualPage): string[] {
  const others = PAGES.filter((other) => other !== page).map(reference);
  return [heading('See also', 2), ...filled(others.join(', '))];
}

/** The section of carpet(1) on every command: those with a page of their own in a line, the others with their options. */
export function commandSection(commands: readonly DescribedCommand[], common: Command): string[] {
  return [
    heading('Common options', 2),
    ...common.options.flatMap(optionTerm),
    '.PP',
    'Commands that ask the running kernel also have',
    ...kernelOptions().flatMap(optionTerm),
    heading('Commands', 2),
    ...commands.flatMap(commandItem),
  ];
}

function commandItem(described: DescribedCommand): string[] {
  const { name, summary, command, subcommands } = described;
  const manual = PAGES.find((page) => page.command === name);
  const tag = command === undefined || manual !== undefined ? bold(code(name)) : usage(command, name);
  const text = manual === undefined ? prose(summary) : `${prose(summary)}: ${reference(manual)}`;
  const options = manual === undefined && command !== undefined ? optionList(command) : [];
  return [
    '.TP',
    tag,
    ...filled(text),
    ...(options.length === 0 ? [] : ['.RS', ...options, '.RE']),
    ...subcommands.flatMap(commandItem),
  ];
}
