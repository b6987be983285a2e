/**
 * @module
 * CommonJS files, imported anew. Node caches them by their path, whatever the query, and lets its cache be changed:
 * what is deleted from it and not referred to is collected, which no version of an ES module ever is.
 */
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { isBelow } from './renewal.js';

/** Whether Node runs a file as CommonJS, by its name alone. */
export function isCommonJs(url: string): boolean {
  return /\.c[jt]s$/.test(url);
}

/** CommonJS files that the code of a file's folder has required: no hook sees them. */
export function commonJsFiles(url: string): string[] {
  const folder = fileURLToPath(new URL('.', url));
  return Object.keys(createRequire(url).cache).filter(
    (path) => path.startsWith(folder) && !path.slice(folder.length - 1).includes('/node_modules/'),
  );
}

/** What has been required, and is again. */
export class RequiredFiles {
  /** CommonJS files that an import has asked for, not another one's require. */
  readonly #imported = new Set<string>();

  /**
   * Has Node require anew what lies in a file's folder and below. What was imported before is required at once, with what it
   * requires, before it is imported: in `module.exports = require('./x')` Node takes a file that it has only looked through
   * for one that is being loaded, where it knows from before where `./x` leads, and gives `{}`.
   */
  forget(url: string): void {
    const require = createRequire(url);
    const files = commonJsFiles(url);
    for (const path of files) if (!require.cache[path]?.parent) this.#imported.add(path);
    for (const path of files) delete require.cache[path];
    for (const path of this.#imported) {
      if (!isBelow(pathToFileURL(path).href, url)) continue;
      try {
        require(path);
      } catch {
        // The import gives the error, if it still asks for the file.
      }
    }
  }

  /** @returns as an import of the file does */
  require(url: string): unknown {
    const exports: unknown = createRequire(url)(fileURLToPath(url));
    return { ...(exports as object), default: exports };
  }
}
