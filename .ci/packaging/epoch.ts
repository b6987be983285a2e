import { spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { join } from 'node:path';

/**
 * When the sources were made, in seconds since 1970: what is built from them is dated so, and the same bytes come out
 * whenever it is built. SOURCE_DATE_EPOCH (reproducible-builds.org), else the last commit, else the manifest's date.
 */
export function sourceEpoch(root: string): number {
  const given = process.env['SOURCE_DATE_EPOCH'];
  if (given !== undefined && /^\d+$/.test(given)) return Number(given);
  const { stdout } = spawnSync('git', ['-C', root, 'log', '-1', '--format=%ct'], { encoding: 'utf8' });
  if (/^\d+\n$/.test(stdout ?? '')) return Number(stdout);
  return Math.floor(statSync(join(root, 'package.json')).mtimeMs / 1000);
}
