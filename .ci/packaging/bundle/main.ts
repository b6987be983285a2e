/** `npm run bundle`: the program as few files, in dist/bundle; `-- --output DIR`: in another folder. */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { bundle } from './bundle.js';

const { values } = parseArgs({ options: { output: { type: 'string', default: 'dist/bundle' } } });
await bundle(process.cwd(), join(process.cwd(), 'node_modules'), values.output);
const files = readdirSync(values.output, { recursive: true, encoding: 'utf8' }).filter((name) =>
  name.endsWith('.js'),
);
const bytes = files.reduce((sum, name) => sum + statSync(join(values.output, name)).size, 0);
console.log(`${values.output}: ${files.length} files, ${Math.round(bytes / 1024)} KiB`);
