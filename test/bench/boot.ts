/**
 * From the start of the program to the first state of its vhid, and what it holds in memory some seconds later: as files,
 * and as the Debian package has it, bundled. Beside it an empty Node. Needs root and network namespaces.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundle } from '../../.ci/packaging/bundle/bundle.js';
import { elapse, Laboratory, type Namespace } from '../lab/support/index.js';
import { nodeCommand } from '../lab/support/node-command.js';
import { CARPET } from '../lab/support/pair.js';
import { needs } from '../support/needs.js';
import { root } from '../support/npm.js';
import { type Bench, type Measurement, median } from './bench.js';

const SETTLED_MS = 6000;

interface Boot {
  readonly ms: number;
  readonly rssMiB: number;
  readonly anonMiB: number;
}

export const bench: Bench = async ({ quick, log }) => {
  const missing = needs('root', 'netns', 'native');
  if (missing !== false) throw new Error(`the boot benchmark ${missing}`);
  const folder = mkdtempSync(join(tmpdir(), 'carpet-bench-'));
  try {
    const passfile = join(folder, 'pass');
    writeFileSync(passfile, 'benchmark\n', { mode: 0o600 });
    const programs = { files: CARPET, bundle: await bundled(join(folder, 'bundle')) };
    await using lab = Laboratory.open();
    const host = lab.host('h1', { addresses: ['10.88.0.1/16'], ipv6: false });
    const boots: Record<string, Boot[]> = { files: [], bundle: [] };
    const empty: number[] = [];
    for (let round = 0; round < (quick ? 2 : 7); round++) {
      log(`round ${round + 1}`);
      empty.push(await emptyNode(host));
      for (const [name, main] of Object.entries(programs))
        boots[name]!.push(await boot(host, main, passfile));
    }
    return [
      { id: 'boot.empty_node_ms', value: median(empty), unit: 'ms' },
      ...Object.entries(boots).flatMap(([name, each]) => figures(name, each)),
    ];
  } finally {
    rmSync(folder, { recursive: true });
  }
};

/** @returns the program's main file */
async function bundled(folder: string): Promise<string> {
  await bundle(root, join(root, 'node_modules'), folder);
  mkdirSync(join(folder, 'node_modules'));
  for (const name of ['koffi', '@koromix'])
    symlinkSync(join(root, 'node_modules', name), join(folder, 'node_modules', name));
  return join(folder, 'dist/modules/cli/main.js');
}

async function emptyNode(host: Namespace): Promise<number> {
  const start = performance.now();
  await host.spawn([process.execPath, '-e', '0']).exited;
  return performance.now() - start;
}

async function boot(host: Namespace, main: string, passfile: string): Promise<Boot> {
  const start = performance.now();
  const vhid = ['carp', '-i', 'eth0', '-v', '1', '-a', '10.88.0.100/24', '-o', passfile, '--no-status'];
  await using program = host.spawn([...nodeCommand(main), ...vhid]);
  await program.waitForLine(/INIT -> BACKUP/, 20_000);
  const ms = performance.now() - start;
  await elapse(SETTLED_MS);
  const status = readFileSync(`/proc/${program.pid}/status`, 'utf8');
  const mib = (name: string): number =>
    Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)![1]) / 1024;
  return { ms, rssMiB: mib('VmRSS'), anonMiB: mib('RssAnon') };
}

function figures(name: string, boots: readonly Boot[]): Measurement[] {
  return [
    { id: `boot.${name}.ready_ms`, value: median(boots.map(({ ms }) => ms)), unit: 'ms' },
    { id: `idle.${name}.rss_mib`, value: median(boots.map(({ rssMiB }) => rssMiB)), unit: 'MiB' },
    { id: `idle.${name}.private_mib`, value: median(boots.map(({ anonMiB }) => anonMiB)), unit: 'MiB' },
  ];
}
