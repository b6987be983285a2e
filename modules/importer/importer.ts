import { randomUUID } from 'node:crypto';
import { pathToFileURL } from 'node:url';
import type { ModuleImporter } from '../../core/index.js';
import { HOOKS_ARE_CHEAP, installHooks } from './hooks.js';
import { ImportGraph } from './import-graph.js';
import { lacksOwnPackage } from './own-package.js';
import { digestOf, renewedUrl } from './renewal.js';
import { commonJsFiles, isCommonJs, RequiredFiles } from './required-files.js';

/** The newest code of a file. */
interface Version {
  /** Its part of the query. */
  readonly id: string;
  /** Under which it was imported, where Node knows it by a URL. */
  readonly url: string;
  /** What it exports. */
  exports?: unknown;
  /** What its files held, by their URLs: the file's own, and those that it imports from its folder. */
  readonly digests: Map<string, string>;
}

/** Where an importer looks: as much of `import.meta` as it needs. */
export interface ImportOrigin {
  resolve(specifier: string): string;
}

/**
 * Makes an importer for `new Kernel({ import })` that finds packages and paths as the file does whose `import.meta` it
 * gets, and can import them anew: the file and all that it imports from its own folder and below. What it imports from
 * elsewhere, packages above all, stays as it is.
 *
 * Where it finds no package `carpet-kernel`, a file that is imported gets the one whose importer this is.
 *
 * Node keeps each version of an ES module in memory, some 18 kB for a small one; of a CommonJS file (`.cjs`, `.cts`) only
 * the first. Where no file has changed since, a reload gives the version of before.
 */
export function importerFrom(origin: ImportOrigin): ModuleImporter {
  const importer = new FileImporter(origin);
  const load: ModuleImporter = (specifier, { fresh = false } = {}) => importer.import(specifier, fresh);
  return Object.assign(load, { locate: (specifier: string) => origin.resolve(specifier) });
}

/** Imports files, anew where that is asked for, and knows what they import. */
export class FileImporter {
  readonly #origin: ImportOrigin;
  /** By the URL without query. */
  readonly #newest = new Map<string, Version>();
  /** Those above, and those whose import is under way, by id. */
  readonly #versions = new Map<string, Version>();
  /** What was imported as Node does. */
  readonly #graph = new ImportGraph();
  /** Of these, what could not be imported. */
  readonly #failed = new Set<string>();
  readonly #required = new RequiredFiles();
  #takeIn: (() => void) | undefined;

  constructor(origin: ImportOrigin) {
    this.#origin = origin;
  }

  /** As {@link ModuleImporter}. */
  async import(specifier: string, fresh: boolean | 'changed'): Promise<unknown> {
    const url = this.#origin.resolve(specifier);
    if (!url.startsWith('file:')) return import(url);
    // What the last import has found may still be under way, in a busy process: that file would count as unchanged.
    this.#takeIn?.();
    const newest = this.#newest.get(url);
    const renews = fresh === 'changed' ? this.#hasChanged(url, newest) : fresh && !isUnchanged(newest);
    if (renews) return this.#renew(url);
    if (newest !== undefined) return newest.exports;
    if (HOOKS_ARE_CHEAP || fresh === 'changed') this.#hook();
    return this.#importPlain(url);
  }

  /** The URLs of a file that was imported anew, and of what it has imported from its folder and below. */
  filesOf(specifier: string): string[] {
    this.#takeIn?.();
    const url = this.#origin.resolve(specifier);
    return [...new Set([url, ...(this.#newest.get(url)?.digests.keys() ?? [])])];
  }

  async #importPlain(url: string): Promise<unknown> {
    this.#graph.addRoot(url);
    try {
      const exports: unknown = await import(url);
      for (const path of commonJsFiles(url)) this.#graph.add(url, pathToFileURL(path).href);
      return exports;
    } catch (error) {
      this.#failed.add(url);
      // Node would go on giving this error for this URL.
      if (this.#takeIn === undefined && lacksOwnPackage(error)) return this.#renew(url);
      throw error;
    }
  }

  /** Whether a file of it holds something else by now. Node would give its code of then, or its error. */
  #hasChanged(url: string, newest: Version | undefined): boolean {
    if (newest !== undefined) return !isUnchanged(newest);
    if (!this.#graph.has(url)) return false;
    return this.#failed.has(url) || !areUnchanged(this.#graph.digestsOf(url));
  }

  async #renew(url: string): Promise<unknown> {
    this.#hook();
    const id = randomUUID();
    const version: Version = { id, url: renewedUrl(url, id), digests: new Map<string, string>() };
    const before = this.#newest.get(url);
    this.#versions.set(id, version);
    this.#required.forget(url);
    try {
      version.exports = isCommonJs(url) ? this.#required.require(url) : await import(version.url);
      for (const file of commonJsFiles(url).map((path) => pathToFileURL(path).href))
        version.digests.set(file, digestOf(file));
      this.#newest.set(url, version);
      if (before !== undefined) this.#versions.delete(before.id);
      return version.exports;
    } catch (error) {
      this.#versions.delete(id);
      throw error;
    }
  }

  #hook(): void {
    this.#takeIn ??= installHooks({
      renewed: (version, file, digest) => void this.#versions.get(version)?.digests.set(file, digest),
      plain: (parent, file, digest) => this.#graph.add(parent, file, digest),
    });
  }
}

function isUnchanged(version: Version | undefined): boolean {
  return version !== undefined && version.digests.size > 0 && areUnchanged(version.digests);
}

function areUnchanged(digests: ReadonlyMap<string, string>): boolean {
  return [...digests].every(([url, digest]) => digest !== '' && digest === digestOf(url));
}
