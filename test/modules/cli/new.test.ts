/** `carpet new module`: what it makes is tested, checked, and loaded into a running `carpet up`, as its README says. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import {
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
import { describe, it } from 'node:test';
import { needs } from '../../support/needs.js';
import { root } from '../../support/npm.js';
import { CARPET, type Run } from './carpet.js';

/** Without what the runner of tests gives its children: a `node --test` below would not run. */
const { NODE_TEST_CONTEXT: _context, ...ENV } = process.env;
const STRIPS_TYPES = Boolean((process.features as { readonly typescript?: unknown }).typescript);

/** A folder in which this checkout is installed. */
class Workspace implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), 'carpet-new-'));

  constructor() {
    mkdirSync(join(this.path, 'node_modules'));
    symlinkSync(root, join(this.path, 'node_modules/carpet-kernel'));
    for (const name of ['valibot', '@types', 'typescript', '@standard-schema'])
      symlinkSync(join(root, 'node_modules', name), join(this.path, 'node_modules', name));
  }

  node(args: readonly string[], folder = '', env: Record<string, string> = {}): Run {
    const cwd = join(this.path, folder);
    const options = { cwd, env: { ...ENV, ...env }, encoding: 'utf8', timeout: 30_000 } as const;
    const { status, stdout, stderr } = spawnSync(process.execPath, args, options);
    return { status, stdout, stderr };
  }

  carpet(...args: string[]): Run {
    return this.node([CARPET, ...args]);
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true });
  }
}

describe('carpet new module', () => {
  it('makes a module in JavaScript whose test passes', () => {
    using workspace = new Workspace();
    const made = workspace.carpet('new', 'module', 'link-watch', '--language', 'js');
    assert.deepEqual([made.status, made.stderr], [0, '']);
    assert.match(
      made.stdout,
      /^link-watch\/ has link-watch\.mjs, link-watch\.test\.mjs, package\.json, README\.md/,
    );
    const { status, stdout } = workspace.node(['--test'], 'link-watch');
    assert.equal(status, 0, stdout);
    assert.match(stdout, /^. pass 3$/m);
  });

  it('makes a test that fails when the module is broken', () => {
    using workspace = new Workspace();
    workspace.carpet('new', 'module', 'pager', '--language', 'js');
    const file = join(workspace.path, 'pager/pager.mjs');
    for (const [from, to] of [
      ['++state.count', 'state.count'],
      ['handover:', 'handOver:'],
      ['v.minValue(1)', 'v.minValue(0)'],
    ] as const) {
      const text = readFileSync(file, 'utf8');
      assert.ok(text.includes(from));
      writeFileSync(file, text.replace(from, to));
      const { status, stdout } = workspace.node(['--test'], 'pager');
      assert.equal(status, 1, from);
      assert.match(stdout, /^. fail [12]$/m, from);
      writeFileSync(file, text);
    }
  });

  it('makes a module in TypeScript that the compiler accepts, types of events and settings included', () => {
    using workspace = new Workspace();
    workspace.carpet('new', 'module', 'link-watch', '--language', 'ts');
    const folder = join(workspace.path, 'link-watch');
    assert.deepEqual(readdirSync(folder).toSorted(), [
      'README.md',
      'link-watch.test.ts',
      'link-watch.ts',
      'package.json',
      'tsconfig.json',
    ]);
    const tsc = join(root, 'node_modules/typescript/bin/tsc');
    const { status, stdout } = workspace.node([tsc], 'link-watch');
    assert.equal(status, 0, stdout);
    writeFileSync(
      join(folder, 'wrong.ts'),
      `import theModule from './link-watch.ts';
import { Kernel } from 'carpet-kernel';
const kernel = new Kernel();
await kernel.load(theModule, { interval: 'often' });
kernel.eventhandler.register('link_watch_event', (count: string) => count);
`,
    );
    const wrong = workspace.node([tsc], 'link-watch').stdout;
    assert.match(wrong, /wrong\.ts\(4,/);
    assert.match(wrong, /wrong\.ts\(5,/);
  });

  it('makes a module in TypeScript that runs as it is', { skip: !STRIPS_TYPES && 'needs Node 22.18' }, () => {
    using workspace = new Workspace();
    assert.match(workspace.carpet('new', 'module', 'pager').stdout, /pager\.test\.ts/);
    const { status, stdout } = workspace.node(['--test'], 'pager');
    assert.equal(status, 0, stdout);
    assert.match(stdout, /^. pass 3$/m);
  });

  it('refuses a folder that exists and a name that no module can have, in one line', () => {
    using workspace = new Workspace();
    mkdirSync(join(workspace.path, 'pager'));
    assert.deepEqual(workspace.carpet('new', 'module', 'pager'), {
      status: 1,
      stdout: '',
      stderr: 'carpet: pager exists already: choose another name, or remove it\n',
    });
    assert.deepEqual(readdirSync(join(workspace.path, 'pager')), []);
    for (const name of ['../pager', 'Pager', 'a b']) {
      const { status, stderr } = workspace.carpet('new', 'module', name);
      assert.equal(status, 1);
      assert.equal(stderr, `carpet: "${name}" is no module name: lower-case words joined by hyphens\n`);
    }
  });

  it("refuses the name of one of carpet's own modules, which no kernel could load beside it", () => {
    using workspace = new Workspace();
    assert.deepEqual(workspace.carpet('new', 'module', 'carp'), {
      status: 1,
      stdout: '',
      stderr: 'carpet: carpet has a module carp of its own: choose another name, as my-carp\n',
    });
    assert.deepEqual(readdirSync(workspace.path), ['node_modules']);
  });

  for (const language of STRIPS_TYPES ? ['js', 'ts'] : ['js'])
    it(`makes a module (${language}) that a running carpet up loads by its path`, {
      skip: needs('native'),
    }, async () => {
      using workspace = new Workspace();
      workspace.carpet('new', 'module', 'pager', '--language', language);
      const path = `./pager/pager.${language === 'ts' ? 'ts' : 'mjs'}`;
      const socket = join(workspace.path, 'control.sock');
      const settings = join(workspace.path, 'carpet.yaml');
      writeFileSync(settings, `modules:\n  control: {socket: ${socket}, readSocket: false}\n`);
      const up = spawn(process.execPath, [CARPET, 'up', '-f', settings], {
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      let log = '';
      const logged = async (line: RegExp): Promise<void> => {
        while (!line.test(log)) {
          assert.equal(up.exitCode, null, log);
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
      };
      up.stderr.setEncoding('utf8').on('data', (text: string) => {
        log += text;
      });
      try {
        await logged(/settings 1 in force/);
        const env = { CARPET_SOCKET: socket };
        const carpet = (...args: string[]): Run => workspace.node([CARPET, ...args], '', env);
        assert.equal(carpet('kldload', path, '--settings', '{"interval":1}').stderr, '');
        assert.match(carpet('kldstat').stdout, /^pager +1 +loaded/m);
        await logged(/pager: count 1$/m);
        assert.equal(carpet('kldreload', 'pager').stderr, '');
        await logged(/pager: count 2$/m);
        assert.equal(carpet('kldunload', 'pager').stderr, '');
      } finally {
        up.kill();
        await new Promise((resolve) => up.once('exit', resolve));
      }
    });
});
