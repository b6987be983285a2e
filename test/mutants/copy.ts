import {
  constants,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

const PREFIX = 'carpet-mutants-';
const APART = new Set(['dist', '.git']);
const HARNESS = 'test/mutants/harness.js';

/**
 * A checkout for mutants: its compiled files are copies, since hard links would change with the next build; everything
 * else is a symbolic link. The checkout itself is never written to. A copy whose process was killed goes with the next
 * one's start.
 */
export class Copy implements Disposable {
  readonly root: string;
  readonly #onExit = (): void => rmSync(this.root, { recursive: true, force: true });

  constructor(readonly original: string) {
    removeOrphans();
    this.root = mkdtempSync(join(tmpdir(), `${PREFIX}${process.pid}-`));
    process.once('exit', this.#onExit);
    for (const entry of readdirSync(original))
      if (!APART.has(entry)) symlinkSync(join(original, entry), join(this.root, entry));
    const compiled = readdirSync(join(original, 'dist'), { recursive: true, encoding: 'utf8' });
    for (const file of compiled.filter((each) => /\.(m?js|json|js\.map)$/.test(each))) this.#take(file);
  }

  /** Where a compiled file lies, by its path under dist/. */
  path(file: string): string {
    return join(this.root, 'dist', file);
  }

  /** Puts other code in a compiled file's place. */
  write(file: string, code: string): void {
    rmSync(this.path(file), { force: true });
    writeFileSync(this.path(file), code);
  }

  #take(file: string): void {
    const from = join(this.original, 'dist', file);
    mkdirSync(dirname(this.path(file)), { recursive: true });
    const isTest = /^test\/.*\.js$/.test(file) && !file.startsWith('test/mutants/');
    const code = isTest ? readFileSync(from, 'utf8') : '';
    const harness = pathToFileURL(this.path(HARNESS)).href;
    if (/from 'node:test';/.test(code))
      writeFileSync(this.path(file), code.replaceAll(/from 'node:test';/g, `from '${harness}';`));
    else copyFileSync(from, this.path(file), constants.COPYFILE_FICLONE);
  }

  [Symbol.dispose](): void {
    process.removeListener('exit', this.#onExit);
    this.#onExit();
  }
}

function removeOrphans(): void {
  for (const name of readdirSync(tmpdir())) {
    const owner = new RegExp(`^${PREFIX}(\\d+)-`).exec(name)?.[1];
    if (owner !== undefined && !isAlive(Number(owner)))
      rmSync(join(tmpdir(), name), { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
