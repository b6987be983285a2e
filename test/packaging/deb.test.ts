/** The parts that make the Debian package. test/lab/deb.proof.test.ts builds and installs it. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { architecture } from '../../.ci/packaging/deb/architecture.js';
import { changelog, control } from '../../.ci/packaging/deb/control.js';
import { copyright } from '../../.ci/packaging/deb/copyright.js';
import { copyDependencies } from '../../.ci/packaging/deb/dependencies.js';
import { debianVersion, readManifest } from '../../.ci/packaging/deb/manifest.js';
import { Tree } from '../../.ci/packaging/deb/tree.js';
import { needs } from '../support/needs.js';
import { root } from '../support/npm.js';

const manifest = readManifest(root);

describe('the Debian package', () => {
  it('has a version that sorts as npm sorts it', { skip: needs('program:dpkg') }, () => {
    const versions = ['1.0.0-rc.1', '1.0.0', '1.0.1'].map((version) => debianVersion({ version }, '1'));
    assert.equal(versions[0], '1.0.0~rc.1-1');
    for (const [i, version] of versions.slice(1).entries())
      assert.equal(spawnSync('dpkg', ['--compare-versions', versions[i]!, 'lt', version]).status, 0);
  });

  it('is for an architecture that koffi is prebuilt for', () => {
    assert.deepEqual(architecture('armhf'), { debian: 'armhf', node: 'arm' });
    assert.equal(architecture(undefined).node, process.arch);
    assert.throws(() => architecture('s390x'), /koffi is not prebuilt for s390x; there is amd64, arm64/);
    const lock = readFileSync(join(root, 'package-lock.json'), 'utf8');
    for (const name of ['amd64', 'arm64', 'armhf', 'i386', 'loong64', 'ppc64el', 'riscv64'])
      assert.ok(lock.includes(`node_modules/@koromix/koffi-linux-${architecture(name).node}"`), name);
  });

  it('brings what carpet needs to run, and no more', { skip: needs('native') }, () => {
    const folder = mkdtempSync(join(tmpdir(), 'carpet-dependencies-'));
    try {
      const target = architecture(undefined);
      const names = copyDependencies(root, folder, target);
      for (const name of Object.keys(manifest.dependencies!)) assert.ok(names.includes(name), name);
      for (const name of ['raw-socket', 'typescript', 'marked']) assert.ok(!names.includes(name), name);
      assert.deepEqual(readdirSync(folder), ['@koromix', 'koffi']);
      const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
      const libraries = files.filter((file) => file.endsWith('.node'));
      assert.deepEqual(libraries, [`@koromix/koffi-linux-${target.node}/linux_${target.node}/koffi.node`]);
      assert.deepEqual(
        files.filter((file) => /\.(ts|map|md|cc|h)$|^pino\/test/.test(file)),
        [],
      );
      const fields = { version: '1.0.0-1', architecture: target, installedSize: 1 };
      const text = control(manifest, { ...fields, prebuilt: join(folder, libraries[0]!) });
      assert.match(
        text,
        /^Depends: nodejs \(>= 20\.19\), libc6 \(>= 2\.\d+\), libgcc-s1, libstdc\+\+6, systemd \| /m,
      );
      const rights = copyright(root, manifest, names);
      for (const name of names) {
        const paragraph = rights
          .split('\n\n')
          .find(
            (each) => each.includes(`/${name}/*\n`) || each.includes(`\nComment: what comes from ${name}\n`),
          );
        assert.match(paragraph ?? '', /^Copyright: \S.*(\n .*)*\nLicense: \S+\n \S/m, name);
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("states the rights of koffi's library for a machine that is not this one", {
    skip: needs('native'),
  }, () => {
    const rights = copyright(root, manifest, ['@koromix/koffi-linux-other']);
    assert.match(rights, /^Files: \S+koffi-linux-other\/\*\nCopyright: .*Niels Martign/m);
  });

  it('has a changelog that Debian reads', { skip: needs('program:dpkg-parsechangelog') }, () => {
    const input = changelog(manifest, '1.2.3-4', 1_764_000_000);
    const args = ['-l', '-', '-S', 'Version'];
    assert.equal(spawnSync('dpkg-parsechangelog', args, { input, encoding: 'utf8' }).stdout, '1.2.3-4\n');
    assert.match(input, /^ -- The carpet authors <\S+@\S+> {2}Mon, 24 Nov 2025 16:00:00 \+0000$/m);
  });

  it('has modes and times of its own', () => {
    const folder = mkdtempSync(join(tmpdir(), 'carpet-tree-'));
    try {
      const tree = new Tree(folder);
      const umask = process.umask(0o077);
      tree.write('usr/lib/x', 'text');
      tree.write('usr/bin/y', 'text');
      process.umask(umask);
      tree.link('y', 'usr/bin/z');
      tree.settle(new Set(['usr/bin/y']), 1_764_000_000);
      const { stdout } = spawnSync('find', [folder, '-mindepth', '1', '-printf', '%P %m %Ts\n'], {
        encoding: 'utf8',
      });
      const lines = stdout.trim().split('\n').toSorted();
      assert.deepEqual(
        lines.map((line) => line.replace(' 1764000000', '')),
        ['usr 755', 'usr/bin 755', 'usr/bin/y 755', 'usr/bin/z 777', 'usr/lib 755', 'usr/lib/x 644'],
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  for (const name of ['postinst', 'prerm', 'postrm'])
    it(`has a ${name} that a POSIX shell reads`, { skip: needs('program:dash') }, () => {
      const file = join(root, '.ci/packaging/deb/scripts', name);
      assert.equal(spawnSync('dash', ['-n', file], { encoding: 'utf8' }).stderr, '');
    });

  describe('upgrades a service that runs', { skip: needs('program:dash') }, () => {
    const RESTARTED =
      /the service could not be upgraded while it runs, and is restarted: peers take its addresses$/;
    for (const [what, carpet, restarts, says] of [
      ['and leaves it alone when it has handed over', 'exit 0', false, /^$/],
      [
        'and leaves it alone while an operator has to decide',
        'exit 75',
        false,
        /when that is over, run 'carpet upg/,
      ],
      ['and restarts it when it refuses', 'exit 2', true, RESTARTED],
      ['and restarts it when the program is killed', 'kill -9 $$', true, RESTARTED],
      ['and restarts it when there is no program', undefined, true, RESTARTED],
    ] as const)
      it(what, () => {
        const { status, stderr, calls } = configure(carpet);
        assert.equal(status, 0, 'dpkg goes on');
        assert.equal(calls.includes('deb-systemd-invoke try-restart carpet.service\n'), restarts);
        assert.match(stderr.trimEnd(), says);
      });
  });
});

/** Runs the postinst of an upgrade, with programs that note how they are called. @param carpet in the shell's language */
function configure(carpet: string | undefined): { status: number | null; stderr: string; calls: string } {
  const folder = mkdtempSync(join(tmpdir(), 'carpet-postinst-'));
  try {
    const program = (name: string, text: string): void =>
      writeFileSync(join(folder, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
    const calls = join(folder, 'calls');
    for (const name of [
      'systemctl',
      'deb-systemd-invoke',
      'deb-systemd-helper',
      'systemd-sysusers',
      'systemd-tmpfiles',
    ])
      program(name, `echo "${name} $*" >>${calls}`);
    if (carpet !== undefined) program('carpet', carpet);
    for (const name of ['env', 'dash']) symlinkSync(join('/usr/bin', name), join(folder, name));
    // As on a machine where systemd runs, and no policy forbids to start services.
    const script = readFileSync(join(root, '.ci/packaging/deb/scripts/postinst'), 'utf8')
      .replaceAll('/run/systemd/system', folder)
      .replaceAll('/usr/sbin/policy-rc.d', join(folder, 'no-policy'));
    program('postinst', script.replace(/^#!.*\n/, ''));
    const { status, stderr } = spawnSync('dash', [join(folder, 'postinst'), 'configure', '0.0.9-1'], {
      encoding: 'utf8',
      env: { PATH: folder },
    });
    return { status, stderr, calls: readFileSync(calls, 'utf8') };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
