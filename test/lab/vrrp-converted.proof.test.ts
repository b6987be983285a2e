/**
 * Files of keepalived, converted, beside a keepalived with the same file: those that come with its package, and others in
 * shapes that people write.
 */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { parse } from 'yaml';
import { needs } from '../support/needs.js';
import { elapse, Laboratory, type Namespace, type Program, waitFor } from './support/index.js';
import { OWN_FILES } from './support/keepalived-files.js';
import { CARPET } from './support/pair.js';

const skip = needs('root', 'netns', 'program:ip', 'program:keepalived');

/** Of Debian's package; the others are about its checks of servers, or need interfaces or IPVS that few have. */
const SAMPLES = '/usr/share/doc/keepalived/samples';
const PACKAGED = ['sample', 'vrrp.sync', 'vrrp.scripts', 'vrrp.localcheck', 'vrrp.routes'].map(
  (name) => `keepalived.conf.${name}`,
);
const INTERFACES = ['eth0', 'eth1', 'eth2', 'eth3'];
/** Longer than any of them waits for a master, with the time that a start takes. */
const SETTLE_MS = 12_000;

interface Router {
  readonly ifname: string;
  readonly vrid: number;
  readonly addresses: readonly string[];
  readonly excluded?: readonly string[];
}

/** A host with an end of each cable, and what runs on it. */
class Host {
  readonly folder = mkdtempSync(join(tmpdir(), 'carpet-lab-'));
  program!: Program;

  constructor(
    readonly namespace: Namespace,
    t: TestContext,
  ) {
    t.after(() => rmSync(this.folder, { recursive: true, force: true }));
  }

  write(name: string, text: string): string {
    const file = join(this.folder, name);
    writeFileSync(file, text, { mode: 0o600 });
    return file;
  }

  startKeepalived(text: string): void {
    const pids = ['-p', join(this.folder, 'main.pid'), '-r', join(this.folder, 'vrrp.pid')];
    const file = this.write('keepalived.conf', text);
    this.program = this.namespace.spawn(['keepalived', '-n', '-P', '-l', '-D', '-f', file, ...pids]);
  }

  startCarpet(settings: string): void {
    this.program = this.namespace.node(CARPET, ['up', '-f', this.write('carpet.yaml', settings)]);
  }

  /** How many of a router's addresses it has. */
  held({ addresses, excluded = [] }: Router): number {
    const text = this.namespace.ip('address', 'show');
    return [...addresses, ...excluded].filter((address) => text.includes(` ${bare(address)}/`)).length;
  }
}

const bare = (address: string): string => address.split('/')[0]!;

function hosts(lab: Laboratory, t: TestContext): [Host, Host] {
  const pair = ['keepalived', 'carpet'].map((role) => new Host(lab.namespace(role), t)) as [Host, Host];
  const [a, b] = pair.map(({ namespace }) => namespace) as [Namespace, Namespace];
  for (const [i, ifname] of INTERFACES.entries()) {
    lab.join(a, ifname, b, ifname);
    for (const [n, host] of [a, b].entries()) {
      host.sysctl(`net.ipv6.conf.${ifname}.accept_dad`, 0);
      host.ip('address', 'add', `192.168.${200 + i}.${n + 1}/24`, 'dev', ifname);
      host.ip('link', 'set', ifname, 'up');
    }
  }
  return pair;
}

/** The settings that carpet makes of the file, with the passwords where it is told to look for them. */
function convert(host: Host, text: string): { settings: string; routers: readonly Router[] } {
  const file = host.write('given.conf', text);
  const made = host.namespace.exec(process.execPath, CARPET, 'config', 'convert', '--vrrp', file);
  for (const [, name, password] of text.matchAll(/vrrp_instance\s+(\S+)[^]*?(?:auth_pass\s+(\S+)|\n\})/g))
    if (password !== undefined) host.write(`${name}.pass`, password.slice(0, 8));
  const settings = made.replaceAll('/etc/carpet/', `${host.folder}/`);
  const { routers } = (parse(settings) as { modules: { vrrp: { routers: Router[] } } }).modules.vrrp;
  return { settings, routers };
}

/** Waits until exactly one host has each router's addresses, all of them, and sees that this lasts. */
async function settles(routers: readonly Router[], pair: readonly Host[], wanted?: Host): Promise<void> {
  const wrong = (): string[] =>
    routers.flatMap((router) => {
      const { ifname, vrid, addresses, excluded = [] } = router;
      const all = addresses.length + excluded.length;
      const counts = pair.map((host) => host.held(router));
      const whole = counts.filter((count) => count === all).length;
      const right = whole === 1 && counts.filter(Boolean).length === 1;
      const fits = wanted === undefined || counts[pair.indexOf(wanted)] === all;
      return right && fits ? [] : [`${vrid}@${ifname}: ${counts.join(' and ')} of ${all}`];
    });
  const story = (): string => [...wrong(), ...pair.map(({ program }) => program.text)].join('\n');
  await waitFor(
    'one MASTER of each',
    SETTLE_MS,
    async () => {
      await elapse(100);
      return wrong().length === 0;
    },
    story,
  );
  await elapse(4500);
  assert.deepEqual(wrong(), [], story());
}

async function run(t: TestContext, text: string): Promise<void> {
  const pair = hosts(Laboratory.open(t), t);
  const [theirs, ours] = pair;
  const { settings, routers } = convert(ours, text);
  assert.ok(routers.length > 0);
  theirs.startKeepalived(text);
  ours.startCarpet(settings);
  await settles(routers, pair);
  await ours.program.end('SIGTERM');
  await settles(routers, pair, theirs);
  ours.startCarpet(settings);
  await settles(routers, pair);
  await theirs.program.end('SIGTERM');
  await settles(routers, pair, ours);
}

describe('beside keepalived, with the same file', { skip }, () => {
  for (const name of PACKAGED) {
    const file = join(SAMPLES, name);
    it(`${name} of its package`, { skip: !existsSync(file) && `needs ${file}` }, (t) =>
      run(t, readFileSync(file, 'utf8')),
    );
  }
  for (const [name, text] of Object.entries(OWN_FILES)) it(name, (t) => run(t, text));
});
