import {
  chmodSync,
  cpSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';

/** The files of a Debian package before they are packed, below a folder. */
export class Tree {
  readonly root: string;

  constructor(root: string) {
    this.root = root;
  }

  /** Where a file of the package is on disk; its folder exists. */
  path(name: string): string {
    const path = join(this.root, name);
    mkdirSync(dirname(path), { recursive: true });
    return path;
  }

  write(name: string, text: string): void {
    writeFileSync(this.path(name), text);
  }

  /** Compressed as Debian wants changelogs and manual pages; the same bytes each time. */
  writeCompressed(name: string, text: string | Buffer): void {
    writeFileSync(this.path(`${name}.gz`), gzipSync(text, { level: 9 }));
  }

  copy(source: string, name: string): void {
    cpSync(source, this.path(name), { recursive: true });
  }

  link(target: string, name: string): void {
    symlinkSync(target, this.path(name));
  }

  read(name: string): string {
    return readFileSync(join(this.root, name), 'utf8');
  }

  /** All files with their path in the package, sorted; folders and links are left out. */
  files(): [name: string, path: string][] {
    return this.#entries()
      .filter(([, path]) => lstatSync(path).isFile())
      .toSorted(([a], [b]) => (a < b ? -1 : 1));
  }

  /** What is installed, in KiB, as dpkg counts: each file in whole KiB, each folder and link as one. */
  size(): number {
    const sizes = this.#entries().map(([, path]) => {
      const stat = lstatSync(path);
      return stat.isFile() ? Math.ceil(stat.size / 1024) : 1;
    });
    return sizes.reduce((sum, size) => sum + size, 0);
  }

  /** Gives every file its mode and its time, whatever the umask was and whenever it was made. */
  settle(executables: ReadonlySet<string>, epoch: number): void {
    for (const [name, path] of [...this.#entries(), ['', this.root] as const]) {
      const stat = lstatSync(path);
      if (!stat.isSymbolicLink())
        chmodSync(path, stat.isDirectory() || executables.has(name) ? 0o755 : 0o644);
      lutimesSync(path, epoch, epoch);
    }
  }

  #entries(): [name: string, path: string][] {
    const names = readdirSync(this.root, { recursive: true, encoding: 'utf8' });
    return names.map((name) => [name, join(this.root, name)]);
  }
}
