/** `node dist/test/bench/dispatch/table.js FILE.json`: the figures of `npm run bench -- dispatch` as Markdown, for docs/benchmarks.md. */
import { readFileSync } from 'node:fs';
import type { Measurement } from '../bench.js';
import { EMITS, label, RESIDENTS } from './scenario.js';

const [file] = process.argv.slice(2);
if (file === undefined) {
  console.error('name the JSON file that npm run bench -- dispatch --json has written');
  process.exit(1);
}
const found = JSON.parse(readFileSync(file, 'utf8')) as Measurement[];
const figures = new Map(found.map(({ id, value }) => [id, value]));
const peers = [...new Set([...figures.keys()].map((id) => id.split('.')[1] ?? ''))];

function row(...cells: string[]): void {
  console.log(`| ${cells.join(' | ')} |`);
}

function table(heads: readonly string[], cell: (peer: string, head: string) => string): void {
  row('', ...heads);
  row('---', ...heads.map(() => '---:'));
  for (const peer of peers) {
    const cells = heads.map((head) => cell(peer, head));
    if (cells.some((text) => text !== '')) row(peer, ...cells);
  }
  console.log('');
}

const show = (value: number | undefined, digits: number): string => value?.toFixed(digits) ?? '';

console.log('Nanoseconds of the raw loop, and the others as multiples of it; handlers × arguments:\n');
table(EMITS.map(label), (peer, key) =>
  peer === 'raw'
    ? `${show(figures.get(`dispatch.raw.${key}.ns`), 1)} ns`
    : show(figures.get(`dispatch.${peer}.${key}.ratio`), 2),
);
console.log('Bytes allocated by each emit:\n');
table(EMITS.map(label), (peer, key) => show(figures.get(`dispatch.${peer}.${key}.bytes`), 0));
console.log('Nanoseconds for register and deregister, by the number of handlers there are already:\n');
table(RESIDENTS.map(String), (peer, key) => show(figures.get(`dispatch.${peer}.register.${key}.ns`), 0));
