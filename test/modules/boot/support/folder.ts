/** Settings files in a folder of their own. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import {
  type Checked,
  checkFiles,
  formatProblem,
  type ModuleRegistry,
} from '../../../../modules/boot/index.js';

export class Folder implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), 'carpet-boot-'));
  readonly main = join(this.path, 'carpet.yaml');

  /** @returns the file's path */
  write(name: string, text: string | Uint8Array, mode = 0o600): string {
    const path = join(this.path, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text, { mode });
    return path;
  }

  /** A mistake as one reads it, the folder left out. */
  lines(problems: Checked['problems']): string[] {
    return problems.map((problem) => formatProblem(problem).replaceAll(`${this.path}/`, ''));
  }

  /** Checks `carpet.yaml`; with `text` written there first. @returns its mistakes */
  async problems(registry: ModuleRegistry, text?: string, credentials?: string): Promise<string[]> {
    if (text !== undefined) this.write('carpet.yaml', text);
    const { problems } = await checkFiles(this.main, { registry, credentials });
    return this.lines(problems);
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}
