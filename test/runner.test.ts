/** The runner of the tests: what its arguments choose, and what it refuses. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { root } from './support/npm.js';

interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly last: string;
}

function runner(...args: string[]): Outcome {
  return runIn(root, args);
}

function runIn(project: string, args: readonly string[]): Outcome {
  // Without what node:test tells its children, so that the runner under test is a parent again.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(project, 'dist/test/run.js'), ...args],
    {
      env,
      encoding: 'utf8',
    },
  );
  return { status, stdout, stderr, last: stdout.trimEnd().split('\n').at(-1) ?? '' };
}

test('--grep runs the tests of that name, and ends with their number', () => {
  const { status, last } = runner('test/core/random', '--grep', 'same seed');
  assert.deepEqual([status, last], [0, '1 passed, 0 failed, 0 skipped']);
});

test('a name that no test has is a failure', () => {
  const { status, last } = runner('test/core/random', '--grep', 'no such name');
  assert.deepEqual([status, last], [1, '0 passed, 0 failed, 0 skipped']);
});

test('an unknown argument is an error that names it', () => {
  for (const [args, message] of [
    [['--gerp', 'x'], /^npm test: Unknown option '--gerp'/],
    [['test/core/random', 'test/nowhere'], /^npm test: no test file has 'test\/nowhere' in its path\n$/],
    [['--grep', '('], /^npm test: Invalid regular expression/],
  ] as const) {
    const { status, stdout, stderr } = runner(...args);
    assert.deepEqual([status, stdout], [1, '']);
    assert.match(stderr, message);
  }
});

/** A project of a few tests with the runner under test. Each test that runs notes its file and its process. */
class SmallProject implements Disposable {
  readonly #folder = mkdtempSync(join(tmpdir(), 'carpet-runner-'));

  constructor(files: Readonly<Record<string, string>>) {
    const runnerFile = 'dist/test/run.js';
    this.#write('package.json', '{ "type": "module" }');
    this.#write(runnerFile, '');
    cpSync(join(root, runnerFile), join(this.#folder, runnerFile));
    for (const [name, body] of Object.entries(files)) {
      this.#write(`test/${name}.test.ts`, '');
      this.#write(
        `dist/test/${name}.test.js`,
        `import { appendFileSync } from 'node:fs';
        import { test } from 'node:test';
        const ran = () => appendFileSync(${JSON.stringify(join(this.#folder, 'ran'))}, ${JSON.stringify(name)} + ' ' + process.pid + '\\n');
        ${body}`,
      );
    }
    this.#write('ran', '');
  }

  /** @returns besides, the files whose tests ran, those that shared a process together */
  run(...args: string[]): Outcome & { readonly processes: string[] } {
    this.#write('ran', '');
    const outcome = runIn(this.#folder, args);
    const processes = new Map<string, string[]>();
    for (const line of readFileSync(join(this.#folder, 'ran'), 'utf8').trim().split('\n')) {
      const [name = '', pid = ''] = line.split(' ');
      processes.set(pid, [...(processes.get(pid) ?? []), name]);
    }
    return { ...outcome, processes: [...processes.values()].map((names) => names.join('+')).toSorted() };
  }

  #write(name: string, text: string): void {
    const path = join(this.#folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true });
  }
}

test('files of a folder share a process, and are counted and filtered one by one', () => {
  using project = new SmallProject({
    'core/a/one': `test('first', ran); test('second', ran); test('left', { skip: 'why' }, ran);`,
    'core/a/two': `test('first', ran); test('bad', () => { throw new Error('boom'); });`,
    'core/a/below/three': `test('first', ran);`,
    'core/b/four': `test('first', ran);`,
    'core/b/five.timed': `test('first', ran);`,
    'lab/six': `test('first', ran);`,
    'lab/seven': `test('first', ran);`,
  });
  const all = project.run();
  assert.deepEqual(all.processes, [
    'core/a/below/three+core/a/one+core/a/one+core/a/two',
    'core/b/five.timed',
    'core/b/four',
    'lab/seven',
    'lab/six',
  ]);
  assert.deepEqual([all.status, all.last], [1, '8 passed, 1 failed, 1 skipped']);
  assert.match(all.stdout, /^skipped 1: why$/m);
  const some = project.run('core/a/one', 'core/b', '--grep', 'first');
  assert.deepEqual(some.processes, ['core/a/one', 'core/b/five.timed', 'core/b/four']);
  assert.deepEqual([some.status, some.last], [0, '3 passed, 0 failed, 0 skipped']);
});

test('a file that cannot be loaded is a failure, though others share its process', () => {
  using project = new SmallProject({
    'core/a/one': `test('first', ran);`,
    'core/a/two': `throw new Error('boom');`,
    'core/b/three': `test('first', ran);`,
  });
  const { status, last, stdout } = project.run();
  assert.equal(status, 1);
  assert.match(last, / [1-9] failed, /);
  assert.match(stdout, /boom/);
});

test('a proof runs only if its path is asked for', () => {
  using project = new SmallProject({
    'core/a/one': `test('first', ran);`,
    'core/a/long.proof': `test('first', ran);`,
    'lab/long.timed.proof': `test('first', ran);`,
  });
  assert.deepEqual(project.run().processes, ['core/a/one']);
  assert.deepEqual(project.run('core/a').processes, ['core/a/long.proof+core/a/one']);
  assert.deepEqual(project.run('.proof.').processes, ['core/a/long.proof', 'lab/long.timed.proof']);
});
