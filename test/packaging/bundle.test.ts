/** The bundle: a folder without anything of the sources beside it does what the package does. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { bundle, EXTERNAL } from '../../.ci/packaging/bundle/bundle.js';
import { Program } from '../lab/support/program.js';
import { needs } from '../support/needs.js';
import { root } from '../support/npm.js';

const skip = needs('native');

/** Depends on a module of carpet's by its class, which must be that of the program that runs. */
const USER_MODULE = `
  import { defineModule, Kernel } from 'carpet-kernel';
  import { HostModule } from 'carpet-kernel/host';
  export default defineModule({
    name: 'NAME',
    depends: [HostModule],
    start: ({ log, scope }) => {
      log.notice('loaded with ' + HostModule.name + ' and ' + Kernel.name);
      const stall = () => {
        const end = performance.now() + 600;
        while (performance.now() < end);
      };
      const stalls = scope.callout('stalls', stall);
      scope.sysctl.bool('NAME.stall', { description: 'stall', value: false }).onChange(() => stalls.reset(0));
    },
  });
`;

describe('the bundle', { skip }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'carpet-bundle-'));
  const main = join(folder, 'bundle/dist/modules/cli/main.js');
  const carpet = (...args: string[]): string => {
    const { stdout, stderr } = spawnSync(process.execPath, [main, ...args], {
      encoding: 'utf8',
      timeout: 20_000,
    });
    return stdout + stderr;
  };

  before(async () => {
    await bundle(root, join(root, 'node_modules'), join(folder, 'bundle'));
    const packages = join(folder, 'bundle/node_modules');
    mkdirSync(packages);
    for (const name of ['koffi', '@koromix'])
      symlinkSync(join(root, 'node_modules', name), join(packages, name));
  });
  after(() => rmSync(folder, { recursive: true }));

  it('has few files, and no packages but those with a part for the platform', () => {
    const files = readdirSync(join(folder, 'bundle/dist'), { recursive: true, encoding: 'utf8' });
    assert.ok(files.filter((file) => file.endsWith('.js')).length < 200, `${files.length}`);
    assert.deepEqual(EXTERNAL, ['koffi', 'raw-socket']);
  });

  it('knows its version, its commands and its settings', () => {
    assert.match(carpet('--version'), /^\d+\.\d+\.\d+\n$/);
    assert.match(carpet('--help'), /devd/);
    assert.match(carpet('config', 'schema'), /"ifnet-linux"/);
    assert.match(carpet('demo', '--fast'), /MASTER/);
  });

  it("runs a user's modules in the kernel and in threads, finds a stall, and answers on its sockets", async () => {
    writeFileSync(join(folder, 'plain.mjs'), USER_MODULE.replaceAll('NAME', 'plain'));
    const apart = USER_MODULE.replaceAll('NAME', 'apart').replace('depends: [HostModule],', '');
    writeFileSync(join(folder, 'apart.mjs'), apart);
    const socket = join(folder, 'control.sock');
    const port = 20_000 + (process.pid % 20_000);
    const settings = join(folder, 'carpet.yaml');
    writeFileSync(
      settings,
      [
        'modules:',
        `  control: { socket: ${socket}, readSocket: false }`,
        `  metrics: { listen: 127.0.0.1:${port} }`,
        '  softlockup:',
        '  ./plain.mjs:',
        '  ./apart.mjs: { isolate: worker }',
        'sysctl: { kern.softlockup.threshold: 200 }',
        '',
      ].join('\n'),
    );
    await using program = new Program('carpet', [process.execPath, main, 'up', '-f', settings]);
    await program.waitForLine(/settings 1 in force/, 20_000);
    for (const name of ['plain', 'apart'])
      assert.match(program.text, new RegExp(`${name}: loaded with HostModule and Kernel`));
    const metrics = await fetch(`http://127.0.0.1:${port}/metrics`);
    assert.match(await metrics.text(), /carpet_/);
    assert.match(carpet('kldstat', '--socket', socket), /plain/);
    assert.match(carpet('sysctl', '--socket', socket, 'plain.stall=true'), /true/);
    await program.waitForLine(/callout plain stalls held up the kernel/, 5000);
  });
});
