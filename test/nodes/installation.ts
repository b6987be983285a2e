/** The project installed, compiled and tested with one version of Node. */
import { spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { copySources, npm, pathOf } from '../support/npm.js';

export interface Result {
  readonly node: string;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly seconds: number;
  /** Exit status of the runner. */
  readonly status: number | null;
  /** What the runner said about the tests that failed, and about those it could not run. */
  readonly failures: string;
}

export class Installation {
  /** What the tests printed. */
  readonly log: string;
  readonly #project: string;
  readonly #node: string;
  readonly #env: NodeJS.ProcessEnv;

  /** `major` is a range that npm understands; `folder` is kept from one run to the next. @throws Error of npm */
  constructor(major: string, folder: string) {
    this.log = join(folder, 'test.log');
    this.#project = join(folder, 'project');
    mkdirSync(this.#project, { recursive: true });
    // What the package `node` installs for this machine: the program, and the headers that native packages need.
    const name = `node-${process.platform}-${process.arch}`;
    const prefix = join(folder, 'node');
    mkdirSync(prefix, { recursive: true });
    npm(folder, ['install', '--prefix', prefix, '--no-audit', '--no-fund', `${name}@${major}`]);
    const nodedir = join(prefix, 'node_modules', name);
    this.#node = join(nodedir, 'bin/node');
    this.#env = { ...process.env, PATH: pathOf(this.#node), npm_config_nodedir: nodedir };
  }

  get version(): string {
    return this.#run(['--version'], 'pipe').stdout.trim();
  }

  /** Brings the sources up to date, installs what the lock file names, unless it is there, and compiles. */
  refresh(): void {
    const kept = new Set(['node_modules', 'dist']);
    for (const name of readdirSync(this.#project)) {
      if (!kept.has(name)) rmSync(join(this.#project, name), { recursive: true });
    }
    copySources(this.#project);
    const { status } = this.#run(['.ci/setup.mjs'], 'inherit');
    if (status !== 0) throw new Error(`node .ci/setup.mjs ended with ${status} on Node ${this.version}`);
  }

  test(args: readonly string[]): Result {
    const began = performance.now();
    const output = openSync(this.log, 'w');
    const { status } = this.#run(['dist/test/run.js', ...args], output);
    closeSync(output);
    const seconds = Math.round((performance.now() - began) / 1000);
    const printed = readFileSync(this.log, 'utf8');
    const counts = /^(\d+) passed, (\d+) failed, (\d+) skipped$/m.exec(printed)?.slice(1).map(Number);
    const [passed = 0, failed = 0, skipped = 0] = counts ?? [];
    // A runner that did not reach its last line has failed as a whole.
    const failures = counts === undefined ? printed : (/^✖ failing tests:$[\s\S]*/m.exec(printed)?.[0] ?? '');
    return { node: this.version, passed, failed, skipped, seconds, status, failures };
  }

  #run(args: readonly string[], output: 'pipe' | 'inherit' | number) {
    return spawnSync(this.#node, args, {
      cwd: this.#project,
      env: this.#env,
      stdio: ['ignore', output, output],
      encoding: 'utf8',
    });
  }
}
