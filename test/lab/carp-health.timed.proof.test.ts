/** Every kind of check that fails and recovers moves the address once each way, beside ucarp; one that flaps does not. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { needs } from '../support/needs.js';
import { elapse, Laboratory, type Namespace, type Program, waitFor } from './support/index.js';
import { ScriptLog } from './support/script-log.js';
import { UpHost } from './support/up-host.js';

const skip = needs('root', 'netns', 'program:ip', 'program:ucarp', 'program:nsenter');
const SHARED = '10.88.0.100';
const RULES = 'interval: 300, timeout: 250, rise: 1, fall: 2, hold: 600';
/** A server of TCP and of HTTP: `on`, a port, and the status that it answers with. */
const SERVER = `require('node:http').createServer((_, r) => r.writeHead(200).end('well')).listen(Number(process.argv[1]), '127.0.0.1')`;

const CORE = new URL('../../core/index.js', import.meta.url).href;
const HEALTH = new URL('../../modules/health/index.js', import.meta.url).href;
/** A kind of one's own: well while its file is there. */
const OWN_KIND = `
import { existsSync } from 'node:fs';
import { defineModule } from '${CORE}';
import { HealthModule } from '${HEALTH}';

export default defineModule({
  name: 'depth',
  inject: { health: HealthModule },
  start({ health, scope }) {
    scope.own(health.kinds.add('depth', ({ path }) => {
      if (!existsSync(path)) throw new Error('too deep');
      return 'well';
    }));
  },
});
`;

interface Fault {
  readonly kind: string;
  readonly settings: string;
  readonly fail: () => Promise<void> | void;
  readonly mend: () => Promise<void> | void;
}

/** What is wrong with the first host, one after another. */
function faults(host: UpHost, gateway: Namespace): Fault[] {
  const { namespace, folder } = host;
  const at = (name: string): string => join(folder, name);
  const write = (name: string): void => writeFileSync(at(name), 'well');
  const remove = (name: string): void => rmSync(at(name));
  let server: Program | undefined;
  const serve = async (port: number): Promise<void> => {
    server = namespace.spawn([process.execPath, '-e', SERVER, String(port)]);
    await elapse(500);
  };
  const end = (): void => server?.kill('SIGKILL');
  const press = (percent: number): void =>
    writeFileSync(at('pressure'), `some avg10=${percent}.00 avg60=0.00 avg300=0.00 total=1\n`);
  for (const name of ['file', 'command', 'depth']) write(name);
  return [
    { kind: 'file', settings: `path: ${at('file')}`, fail: () => remove('file'), mend: () => write('file') },
    {
      kind: 'command',
      settings: `command: [test, -e, ${at('command')}]`,
      fail: () => remove('command'),
      mend: () => write('command'),
    },
    {
      kind: 'process',
      settings: `pidFile: ${at('pid')}`,
      fail: end,
      mend: async () => {
        await serve(8001);
        writeFileSync(at('pid'), String(server!.pid));
      },
    },
    { kind: 'tcp', settings: 'port: 8002', fail: end, mend: () => serve(8002) },
    {
      kind: 'http',
      settings: 'url: "http://127.0.0.1:8003/", contains: well',
      fail: end,
      mend: () => serve(8003),
    },
    {
      kind: 'icmp',
      settings: 'to: 10.88.0.254',
      fail: () => gateway.sysctl('net.ipv4.icmp_echo_ignore_all', 1),
      mend: () => gateway.sysctl('net.ipv4.icmp_echo_ignore_all', 0),
    },
    {
      kind: 'interface',
      settings: 'name: up0',
      fail: () => void namespace.ip('link', 'set', 'up0', 'down'),
      mend: () => void namespace.ip('link', 'set', 'up0', 'up'),
    },
    {
      kind: 'pressure',
      settings: 'resource: memory, limit: 20',
      fail: () => press(35),
      mend: () => {
        press(2);
        coverPressure(host, at('pressure'));
      },
    },
    {
      kind: 'module',
      settings: `of: depth, with: {path: ${at('depth')}}`,
      fail: () => remove('depth'),
      mend: () => write('depth'),
    },
  ];
}

const covered = new WeakSet<UpHost>();

/** The machine's own pressure is not this test's to make: the process, which has mounts of its own, reads this file. */
function coverPressure(host: UpHost, file: string): void {
  if (covered.has(host)) return;
  const { pid } = host.program;
  const mounts = (who: number | 'self'): string => readlinkSync(`/proc/${who}/ns/mnt`);
  assert.notEqual(mounts(pid), mounts('self'), 'the file must not cover that of the machine');
  const mount = ['mount', '--bind', file, '/proc/pressure/memory'];
  const { status, stderr } = spawnSync('nsenter', ['-t', String(pid), '-m', ...mount], { encoding: 'utf8' });
  assert.equal(status, 0, stderr);
  covered.add(host);
}

/** The first is carpet, whose checks are written when they are known; the second is ucarp, which preempts. */
async function pair(lab: Laboratory, t: TestContext): Promise<UpHost> {
  const [a, b] = [1, 2].map((n) => lab.host(`h${n}`, { addresses: [`10.88.0.${n}/24`], ipv6: false })) as [
    Namespace,
    Namespace,
  ];
  const scripts = new ScriptLog(t);
  const words = `-i eth0 -v 1 -p secret -a ${SHARED} -s 10.88.0.2 -k 100 -P -f none`.split(' ');
  b.spawn(['ucarp', ...words, '-u', scripts.up, '-d', scripts.down]);
  a.ip('link', 'add', 'up0', 'type', 'veth', 'peer', 'name', 'up1');
  a.ip('link', 'set', 'up1', 'up');
  return new UpHost(a, 0, t);
}

function moves({ program }: UpHost, from: number): string[] {
  return program.lines
    .slice(from)
    .map(({ text }) => /1@eth0: (MASTER -> BACKUP|BACKUP -> MASTER)/.exec(text)?.[1])
    .filter((move) => move !== undefined);
}

describe('health checks in a network', { skip }, () => {
  it('each kind fails and recovers, and the address moves once each way', async (t) => {
    const lab = Laboratory.open(t);
    const host = await pair(lab, t);
    const gateway = lab.host('gw', { addresses: ['10.88.0.254/24'], ipv6: false });
    const all = faults(host, gateway);
    writeFileSync(join(host.folder, 'depth.mjs'), OWN_KIND);
    await host.start();
    await host.reaches('MASTER', 8000);
    for (const { kind, settings, fail, mend } of all) {
      await mend();
      // A check of its own: one whose settings change goes on as it is.
      host.write(
        0,
        `  ./depth.mjs: {}\n  health: {checks: {${kind}-check: {kind: ${kind}, ${settings}, ${RULES}}}}\n`,
      );
      const begun = host.program.lines.length;
      assert.equal((await host.carpet('config', 'apply')).code, 0, kind);
      await host.program.waitForLine(new RegExp(`${kind}-check is up`), 5000, begun);
      await waitFor(`${kind}: the address to be here`, 8000, () => host.holds);
      await elapse(1500);
      const from = host.program.lines.length;
      await fail();
      await waitFor(`${kind}: the address to leave`, 8000, () => moves(host, from).length === 1);
      await mend();
      await waitFor(`${kind}: the address to come back`, 8000, () => moves(host, from).length === 2);
      await elapse(1500);
      assert.deepEqual(moves(host, from), ['MASTER -> BACKUP', 'BACKUP -> MASTER'], kind);
      await fail();
    }
  });

  it('a check that flaps every second moves it at most once', async (t) => {
    const lab = Laboratory.open(t);
    const host = await pair(lab, t);
    const file = join(host.folder, 'flap');
    writeFileSync(file, '');
    const check = `{kind: file, path: ${file}, interval: 250, timeout: 200, rise: 1, fall: 1}`;
    await host.start(`  health: {checks: {it: ${check}}}\n`);
    await host.reaches('MASTER', 8000);
    await elapse(1500);
    const from = host.program.lines.length;
    for (let i = 0; i < 20; i++) {
      if (i % 2 === 0) rmSync(file);
      else writeFileSync(file, '');
      await elapse(1000);
    }
    assert.deepEqual(moves(host, from), ['MASTER -> BACKUP']);
    assert.match((await host.carpet('health')).text, /^it +file +down/m);
  });
});
