// npm runs this after an install in a clone, before packing, and before it hands out a git dependency.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';

/** Changes the manifest of an installed package; by renaming, because other installs may be hard links to the file. */
function amend(name, change) {
  const path = `node_modules/${name}/package.json`;
  if (!existsSync(path)) return;
  const manifest = JSON.parse(readFileSync(path, 'utf8'));
  change(manifest);
  writeFileSync(`${path}.new`, `${JSON.stringify(manifest, null, 2)}\n`);
  renameSync(`${path}.new`, path);
}

// raw-socket asks for a nan that does not compile on Node 24. `overrides` in package.json mend that in a clone, but npm
// reads them in a root project only, so the package brings raw-socket along (`bundleDependencies`) with the nan that
// compiles. The copy has to say so: `npm ci` refuses an installed version that is out of range. And it has to name its
// files, or what was compiled here would be packed as well.
amend('raw-socket', (manifest) => {
  manifest.dependencies.nan = JSON.parse(readFileSync('package.json', 'utf8')).overrides.nan;
  manifest.files = ['index.js', 'binding.gyp', 'src'];
});
amend('nan', (manifest) => {
  manifest.files = ['*.h', 'include_dirs.js'];
});

// An install without development dependencies has no compiler, and nothing to compile for.
if (existsSync('node_modules/typescript')) {
  const tsc = ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.json'];
  process.exitCode = spawnSync(process.execPath, tsc, { stdio: ['ignore', 2, 2] }).status ?? 1;
}
