/**
 * The same vhid in two processes on one interface: the second is refused, whatever command runs it, in one line that
 * names the first. Nothing is left of a killed process, and other hosts (network namespaces) are not concerned.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { needs } from '../support/needs.js';
import { CarpetCarp } from './support/carpet-carp.js';
import { Laboratory, type Namespace, type Program } from './support/index.js';
import { CARPET } from './support/pair.js';

const skip = needs('root', 'netns', 'native', 'program:ip', 'program:python3');

const vhid = (id: number, ifname = 'eth0') => ({
  ifname,
  vhid: id,
  password: 'secret',
  addresses: [`10.88.0.${100 + id}/24`],
});

/** Every command that runs vhid 1 on eth0, with its files in a folder. */
function commands(t: TestContext): Record<string, string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'carpet-twice-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const write = (name: string, text: string): string => {
    const file = join(folder, name);
    writeFileSync(file, text, { mode: 0o600 });
    return file;
  };
  const json = write('carp.json', JSON.stringify({ vhids: [vhid(1)] }));
  const pass = write('pass', 'secret\n');
  const { password: _password, ...settings } = vhid(1);
  const vhids = [{ ...settings, passwordFile: 'pass' }];
  const yaml = write('carpet.yaml', JSON.stringify({ modules: { carp: { vhids } } }));
  const rules = write('devd.conf', '');
  const none = ['--seqpacket', '', '--stream', '', '--no-status'];
  return {
    carp: ['carp', '-f', json, '--no-status'],
    ucarp: `ucarp -i eth0 -s 10.88.0.1 -v 1 -o ${pass} -a 10.88.0.101 --no-status`.split(' '),
    up: ['up', '-f', yaml, '--no-control'],
    'devd --carp': ['devd', '-d', '-f', rules, '--carp', json, ...none],
  };
}

const host = (lab: Laboratory, role: string): Namespace =>
  lab.host(role, { addresses: ['10.88.0.1/24'], ipv6: false });

async function assertRefused(program: Program, pid: number): Promise<void> {
  const { code } = await program.exited;
  assert.equal(code, 2, program.text);
  const lines = program.matching(/^carpet: /).map(({ text }) => text);
  assert.equal(lines.length, 1, program.text);
  assert.match(
    lines[0]!,
    new RegExp(
      `\\bcarp 1@eth0: the number 1 is taken on eth0 by .* \\(process ${pid}\\): stop that, or take another number`,
    ),
  );
}

test('no command takes a vhid that another process has, until that is gone', { skip }, async (t) => {
  const lab = Laboratory.open(t);
  const [here, elsewhere] = [host(lab, 'a'), host(lab, 'b')];
  lab.plug(here, 'eth1', { ipv6: false });
  const all = commands(t);
  const first = new CarpetCarp(here, [vhid(1)]);
  await first.reaches('BACKUP', 8000);
  for (const [name, args] of Object.entries(all))
    await t.test(name, () => assertRefused(here.node(CARPET, args), first.program.pid));

  const others = [new CarpetCarp(here, [vhid(2), vhid(1, 'eth1')]), new CarpetCarp(elsewhere, [vhid(1)])];
  for (const other of others) await other.reaches('BACKUP', 8000);

  first.program.kill('SIGKILL');
  await first.program.exited;
  let holder = here.node(CARPET, all['ucarp']);
  await holder.waitForLine(/state: BACKUP/, 8000);
  await assertRefused(here.node(CARPET, all['carp']), holder.pid);
  await holder.end('SIGTERM');
  holder = here.node(CARPET, all['up']);
  await holder.waitForLine(/settings 1 in force/, 8000);
});

test('a reload that would take it is refused whole', { skip }, async (t) => {
  const here = host(Laboratory.open(t), 'a');
  const first = new CarpetCarp(here, [vhid(1)]);
  await first.reaches('BACKUP', 8000);
  const second = new CarpetCarp(here, [vhid(2)]);
  await second.reaches('BACKUP', 8000);
  await assert.rejects(second.reload([{ ...vhid(2), advskew: 50 }, vhid(1)], 1000));
  const refusal = new RegExp(
    `settings not changed: carp 1@eth0: the number 1 is taken .* \\(process ${first.program.pid}\\)`,
  );
  assert.equal(second.program.matching(refusal).length, 1, second.program.text);
  const { vhids } = await second.status();
  assert.deepEqual(
    (vhids as { name: string; advskew: number }[]).map(({ name, advskew }) => [name, advskew]),
    [['2@eth0', 0]],
  );
});

test('a user without privileges keeps nobody from running', { skip }, async (t) => {
  const here = host(Laboratory.open(t), 'a');
  const index = /^(\d+):/.exec(here.ip('link', 'show', 'eth0'))![1];
  const squat = `
import os, socket, time
os.setgid(65534); os.setuid(65534)
s = socket.socket(socket.AF_UNIX); s.bind('\\0carpet:${index}:vhid 1'); s.listen(1)
print('there', flush=True); time.sleep(600)`;
  const squatter = here.spawn(['python3', '-c', squat]);
  await squatter.waitForLine(/^there$/, 5000);
  const carpet = new CarpetCarp(here, [vhid(1)]);
  await carpet.reaches('MASTER', 8000);
  const warning = new RegExp(
    `1@eth0: two processes could have this number: process ${squatter.pid}, which can run neither CARP nor VRRP`,
  );
  assert.equal(carpet.program.matching(warning).length, 1, carpet.program.text);
});
