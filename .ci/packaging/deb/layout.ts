/**
 * @module
 * What goes where on a Debian machine: the program in /usr/lib/carpet, bundled with what it depends on, its pages in
 * /usr/share/doc/carpet, and the rest where systemd, man and the shells look for it.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SCRIPTS, type Shell } from '../../../modules/cli/completion/scripts.js';
import type { Tree } from './tree.js';

const PROGRAM = 'usr/lib/carpet';
const MAIN = `${PROGRAM}/dist/modules/cli/main.js`;
const DOCUMENTATION = 'usr/share/doc/carpet';

/** What has mode 0755. */
export const EXECUTABLES: ReadonlySet<string> = new Set([
  MAIN,
  ...['postinst', 'prerm', 'postrm'].map((name) => `DEBIAN/${name}`),
]);

/** Where each shell looks for completions. */
const COMPLETIONS: Readonly<Record<Shell, string>> = {
  bash: 'usr/share/bash-completion/completions/carpet',
  zsh: 'usr/share/zsh/vendor-completions/_carpet',
  fish: 'usr/share/fish/vendor_completions.d/carpet.fish',
};

/** From docs/service, by the folder that they are installed in. */
const SERVICE = {
  'carpet.service': 'usr/lib/systemd/system/carpet.service',
  'carpet.sysusers.conf': 'usr/lib/sysusers.d/carpet.conf',
  'carpet.tmpfiles.conf': 'usr/lib/tmpfiles.d/carpet.conf',
} as const;

/**
 * Lays out what `npm pack` has packed.
 * @param packed the unpacked package @param bundled the same, bundled
 */
export function layOut(packed: string, bundled: string, tree: Tree): void {
  for (const name of ['package.json', 'dist']) tree.copy(join(bundled, name), `${PROGRAM}/${name}`);
  tree.write(MAIN, withDebiansNode(tree.read(MAIN)));
  tree.link('../lib/carpet/dist/modules/cli/main.js', 'usr/bin/carpet');
  for (const [name, place] of Object.entries(SERVICE)) tree.copy(join(packed, 'docs/service', name), place);
  for (const [shell, place] of Object.entries(COMPLETIONS)) tree.write(place, SCRIPTS[shell as Shell]);
  for (const name of readdirSync(join(packed, 'dist/man'))) {
    const section = name.at(-1)!;
    tree.writeCompressed(`usr/share/man/man${section}/${name}`, readFileSync(join(packed, 'dist/man', name)));
  }
  layOutDocumentation(packed, tree);
}

/** Debian's Node runs it, whatever else is on a user's PATH; Node's options stay. */
function withDebiansNode(program: string): string {
  const changed = program.replace(
    /^#!\/usr\/bin\/env -S node (--inspect-port=\S+ .*)\n/,
    '#!/usr/bin/env -S /usr/bin/node $1\n',
  );
  if (changed === program) throw new Error('the first line of main.js is not the one that is expected');
  return changed;
}

function layOutDocumentation(packed: string, tree: Tree): void {
  tree.copy(join(packed, 'docs'), `${DOCUMENTATION}/docs`);
  tree.copy(join(packed, 'docs/carpet.yaml'), `${DOCUMENTATION}/examples/carpet.yaml`);
  tree.copy(join(packed, 'docs/debian.md'), `${DOCUMENTATION}/README.Debian`);
  for (const name of ['README.md', 'SECURITY.md'])
    if (existsSync(join(packed, name))) tree.copy(join(packed, name), `${DOCUMENTATION}/${name}`);
  tree.writeCompressed(`${DOCUMENTATION}/changelog`, readFileSync(join(packed, 'CHANGELOG.md')));
}
