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
  const depth = new URL(url).pathname.split('/').length - 1;
  return `${url}?carpet-reload=${version}.${depth}`;
}

/** An import of code that is imported anew. */
export interface RenewedImport {
  readonly version: string;
  /** Without the query. */
  readonly file: string;
  /** What the file holds at that moment. */
  readonly digest: string;
}

/**
 * Where an import leads.
 *
 * @param url as Node has resolved it
 * @param parent the URL of the file that imports it
 * @param renewed is told of each import of a file that is imported anew
 */
export function resolvedUrl(
  url: string,
  parent: string | undefined,
  renewed: (found: RenewedImport) => void,
): string {
  const own = QUERY.exec(url);
  if (own !== null) {
    const file = url.slice(0, own.index);
    renewed({ version: own[1]!, file, digest: digestOf(file) });
    return url;
  }
  const inherited = QUERY.exec(parent ?? '');
  if (inherited === null || !isBelow(url, parent!, Number(inherited[2]))) return url;
  renewed({ version: inherited[1]!, file: url, digest: digestOf(url) });
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

function isBelow(url: string, parent: string, depth: number): boolean {
  if (!url.startsWith('file:') || /[?#]/.test(url)) return false;
  const folder = new URL(parent).pathname.split('/').slice(0, depth).join('/');
  const { pathname } = new URL(url);
  return pathname.startsWith(`${folder}/`) && !pathname.slice(folder.length).includes('/node_modules/');
}
