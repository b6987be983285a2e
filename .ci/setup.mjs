// What `npm start` and `npm test` do first: install what the lock file names, then compile.
// It runs before anything is installed, so it uses nothing but Node; installing is skipped while the lock
// file is the one that was installed last.
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, readFileSync } from 'node:fs';

const lock = 'package-lock.json';
const installed = 'node_modules/.carpet-installed-lock.json';

function run(command, args) {
  const { status, error } = spawnSync(command, args, { stdio: ['ignore', 2, 2] });
  if (error) throw error;
  if (status !== 0) process.exit(status ?? 1);
}

function upToDate() {
  return existsSync(installed) && readFileSync(installed, 'utf8') === readFileSync(lock, 'utf8');
}

if (!upToDate()) {
  // Not `npm ci`: it refuses a lock file that does not name the linter's builds for every other platform as well.
  run('npm', ['install', '--no-save', '--no-audit', '--no-fund', '--loglevel=error']);
  copyFileSync(lock, installed);
}
run(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.json']);
