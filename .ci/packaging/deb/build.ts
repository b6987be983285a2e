import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundle } from '../bundle/bundle.js';
import { sourceEpoch } from '../epoch.js';
import { type Architecture, architecture } from './architecture.js';
import { changelog, control, md5sums } from './control.js';
import { copyright } from './copyright.js';
import { copyDependencies } from './dependencies.js';
import { EXECUTABLES, layOut } from './layout.js';
import { debianVersion, readManifest } from './manifest.js';
import { Tree } from './tree.js';

/** What is to be built. */
export interface BuildOptions {
  /** Debian's name of the architecture; default: this machine's. */
  readonly arch?: string | undefined;
  /** What Debian's version has behind carpet's own: `1` of `0.1.0-1`. */
  readonly revision: string;
  /** The folder for the package. */
  readonly output: string;
}

/**
 * Packs what npm would publish, compiled anew, and unpacks it in `folder`, which is empty.
 * @returns the folder with the package
 */
export function pack(root: string, folder: string): string {
  run('npm', ['pack', '--silent', '--pack-destination', folder], root);
  const tarball = readdirSync(folder).find((name) => name.endsWith('.tgz'))!;
  run('tar', ['-xzf', join(folder, tarball), '-C', folder], root);
  return join(folder, 'package');
}

/**
 * Builds the Debian package.
 * @param root the project, with its node_modules @param packed what npm would publish @returns the package's path
 */
export async function build(root: string, packed: string, options: BuildOptions): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'carpet-deb-'));
  try {
    const target = architecture(options.arch);
    const version = debianVersion(readManifest(root), options.revision);
    const tree = new Tree(folder);
    await fill(tree, root, packed, target, version);
    mkdirSync(options.output, { recursive: true });
    const file = join(options.output, `carpet_${version}_${target.debian}.deb`);
    // xz is understood by every dpkg; Ubuntu's default, zstd, is not.
    run('dpkg-deb', ['--root-owner-group', '-Zxz', '--build', folder, file], root);
    return file;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function fill(
  tree: Tree,
  root: string,
  packed: string,
  target: Architecture,
  version: string,
): Promise<void> {
  const epoch = sourceEpoch(root);
  const manifest = readManifest(root);
  const bundled = join(packed, 'bundle');
  await bundle(packed, join(root, 'node_modules'), bundled);
  layOut(packed, bundled, tree);
  const names = copyDependencies(root, tree.path('usr/lib/carpet/node_modules'), target);
  tree.write('usr/share/doc/carpet/copyright', copyright(root, manifest, names));
  tree.writeCompressed('usr/share/doc/carpet/changelog.Debian', changelog(manifest, version, epoch));
  const files = tree.files();
  const prebuilt = files.find(([name]) => name.endsWith('.node'))![1];
  const fields = { version, architecture: target, installedSize: tree.size(), prebuilt };
  tree.write('DEBIAN/md5sums', md5sums(files));
  tree.write('DEBIAN/control', control(manifest, fields));
  for (const name of ['postinst', 'prerm', 'postrm'])
    tree.copy(join(root, '.ci/packaging/deb/scripts', name), `DEBIAN/${name}`);
  tree.settle(EXECUTABLES, epoch);
}

function run(program: string, args: readonly string[], root: string): void {
  const env = { ...process.env, SOURCE_DATE_EPOCH: String(sourceEpoch(root)) };
  const { status, error } = spawnSync(program, args, {
    cwd: root,
    env,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  if (error) throw error;
  if (status !== 0) throw new Error(`${program} ended with ${status}`);
}
