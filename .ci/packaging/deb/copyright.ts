import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { EXTERNAL } from '../bundle/bundle.js';
import { type Manifest, maintainer, readManifest } from './manifest.js';

/** Where its packages of npm are installed, and where those are that are bundled. */
const INSTALLED = 'usr/lib/carpet/node_modules';
const BUNDLED = 'usr/lib/carpet/dist/*';

/**
 * /usr/share/doc/carpet/copyright in Debian's machine-readable form (DEP 5): carpet's own licence, and that of each
 * package that it brings along, word for word.
 *
 * @param names the packages of npm
 */
export function copyright(root: string, manifest: Manifest, names: readonly string[]): string {
  const head = [
    'Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/',
    `Upstream-Name: ${manifest.name}`,
    `Upstream-Contact: ${maintainer(manifest)}`,
    `Source: ${manifest.homepage}`,
  ].join('\n');
  const packages = names.map((name) => {
    // koffi's prebuilt library is koffi's; that for another machine is not installed here.
    const isLibrary = name.startsWith('@koromix/koffi-');
    const folder = join(root, 'node_modules', isLibrary ? 'koffi' : name);
    const isInstalled = isLibrary || EXTERNAL.includes(name);
    const files = isInstalled ? `${INSTALLED}/${name}/*` : `${BUNDLED}\nComment: what comes from ${name}`;
    return paragraph(files, readManifest(folder), licenceText(folder));
  });
  return [head, paragraph('*', manifest, licenceText(root)), ...packages].join('\n\n') + '\n';
}

function paragraph(files: string, manifest: Manifest, text: string): string {
  const holders = text
    .split('\n')
    .map((line) => /^\s*(?:Copyright:? (?:\(c\) |© )?|\(c\) )(.*\S)/i.exec(line)?.[1])
    .filter((line) => line !== undefined && !/^(notice|owner|holder|license)/i.test(line));
  const { author, name, license } = manifest;
  const holder = typeof author === 'object' ? author.name : (author ?? `the authors of ${name}`);
  return [
    `Files: ${files}`,
    `Copyright: ${(holders.length > 0 ? holders : [holder]).join('\n ')}`,
    `License: ${license}`,
    ...indented(text === '' ? `${license}, as the package ${name} says in its package.json.` : text),
  ].join('\n');
}

/** The text of the licence that a package brings, if it brings one. */
function licenceText(folder: string): string {
  const name = readdirSync(folder).find((file) => /^licen[cs]e(\.(md|txt))?$/i.test(file));
  return name === undefined ? '' : readFileSync(join(folder, name), 'utf8').trim();
}

/** As a field's further lines: an empty one is a point. */
function indented(text: string): string[] {
  return text.split(/\r?\n/).map((line) => (line.trim() === '' ? ' .' : ` ${line.trimEnd()}`));
}
