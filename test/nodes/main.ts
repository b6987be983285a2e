/**
 * `npm run test:nodes`: the suite on every supported major version of Node, each with an install of its own under
 * dist/nodes/, and a table of the results. `--nodes 22,24` chooses; other arguments go to the runner of the tests.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { root } from '../support/npm.js';
import { Installation, type Result } from './installation.js';

const SUPPORTED = ['20', '22', '24', '26'];

const { values, positionals } = parseArgs({
  options: { nodes: { type: 'string', default: SUPPORTED.join(',') }, grep: { type: 'string' } },
  allowPositionals: true,
});
const args = values.grep === undefined ? positionals : ['--grep', values.grep, ...positionals];

const results: Result[] = [];
for (const major of values.nodes.split(',')) {
  const folder = join(root, 'dist/nodes', major);
  mkdirSync(folder, { recursive: true });
  console.log(`Node ${major}: installing in ${folder}`);
  const installation = new Installation(major, folder);
  installation.refresh();
  console.log(`Node ${installation.version}: testing, output in ${installation.log}`);
  const result = installation.test(args);
  if (result.failures !== '') console.log(result.failures);
  results.push(result);
}

console.table(results, ['node', 'passed', 'failed', 'skipped', 'seconds']);
process.exitCode = results.every(({ status }) => status === 0) ? 0 : 1;
