/**
 * `npm test`: every *.test.ts under test/, on its compiled output. First what needs only Node, two files at a time;
 * then test/lab and whatever else measures real time, one after another so that they do not disturb each other.
 * Ends with the counts, and with the reasons of what was skipped. Arguments name the tests to run by a part of
 * their path: `npm test -- carp lab/`.
 */
import { readdirSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { run } from 'node:test';
import { spec as Spec } from 'node:test/reporters';
import { fileURLToPath } from 'node:url';

const compiled = dirname(fileURLToPath(import.meta.url));
const root = join(compiled, '..', '..');
const totals = { passed: 0, failed: 0, skipped: 0, reasons: new Map<string, number>() };

/** Found by their sources, so that the compiled leftover of a deleted test is not run. */
function testFiles(): string[] {
  const wanted = process.argv.slice(2);
  return readdirSync(join(root, 'test'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.test.ts'))
    .filter((file) => wanted.length === 0 || wanted.some((part) => join('test', file).includes(part)))
    .map((file) => join(compiled, file.replace(/\.ts$/, '.js')))
    .toSorted();
}

async function runPhase(files: string[], concurrency: number): Promise<void> {
  if (files.length === 0) return;
  const stream = run({ files, concurrency });
  stream.on('test:pass', (event) => {
    // Of a suite that is skipped as a whole node:test reports no tests: it counts as one.
    if (event.skip !== undefined && event.skip !== false) countSkip(event.skip);
    else if (event.details.type !== 'suite') totals.passed++;
  });
  stream.on('test:fail', (event) => {
    if (event.details.type !== 'suite') totals.failed++;
  });
  for await (const text of stream.compose(new Spec())) process.stdout.write(String(text));
}

function countSkip(reason: string | boolean): void {
  totals.skipped++;
  const text = typeof reason === 'string' ? reason : 'no reason given';
  totals.reasons.set(text, (totals.reasons.get(text) ?? 0) + 1);
}

const files = testFiles();
const isLab = (file: string): boolean => relative(compiled, file).startsWith('lab');
await runPhase(
  files.filter((file) => !isLab(file)),
  2,
);
await runPhase(files.filter(isLab), 1);

for (const [reason, count] of totals.reasons) console.log(`skipped ${count}: ${reason}`);
console.log(`${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`);
process.exitCode = totals.failed > 0 || totals.passed === 0 ? 1 : 0;
