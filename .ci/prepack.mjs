// npm runs this before packing: nothing compiled earlier gets into the package, and nothing unfinished gets published.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';

function problem(text) {
  console.error(`carpet-kernel: ${text}`);
  if (process.env.npm_command === 'publish') process.exit(1);
}

if (!existsSync('node_modules/raw-socket')) {
  problem(
    'raw-socket is not installed, so the package lacks its copy: install python3, make and g++, then run npm ci',
  );
}
if (readFileSync('package.json', 'utf8').includes('.example')) {
  problem(
    'package.json has example addresses: name the real repository, bugs and homepage before publishing',
  );
}
for (const path of ['dist/core', 'dist/modules', 'dist/.ci/packaging', 'dist/man', 'dist/.tsbuildinfo'])
  rmSync(path, { recursive: true, force: true });
// The manual pages are part of the package, and carpet itself describes its commands for them.
for (const args of [
  ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.json'],
  ['dist/.ci/packaging/man/main.js'],
]) {
  const { status } = spawnSync(process.execPath, args, { stdio: ['ignore', 2, 2] });
  if (status !== 0) process.exit(status ?? 1);
}
