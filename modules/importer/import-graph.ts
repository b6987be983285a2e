import { digestOf, isBelow } from './renewal.js';

/**
 * What files import that were imported as Node does, under their own URLs: each is known by what it held at that moment. Only
 * files below the folder of a root count, and none of a package that is installed there.
 */
export class ImportGraph {
  readonly #roots = new Set<string>();
  readonly #digests = new Map<string, string>();
  readonly #imports = new Map<string, Set<string>>();

  /** An import begins here. */
  addRoot(url: string): void {
    this.#roots.add(url);
    this.#note(url);
  }

  has(url: string): boolean {
    return this.#roots.has(url);
  }

  /** @param digest what the file holds; default: as it is read now */
  add(parent: string, file: string, digest?: string): void {
    if (!this.#digests.has(parent) || ![...this.#roots].some((root) => isBelow(file, root))) return;
    let imports = this.#imports.get(parent);
    if (imports === undefined) this.#imports.set(parent, (imports = new Set()));
    imports.add(file);
    this.#note(file, digest);
  }

  /** The root, and what it imports from its folder and below, each with its digest. */
  digestsOf(root: string): Map<string, string> {
    const found = new Map<string, string>();
    const visit = (url: string): void => {
      if (found.has(url)) return;
      found.set(url, this.#digests.get(url) ?? '');
      for (const each of this.#imports.get(url) ?? []) if (isBelow(each, root)) visit(each);
    };
    visit(root);
    return found;
  }

  /** Node keeps the code of the first import. */
  #note(url: string, digest?: string): void {
    if (!this.#digests.has(url)) this.#digests.set(url, digest ?? digestOf(url));
  }
}
