/** CARP with a hundred ucarps and VRRP with keepalived at the same time, in one carpet on one interface. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { stringify } from 'yaml';
import { needs } from '../support/needs.js';
import {
  type Capture,
  elapse,
  type Frame,
  Laboratory,
  type Namespace,
  type Program,
  waitFor,
} from './support/index.js';
import { CARPET } from './support/pair.js';

const skip = needs('root', 'netns', 'program:ip', 'program:tcpdump', 'program:keepalived', 'program:ucarp');

const EACH = 100;
const VHIDS = Array.from({ length: EACH }, (_, i) => i + 1);
const VRIDS = Array.from({ length: EACH }, (_, i) => EACH + i + 1);
const CARPET_HOST = '10.88.0.1';
const PASSWORD = 'secret';
/** Of each protocol carpet is preferred for the odd numbers. */
const isOurs = (number: number): boolean => number % 2 === 1;
const addressOf = (number: number): string => `10.99.0.${number}/32`;
/** Longer than any of them waits, with the start of a hundred processes. */
const SETTLE_MS = 15_000;

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'carpet-lab-'));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

function startCarpet(host: Namespace, home: string): Program {
  const file = join(home, 'carpet.yaml');
  writeFileSync(join(home, 'pass'), PASSWORD, { mode: 0o600 });
  const common = (number: number) => ({ ifname: 'eth0', addresses: [addressOf(number)] });
  const vhids = VHIDS.map((vhid) => ({
    ...common(vhid),
    vhid,
    passwordFile: 'pass',
    advskew: isOurs(vhid) ? 0 : 100,
    preempt: true,
  }));
  const routers = VRIDS.map((vrid) => ({
    ...common(vrid),
    vrid,
    priority: isOurs(vrid) ? 200 : 100,
    virtualMac: false,
  }));
  const settings = { log: { format: 'text' }, modules: { carp: { vhids }, vrrp: { routers } } };
  writeFileSync(file, stringify(settings), { mode: 0o600 });
  return host.node(CARPET, ['up', '-f', file]);
}

function startKeepalived(host: Namespace, home: string): Program {
  const file = join(home, 'keepalived.conf');
  const instances = VRIDS.map(
    (vrid) => `vrrp_instance V${vrid} {
  interface eth0
  virtual_router_id ${vrid}
  priority 150
  advert_int 1
  virtual_ipaddress { ${addressOf(vrid)} dev eth0 }
}
`,
  );
  writeFileSync(file, `global_defs {\n vrrp_version 3\n}\n${instances.join('')}`);
  return host.spawn([
    'keepalived',
    '-n',
    '-P',
    '-f',
    file,
    '-p',
    join(home, 'main.pid'),
    '-r',
    join(home, 'vrrp.pid'),
  ]);
}

function startUcarp(host: Namespace, vhid: number): Program {
  const options = `-i eth0 -s 10.88.0.3 -v ${vhid} -k 50 -P -p ${PASSWORD} -a ${addressOf(vhid).split('/')[0]} -f none`;
  return host.spawn(['ucarp', ...options.split(' ')]);
}

/** Who advertised each number in these frames. */
function speakers(frames: readonly Frame[]): Map<string, Set<string>> {
  const found = new Map<string, Set<string>>();
  for (const { ip } of frames) {
    if (ip?.protocol !== 112) continue;
    const name = `${ip.payload[0] === 0x31 ? 'router' : 'vhid'} ${ip.payload[1]}`;
    found.set(name, (found.get(name) ?? new Set()).add(ip.source));
  }
  return found;
}

/** Waits until each number had one speaker for 2.5 s, and that is the one wanted. */
async function settles(capture: Capture, wanted: (number: number) => readonly string[]): Promise<void> {
  const wrong = async (): Promise<string[]> => {
    const from = capture.frames.length;
    await elapse(2500);
    const said = speakers(capture.frames.slice(from));
    return [...VHIDS, ...VRIDS].flatMap((number) => {
      const name = `${number <= EACH ? 'vhid' : 'router'} ${number}`;
      const by = [...(said.get(name) ?? [])];
      return by.length === 1 && wanted(number).includes(by[0]!) ? [] : [`${name}: ${by.join() || 'nobody'}`];
    });
  };
  let last: string[] = [];
  await waitFor(
    'one MASTER of each number',
    2 * SETTLE_MS,
    async () => {
      last = await wrong();
      return last.length === 0;
    },
    () => last.join('\n'),
  );
}

test('one MASTER of each of 200 numbers, whoever starts, dies and comes back', { skip }, async (t) => {
  const lab = Laboratory.open(t);
  const [host, keepalivedHost, ucarpHost] = ['carpet', 'keepalived', 'ucarp'].map((role, i) =>
    lab.host(role, { addresses: [`10.88.0.${i + 1}/16`], ipv6: false }),
  ) as [Namespace, Namespace, Namespace];
  const capture = await lab.capture('proto 112');
  const home = folder(t);
  const theirs = (number: number): string => (number <= EACH ? '10.88.0.3' : '10.88.0.2');
  const preferred = (number: number): string[] => [isOurs(number) ? CARPET_HOST : theirs(number)];

  let carpet = startCarpet(host, home);
  const keepalived = startKeepalived(keepalivedHost, folder(t));
  const ucarps = VHIDS.map((vhid) => startUcarp(ucarpHost, vhid));
  await settles(capture, preferred);
  assert.deepEqual(carpet.matching(/ignoring|refus/i), [], carpet.text);

  carpet.kill('SIGKILL');
  await settles(capture, (number) => [theirs(number)]);
  carpet = startCarpet(host, home);
  await settles(capture, preferred);

  // keepalived's child would say good-bye if only its parent died.
  keepalived.destroy();
  for (const ucarp of ucarps) ucarp.kill('SIGKILL');
  await settles(capture, () => [CARPET_HOST]);
  const shown = host.ip('-o', '-4', 'address', 'show', 'dev', 'eth0');
  for (const number of [...VHIDS, ...VRIDS]) assert.ok(shown.includes(addressOf(number)), addressOf(number));
});
