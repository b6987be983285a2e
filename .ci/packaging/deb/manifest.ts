import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What the Debian package takes from a package.json. */
export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  readonly author?: string | { readonly name: string };
  readonly homepage: string;
  readonly engines: { readonly node: string };
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/** Reads the package.json of a folder. */
export function readManifest(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
}

/** The package's version in Debian's form: `1.0.0-rc.1` comes before `1.0.0`. */
export function debianVersion({ version }: Pick<Manifest, 'version'>, revision: string): string {
  return `${version.replace('-', '~')}-${revision}`;
}

/** Who maintains the Debian package, as its files name him. */
export function maintainer({ author, homepage }: Manifest): string {
  const name = typeof author === 'object' ? author.name : author;
  return `${name ?? 'carpet'} <carpet@${new URL(homepage).hostname}>`;
}
