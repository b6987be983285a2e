// What `npm start` and `npm test` do first: install what the lock file names, then compile.
// It runs before anything is installed, so it uses nothing but Node. It skips the install while the lock file and
// the Node version (native packages are built for one) are those of the last install.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';

const stamp = 'node_modules/.carpet-installed';
const wanted = `${process.versions.modules} ${process.arch}\n${readFileSync('package-lock.json', 'utf8')}`;

function run(command, args) {
  const { status, error } = spawnSync(command, args, { stdio: ['ignore', 2, 2] });
  if (error) throw error;
  if (status !== 0) process.exit(status ?? 1);
}

const installed = existsSync(stamp) ? readFileSync(stamp, 'utf8') : undefined;
if (installed !== wanted) {
  run('npm', ['ci', '--include=dev', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error']);
  writeFileSync(stamp, wanted);
}
run(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.json']);
