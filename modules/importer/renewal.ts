/**
 * @module
 * How code is imported anew: under a URL with a query that no import has had before,
 * `?carpet-reload=VERSION.DEPTH`. What that file imports gets the same query, if it is a file below the first DEPTH parts
 * of its path and not of a package that is installed there. All else keeps its URL, and so its one instance.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

const QUERY = /\?carpet-reload=([\w-]+)\.(\d+)$/;

/** The URL under which a file is imported anew. */
export function renewedUrl(url: string, version: string): string {
  return `${url}?carpet-reload=${version}.${depthOf(url)}`;
}

/** What a hook sees; see {@link resolvedUrl}. */
export interface ImportObserver {
  /**
   * A file of a version that is imported anew.
   *
   * @param file without the query
   * @param digest what the file holds at that moment
   */
  renewed(version: string, file: string, digest: string): void;
  /** A file that is imported as Node does. */
  plain(parent: string, file: string): void;
}

/**
 * Where an import leads.
 *
 * @param url as Node has resolved it
 * @param parent the URL of the file that imports it
 */
export function resolvedUrl(url: string, parent: string | undefined, observer: ImportObserver): string {
  const own = QUERY.exec(url);
  if (own !== null) {
    const file = url.slice(0, own.index);
    observer.renewed(own[1]!, file, digestOf(file));
    return url;
  }
  const inherited = QUERY.exec(parent ?? '');
  if (inherited === null) {
    if (parent !== undefined && isPlain(url)) observer.plain(parent, url);
    return url;
  }
  if (!isBelow(url, parent!, Number(inherited[2]))) return url;
  observer.renewed(inherited[1]!, url, digestOf(url));
  return url + inherited[0];
}

/** What is in a file; nothing for one that cannot be read. */
export function digestOf(url: string): string {
  try {
    return createHash('sha256')
      .update(readFileSync(new URL(url)))
      .digest('base64');
  } catch {
    return '';
  }
}

/**
 * Whether a file lies in the folder of another one, or below it, and not in a package that is installed there.
 *
 * @param depth how many parts of the other one's path make the folder; default: all but its name
 */
export function isBelow(url: string, of: string, depth = depthOf(of)): boolean {
  if (!isPlain(url)) return false;
  const folder = new URL(of).pathname.split('/').slice(0, depth).join('/');
  const { pathname } = new URL(url);
  return pathname.startsWith(`${folder}/`) && !pathname.slice(folder.length).includes('/node_modules/');
}

function depthOf(url: string): number {
  return new URL(url).pathname.split('/').length - 1;
}

/** A file under its own URL. */
function isPlain(url: string): boolean {
  return url.startsWith('file:') && !/[?#]/.test(url);
}
