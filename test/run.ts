/**
 * `npm test`: every *.test.ts under test/, on its compiled output. Four processes at a time, what computes beside the
 * laboratory's, which mostly wait; at the end, one after another, the *.timed.*, which measure real time and would
 * disturb each other. Files of a folder that test nothing but functions share a process: to start one takes longer than
 * most of them.
 * A *.proof.test.ts takes long, and runs only if its path is asked for: `npm run proof` runs them all.
 * Ends with the counts, and with the reasons of what was skipped.
 *
 *     npm test -- carp/failover                    files, by a part of their path
 *     npm test -- carp/failover --grep "bow-out"   tests in them, by a regular expression for their name
 */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative, sep } from 'node:path';
import { run } from 'node:test';
import { spec as Spec } from 'node:test/reporters';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';

/** Node 20 reports every test that `--grep` leaves out as skipped, with this reason; later versions are silent. */
const LEFT_OUT = 'test name does not match pattern';

/** Processes at a time that measure no time. */
const CONCURRENCY = 4;
/** Whose files share a process, a folder in them at a time. */
const SHARING = ['core', 'modules'];
/** Folders of these whose files take long, in processes of their own mostly. */
const APART = new Set(['modules/cli', 'modules/importer', 'modules/worker']);

interface Selection {
  /** Parts of paths; all files if there are none. */
  readonly paths: readonly string[];
  readonly grep: RegExp | undefined;
}

const compiled = dirname(fileURLToPath(import.meta.url));
const root = join(compiled, '..', '..');
const totals = { passed: 0, failed: 0, skipped: 0, reasons: new Map<string, number>() };

/** @throws Error for an unknown option or a pattern that is not a regular expression */
function selection(): Selection {
  const { values, positionals } = parseArgs({
    options: { grep: { type: 'string' } },
    allowPositionals: true,
  });
  return { paths: positionals, grep: values.grep === undefined ? undefined : new RegExp(values.grep) };
}

/**
 * Found by their sources, so that the compiled leftover of a deleted test is not run.
 * @throws Error for a path of which no test file has a part
 */
function testFiles(paths: readonly string[]): string[] {
  const all = readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.test.ts'))
    .map((file) => join('test', file));
  const stray = paths.find((part) => !all.some((file) => file.includes(part)));
  if (stray !== undefined) throw new Error(`no test file has '${stray}' in its path`);
  return all
    .filter((file) => (paths.length === 0 ? !isProof(file) : paths.some((part) => file.includes(part))))
    .map((file) => join(root, 'dist', file.replace(/\.ts$/, '.js')))
    .toSorted();
}

function isProof(file: string): boolean {
  return file.endsWith('.proof.test.ts');
}

/** The folder whose other files it shares a process with; the file itself, if with none. */
function processOf(file: string): string {
  const folder = relative(compiled, dirname(file)).split(sep).slice(0, 2);
  const shares = SHARING.includes(folder[0]!) && !APART.has(folder.join('/'));
  return shares ? folder.join('-') : file;
}

/** One file for each process, in `folder`, that imports all that it runs. */
function gather(files: readonly string[], folder: string): string[] {
  const processes = new Map<string, string[]>();
  for (const file of files) {
    const key = processOf(file);
    processes.set(key, [...(processes.get(key) ?? []), file]);
  }
  return [...processes].map(([key, members]) => {
    if (members.length === 1) return members[0]!;
    const path = join(folder, `${key}.mjs`);
    const imports = members.map((file) => `import ${JSON.stringify(pathToFileURL(file).href)};\n`);
    writeFileSync(path, imports.join(''));
    return path;
  });
}

async function runPhase(files: string[], concurrency: number, grep: RegExp | undefined): Promise<void> {
  if (files.length === 0) return;
  const stream = run({ files, concurrency, ...(grep && { testNamePatterns: [grep] }) });
  stream.on('test:pass', (event) => {
    // Of a suite that is skipped as a whole node:test reports no tests: it counts as one.
    if (event.skip !== undefined && event.skip !== false) countSkip(event.skip);
    else if (event.details.type !== 'suite' && !isFileWithoutTests(event)) totals.passed++;
  });
  stream.on('test:fail', (event) => {
    if (event.details.type !== 'suite') totals.failed++;
  });
  for await (const text of stream.compose(new Spec())) process.stdout.write(String(text));
}

/** From Node 22 on a file of which `--grep` leaves no test passes itself. */
function isFileWithoutTests({ name, file }: { readonly name: string; readonly file?: string }): boolean {
  return name === file;
}

/** Both lists in one, each spread evenly over it. */
function mix(some: readonly string[], others: readonly string[]): string[] {
  const spread = (files: readonly string[]) =>
    files.map((file, i) => ({ file, at: (i + 0.5) / files.length }));
  return [...spread(some), ...spread(others)].toSorted((a, b) => a.at - b.at).map(({ file }) => file);
}

function countSkip(reason: string | boolean): void {
  if (reason === LEFT_OUT) return;
  totals.skipped++;
  const text = typeof reason === 'string' ? reason : 'no reason given';
  totals.reasons.set(text, (totals.reasons.get(text) ?? 0) + 1);
}

async function main(): Promise<void> {
  const { paths, grep } = selection();
  const files = testFiles(paths);
  const isTimed = (file: string): boolean => file.includes('.timed.');
  const isLab = (file: string): boolean => relative(compiled, file).startsWith('lab');
  const rest = files.filter((file) => !isTimed(file));
  const folder = mkdtempSync(join(tmpdir(), 'carpet-test-'));
  try {
    const computing = gather(
      rest.filter((file) => !isLab(file)),
      folder,
    );
    await runPhase(mix(computing, rest.filter(isLab)), CONCURRENCY, grep);
    await runPhase(files.filter(isTimed), 1, grep);
  } finally {
    rmSync(folder, { recursive: true });
  }
  for (const [reason, count] of totals.reasons) console.log(`skipped ${count}: ${reason}`);
  console.log(`${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`);
  process.exitCode = totals.failed > 0 || totals.passed === 0 ? 1 : 0;
}

try {
  await main();
} catch (error) {
  console.error(`npm test: ${(error as Error).message}`);
  process.exitCode = 1;
}
