/**
 * `npm run deb`: builds the Debian package, in dist/deb.
 *
 *     npm run deb -- --arch arm64     for another architecture
 *     npm run deb -- --revision 2     the version 0.1.0-2 instead of 0.1.0-1
 *     npm run deb -- --output DIR     into another folder
 */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { build, pack } from './build.js';

const folder = mkdtempSync(join(tmpdir(), 'carpet-pack-'));
try {
  const { values } = parseArgs({
    options: {
      arch: { type: 'string' },
      revision: { type: 'string', default: '1' },
      output: { type: 'string', default: 'dist/deb' },
    },
  });
  const root = process.cwd();
  const file = await build(root, pack(root, folder), values);
  console.log(`${file} (${(statSync(file).size / 1024 / 1024).toFixed(2)} MiB)`);
} catch (error) {
  console.error(`npm run deb: ${(error as Error).message}`);
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true });
}
