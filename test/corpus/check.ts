/**
 * `npm run check:corpus -- DIR`: compares every file of a corpus of devd.conf files with what the genuine parser
 * and engine made of it: verdict (MANIFEST.json), statements (expected-ast/FILE.ast.json) and, for each record of
 * events.txt, commands (expected-actions.json). A file without an expected result is only parsed and printed back.
 */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  ActionCommand,
  dumpStatements,
  type MediaType,
  type ParsedFile,
  parseConfig,
  printConfig,
  Ruleset,
  readRecord,
} from '../../modules/devd/index.js';

interface Manifest {
  files: { file: string; devd_parse?: 'accept' | 'reject'; statements?: number }[];
}
interface Hit {
  event: string;
  commands: string[];
}

const totals = { verdicts: 0, trees: 0, statements: 0, actions: 0, commands: 0, files: 0 };
const differences: string[] = [];

/** The interfaces of the machine on which the expected commands were made. */
function mediaType(ifname: string): MediaType | undefined {
  if (ifname === '' || /^(lo|tun|usbus|gif)\d*/.test(ifname)) return undefined;
  return /^(wlan|ath|iwn|iwm)\d*/.test(ifname) ? '802.11' : 'ethernet';
}

function check(file: string, what: string, compare: () => void): void {
  try {
    compare();
  } catch (error) {
    const [first = '', ...rest] = String(error instanceof Error ? error.message : error).split('\n');
    differences.push([`${file}: ${what}: ${first}`, ...rest.slice(0, 12)].join('\n'));
  }
}

/** What the engine would run for each record that fires a rule. */
function runEvents(parsed: ParsedFile, events: readonly string[]): Hit[] {
  const rules = new Ruleset([parsed]);
  const hits = events.map((event): Hit => {
    const { kind, variables } = readRecord(event, { faithful: true });
    const rule = kind === undefined ? undefined : rules.match(kind, variables, mediaType);
    const value = (name: string): string => rules.lookup(variables, name);
    return {
      event,
      commands: rule?.actions.map(({ parts }) => new ActionCommand(parts).render(value, 'bsd')) ?? [],
    };
  });
  return hits.filter(({ commands }) => commands.length > 0);
}

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(path, 'utf8'));
}

function checkFile(
  folder: string,
  file: string,
  verdict: string | undefined,
  expected: Hit[] | undefined,
): void {
  totals.files++;
  const parsed = parseConfig(readFileSync(join(folder, 'conf', file), 'utf8'), file);
  if (verdict !== undefined) {
    totals.verdicts++;
    check(file, 'verdict', () => assert.equal(parsed.error === undefined ? 'accept' : 'reject', verdict));
  }
  const tree = join(folder, 'expected-ast', `${file}.ast.json`);
  if (existsSync(tree)) {
    totals.trees++;
    totals.statements += parsed.statements.length;
    check(file, 'tree', () => assert.deepEqual(dumpStatements(parsed.statements), readJson(tree)));
  }
  if (expected !== undefined) {
    totals.actions++;
    totals.commands += expected.reduce((count, { commands }) => count + commands.length, 0);
    check(file, 'commands', () => assert.deepEqual(runEvents(parsed, events), expected));
  }
  check(file, 'printed form', () => {
    const again = parseConfig(printConfig(parsed.statements));
    assert.equal(again.error, undefined);
    assert.deepEqual(dumpStatements(again.statements), dumpStatements(parsed.statements));
  });
}

const folder = process.argv[2];
if (folder === undefined || !existsSync(join(folder, 'conf'))) {
  console.error(
    'usage: npm run check:corpus -- DIR (a folder with conf/, MANIFEST.json, expected-ast/, events.txt)',
  );
  process.exit(1);
}
const manifest = readJson(join(folder, 'MANIFEST.json')) as Manifest;
const verdicts = new Map(manifest.files.map((entry) => [entry.file, entry.devd_parse]));
const actions = readJson(join(folder, 'expected-actions.json')) as Record<string, Hit[]>;
const events = readFileSync(join(folder, 'events.txt'), 'utf8')
  .split('\n')
  .filter((line) => line !== '');
for (const file of readdirSync(join(folder, 'conf')).toSorted()) {
  checkFile(folder, file, verdicts.get(file), actions[file]);
}

for (const difference of differences) console.error(difference);
console.log(
  `${totals.files} files: ${totals.verdicts} verdicts, ${totals.trees} trees (${totals.statements} statements), ` +
    `${totals.actions} files' actions (${totals.commands} commands) compared, ${differences.length} differ`,
);
process.exitCode = differences.length > 0 ? 1 : 0;
