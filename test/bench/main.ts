/**
 * `npm run bench -- NAME… [--quick] [--json FILE]`: runs benchmarks and prints their figures, one per line, beside those of
 * docs/benchmarks.json. `all` runs every benchmark; one that cannot run here is named, and the others go on.
 */
import { readdirSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type BenchFile, figures, type Measurement } from './bench.js';
import { storedFigures, table } from './stored.js';

const here = fileURLToPath(new URL('.', import.meta.url));

/** Files of this folder that are no benchmarks. */
const SUPPORT: ReadonlySet<string> = new Set(['main', 'bench', 'bench.test', 'stored', 'stored.test']);

function available(): string[] {
  return readdirSync(here)
    .filter((file) => file.endsWith('.js'))
    .map((file) => basename(file, '.js'))
    .filter((name) => !SUPPORT.has(name))
    .toSorted();
}

function usage(problem: string): never {
  console.error(`${problem}; benchmarks: all, ${available().join(', ')}; options: --quick, --json FILE`);
  process.exit(1);
}

function given() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: { json: { type: 'string' }, quick: { type: 'boolean', default: false } },
    });
  } catch (error) {
    return usage((error as Error).message.split('. ')[0]!);
  }
}

const { values, positionals } = given();
if (positionals.length === 0) usage('name a benchmark, or all');
const names = positionals.includes('all') ? available() : positionals;
for (const name of names) {
  if (!available().includes(name)) usage(`there is no benchmark ${name}`);
}

const stored = storedFigures();
console.error(`stored figures: ${stored.machine}`);
const measurements: Measurement[] = [];
for (const name of names) {
  try {
    const file = (await import(`./${name}.js`)) as BenchFile;
    const found = await figures(file, { quick: values.quick, log: (line) => console.error(line) });
    for (const line of table(found, stored)) console.log(line);
    measurements.push(...found);
  } catch (error) {
    if (names.length === 1) throw error;
    console.error(`${name}: ${(error as Error).message}`);
    process.exitCode = 2;
  }
}
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(measurements, null, 2)}\n`);
