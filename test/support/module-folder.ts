/** Modules in files, for tests that load and reload them by path. */
import { mkdirSync, mkdtempSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** The package as the modules import it. */
export const PACKAGE = new URL('../../core/index.js', import.meta.url).href;

/** A folder of its own, which goes at the end of the block. */
export class ModuleFolder implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), 'carpet-modules-'));

  /** Writes a file. @returns its path */
  write(name: string, text: string): string {
    const path = join(this.path, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    return path;
  }

  remove(name: string): void {
    unlinkSync(join(this.path, name));
  }

  /** The URL from which relative paths begin. */
  get url(): string {
    return pathToFileURL(`${this.path}/`).href;
  }

  /** As `import.meta` of a file in the folder. */
  get origin(): { resolve(specifier: string): string } {
    return {
      resolve: (specifier) => (/^\.{0,2}\//.test(specifier) ? new URL(specifier, this.url).href : specifier),
    };
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true });
  }
}
