/** `npm run man`: makes the manual pages of the pages in docs/, in dist/man. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sourceEpoch } from '../epoch.js';
import { manualPages } from './manual.js';

const root = fileURLToPath(new URL('../../../../', import.meta.url));
const folder = join(root, 'dist/man');
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
const date = new Date(sourceEpoch(root) * 1000).toISOString().slice(0, 10);

rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
for (const [name, text] of await manualPages(join(root, 'docs'), { version, date }))
  writeFileSync(join(folder, name), text);
