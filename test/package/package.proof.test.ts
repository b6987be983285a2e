/** The package as its user gets it: packed, installed in an empty folder, compiled against, run. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it, type TestContext } from 'node:test';
import { needs } from '../support/needs.js';
import { npm, Offline, root } from '../support/npm.js';
import { copyProject, install, type Packed, pack, withoutCompiler } from './npm.js';

const PACKED = [
  /^dist\/(core|modules)\/.+\.(js|js\.map|d\.ts)$/,
  /^dist\/man\/[\w.-]+\.[1578]$/,
  /^docs\/[\w.-]+\.(md|yaml)$/,
  /^docs\/examples\/[\w-]+\.(ts|mjs)$/,
  /^docs\/metrics\/[\w.]+\.(yaml|json)$/,
  /^docs\/service\/[\w.]+\.(service|conf)$/,
  /^node_modules\/raw-socket\/(index\.js|binding\.gyp|src\/raw\.(cc|h)|package\.json|README\.md)$/,
  /^node_modules\/nan\/(nan\w*\.h|include_dirs\.js|package\.json|README\.md|LICENSE\.md)$/,
  /^(package\.json|README\.md|CHANGELOG\.md|SECURITY\.md|LICENSE)$/,
];

const readme = readFileSync(join(root, 'README.md'), 'utf8');
const program = /```ts\n(.*?)```/s.exec(readme)![1]!;
const promised = /```text\n(.*?)```/s.exec(readme)![1]!;

interface Manifest {
  readonly exports: Readonly<Record<string, string>>;
  readonly man: readonly string[];
}
const { exports, man } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Manifest;
const entries = Object.keys(exports).filter((entry) => entry !== './package.json');
const specifiers = entries.map((entry) => `carpet-kernel${entry.slice(1)}`);

describe('the package', { skip: needs('program:npm') }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'carpet-package-'));
  const user = join(folder, 'user');
  let packed: Packed;
  let offline: string | undefined;

  before(() => {
    const sources = join(folder, 'sources');
    mkdirSync(join(sources, 'dist/core'), { recursive: true });
    writeFileSync(join(sources, 'dist/core/leftover.js'), '');
    copyProject(sources);
    packed = pack(sources);
    try {
      install(user, packed.tarball);
    } catch (error) {
      if (!(error instanceof Offline)) throw error;
      offline = 'needs npm packages: neither in the cache nor from the registry';
    }
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  /** A test in the folder of a user who has installed the package. */
  const asUser = (name: string, test: (t: TestContext) => void): void => {
    it(name, (t) => (offline === undefined ? test(t) : t.skip(offline)));
  };

  function node(...args: string[]): string {
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: user, encoding: 'utf8' });
    assert.deepEqual([status, stderr], [0, '']);
    return stdout;
  }

  it('holds what a user needs and nothing else', () => {
    const { files } = packed;
    assert.deepEqual(
      files.filter((file) => !PACKED.some((pattern) => pattern.test(file))),
      [],
    );
    assert.ok(!files.includes('dist/core/leftover.js'), 'what has no source is not packed');
    for (const entry of Object.values(exports)) {
      assert.ok(files.includes(entry.slice(2)), `${entry} is in the package`);
      assert.ok(files.includes(entry.slice(2).replace(/\.js$/, '.d.ts')), `the types of ${entry} are`);
    }
    for (const name of [
      ...man,
      'README.md',
      'LICENSE',
      'CHANGELOG.md',
      'docs/tutorial.md',
      'docs/examples/plain.mjs',
    ]) {
      assert.ok(files.includes(name), `${name} is in the package`);
    }
  });

  it('has source maps that carry their sources', () => {
    const compiled = join(folder, 'sources/dist');
    const maps = readdirSync(compiled, { recursive: true, encoding: 'utf8' }).filter((file) =>
      /^(core|modules)\/.*\.js\.map$/.test(file),
    );
    assert.ok(maps.length > 200);
    for (const file of maps) {
      const map = JSON.parse(readFileSync(join(compiled, file), 'utf8')) as { sourcesContent?: string[] };
      assert.equal(map.sourcesContent?.length, 1, file);
    }
  });

  asUser("compiles README's program, its own declarations included, and runs it", () => {
    // As a program of its own would have them, without asking the registry again.
    for (const name of ['typescript', '@types']) {
      symlinkSync(join(root, 'node_modules', name), join(user, 'node_modules', name));
    }
    mkdirSync(join(user, 'src'));
    writeFileSync(join(user, 'src/main.ts'), program);
    // Compiled before carp's declarations: neither may hide the other.
    writeFileSync(
      join(user, 'src/a-list.ts'),
      `import { Kernel } from 'carpet-kernel';
      declare module 'carpet-kernel' { interface EventHandlers { paged(text: string): void } }
      new Kernel().eventhandler.invoke('paged', 'text');`,
    );
    writeFileSync(join(user, 'src/entries.ts'), specifiers.map((name) => `import '${name}';\n`).join(''));
    const compilerOptions = {
      target: 'es2022',
      module: 'nodenext',
      lib: ['es2023', 'esnext.disposable'],
      types: ['node'],
      strict: true,
      exactOptionalPropertyTypes: true,
      experimentalDecorators: true,
      rootDir: 'src',
      outDir: 'dist',
    };
    writeFileSync(join(user, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['src'] }));
    const tsc = join(root, 'node_modules/typescript/bin/tsc');
    const { status, stdout } = spawnSync(process.execPath, [tsc], { cwd: user, encoding: 'utf8' });
    assert.deepEqual([status, stdout], [0, '']);
    assert.equal(node('dist/main.js'), promised);
  });

  asUser("runs README's program in plain JavaScript", () => {
    const example = readFileSync(join(user, 'node_modules/carpet-kernel/docs/examples/plain.mjs'), 'utf8');
    writeFileSync(join(user, 'plain.mjs'), example);
    assert.equal(node('plain.mjs'), promised);
  });

  asUser('can be required, every entry of it', () => {
    writeFileSync(
      join(user, 'required.cjs'),
      `for (const name of ${JSON.stringify(specifiers)}) console.log(Object.keys(require(name)).length > 0);`,
    );
    assert.equal(node('--no-warnings', 'required.cjs'), 'true\n'.repeat(specifiers.length));
  });

  asUser('brings the command carpet', () => {
    assert.match(node('node_modules/.bin/carpet', 'demo', '--fast'), /beta MASTER/);
  });

  asUser('leaves npm content with what is installed', () => {
    npm(user, ['ls', '--all']);
    npm(user, ['ci', '--dry-run', '--prefer-offline']);
  });

  asUser('has raw-socket compiled with a nan that fits this Node', (t) => {
    const missing = needs('native', 'program:python3', 'program:make', 'program:g++');
    if (missing !== false) return t.skip(missing);
    const rawSocket = join(user, 'node_modules/carpet-kernel/node_modules/raw-socket');
    assert.equal(node('-p', `typeof require(${JSON.stringify(rawSocket)}).createSocket`), 'function\n');
  });

  asUser('installs and runs where nothing can be compiled', () => {
    const bare = join(folder, 'bare');
    install(bare, packed.tarball, withoutCompiler(join(folder, 'bin')));
    assert.ok(!existsSync(join(bare, 'node_modules/carpet-kernel/node_modules/raw-socket')));
    const carpet = join(bare, 'node_modules/.bin/carpet');
    const { status, stdout } = spawnSync(process.execPath, [carpet, 'demo', '--fast'], { encoding: 'utf8' });
    assert.equal(status, 0);
    assert.match(stdout, /beta MASTER/);
  });
});
