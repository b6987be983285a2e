/** `npm run bench -- NAME… [--quick] [--json FILE]`: runs benchmarks and prints their figures, one per line. */
import { readdirSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { Bench, Measurement } from './bench.js';

const here = fileURLToPath(new URL('.', import.meta.url));

function available(): string[] {
  return readdirSync(here)
    .filter((file) => file.endsWith('.js'))
    .map((file) => basename(file, '.js'))
    .filter((name) => name !== 'main' && name !== 'bench')
    .toSorted();
}

function usage(problem: string): never {
  console.error(`${problem}; benchmarks: ${available().join(', ')}; options: --quick, --json FILE`);
  process.exit(1);
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'string' }, quick: { type: 'boolean', default: false } },
});
if (positionals.length === 0) usage('name a benchmark');
for (const name of positionals) {
  if (!available().includes(name)) usage(`there is no benchmark ${name}`);
}

const measurements: Measurement[] = [];
for (const name of positionals) {
  const { bench } = (await import(`./${name}.js`)) as { bench: Bench };
  const found = await bench({ quick: values.quick, log: (line) => console.error(line) });
  for (const { id, value, unit } of found) console.log(`${id.padEnd(48)} ${value.toPrecision(4)} ${unit}`);
  measurements.push(...found);
}
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(measurements, null, 2)}\n`);
