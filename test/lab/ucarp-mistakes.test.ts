/** What can be wrong with the machine rather than with the words: one line that names it, and the right exit status. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { needs } from '../support/needs.js';
import { Laboratory, type Namespace } from './support/index.js';
import { CARPET } from './support/pair.js';

const skip = needs('root', 'netns', 'native');
const BASE = '-v 1 -p love -a 10.77.0.100 -f none'.split(' ');

interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

async function carpet(host: Namespace, args: string[], prefix: string[] = []): Promise<Outcome> {
  const program = host.spawn([...prefix, process.execPath, CARPET, 'ucarp', ...args]);
  const { code } = await program.exited;
  const of = (stream: string): string =>
    program.lines
      .filter((line) => line.stream === stream)
      .map(({ text }) => text)
      .join('\n');
  return { code, stdout: of('stdout'), stderr: of('stderr') };
}

/** What to begin a command with, so that its Node finds no package of that name. */
function without(t: TestContext, name: string): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'carpet-without-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const preload = join(folder, 'without.cjs');
  writeFileSync(
    preload,
    `const Module = require('node:module');
     const load = Module._load;
     Module._load = function (name, ...rest) {
       if (name === '${name}') throw Object.assign(new Error('not found'), { code: 'MODULE_NOT_FOUND' });
       return load.call(this, name, ...rest);
     };`,
  );
  return ['env', `NODE_OPTIONS=--require=${preload}`];
}

function oneLine(outcome: Outcome, code: number, expected: RegExp): void {
  assert.match(outcome.stderr, expected);
  assert.match(outcome.stderr, /^carpet: [^\n]+$/);
  assert.equal(outcome.stdout, '');
  assert.equal(outcome.code, code);
}

describe('the machine is not as the options say', { skip, concurrency: 3 }, () => {
  const host = (t: Parameters<typeof Laboratory.open>[0]): Namespace =>
    Laboratory.open(t).host('a', { addresses: ['10.77.0.1/24'], ipv6: false });

  test('no such interface', async (t) => {
    const outcome = await carpet(host(t), [...BASE, '-i', 'eth7', '-s', '10.77.0.1']);
    oneLine(outcome, 2, /there is no interface eth7 .*lo, eth0/);
  });

  test('the source address is elsewhere, or nowhere', async (t) => {
    const a = host(t);
    oneLine(
      await carpet(a, [...BASE, '-i', 'eth0', '-s', '10.77.0.9']),
      2,
      /eth0 does not have the address 10\.77\.0\.9/,
    );
    oneLine(await carpet(a, [...BASE, '-s', '10.77.0.9']), 2, /no interface has the address 10\.77\.0\.9/);
  });

  test('no privilege: the line names root and the capabilities', async (t) => {
    const nobody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', '--inh-caps=-all'];
    const outcome = await carpet(host(t), [...BASE, '-i', 'eth0', '-s', '10.77.0.1'], nobody);
    oneLine(outcome, 2, /root.*CAP_NET_ADMIN.*CAP_NET_RAW/);
  });

  test('the package koffi is not installed: the line says what to install', async (t) => {
    const outcome = await carpet(host(t), [...BASE, '-i', 'eth0', '-s', '10.77.0.1'], without(t, 'koffi'));
    oneLine(outcome, 2, /package koffi.*npm install koffi/);
  });

  test('the package raw-socket is not installed: it runs all the same', async (t) => {
    const args = ['ucarp', ...BASE, '-s', '10.77.0.1'];
    const ucarp = host(t).spawn([...without(t, 'raw-socket'), process.execPath, CARPET, ...args]);
    await ucarp.waitForLine(/state: BACKUP/, 8000);
    assert.match(ucarp.text, /raw IP sockets are opened by the C library/);
  });

  test('--daemonize: what keeps the daemon from running is said in the foreground', async (t) => {
    const a = host(t);
    oneLine(
      await carpet(a, [...BASE, '-i', 'eth7', '-s', '10.77.0.1', '-B']),
      2,
      /there is no interface eth7/,
    );
    oneLine(
      await carpet(a, [...BASE, '-i', 'eth0', '-s', '10.77.0.1', '-B', '-o', '/nope']),
      1,
      /password file \/nope/,
    );
  });
});
