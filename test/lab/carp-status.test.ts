/** The state of a running `carpet carp`, seen by other processes: in its network namespace only, and not after its death. */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { needs } from '../support/needs.js';
import { CarpetCarp } from './support/carpet-carp.js';
import { Devd } from './support/devd.js';
import { Laboratory, type Namespace } from './support/index.js';
import { CARPET } from './support/pair.js';

const skip = needs('root', 'netns', 'native', 'program:ip');

test('ifconfig shows it in its namespace, --status everywhere, nobody after kill -9', { skip }, async (t) => {
  const lab = Laboratory.open(t);
  const [here, elsewhere] = ['a', 'b'].map((role, i) =>
    lab.host(role, { addresses: [`10.88.0.${i + 1}/24`], ipv6: false }),
  ) as [Namespace, Namespace];
  const shared = { ifname: 'eth0', vhid: 1, password: 'secret', addresses: ['10.88.0.100/24'] };
  const statusDir = mkdtempSync(join(tmpdir(), 'carpet-status-'));
  t.after(() => rmSync(statusDir, { recursive: true }));
  const daemon = new CarpetCarp(here, [shared], {}, statusDir);
  await daemon.reaches('MASTER', 8000);
  const folder = ['--status-dir', statusDir];
  const ask = async (host: Namespace, ...args: string[]) => {
    const program = host.node(CARPET, [...args, ...folder]);
    const { code } = await program.exited;
    return { code, text: program.lines.map(({ text }) => text).join('\n') };
  };

  const shown = await ask(here, 'ifconfig', 'eth0');
  assert.match(shown.text, /^\tinet 10\.88\.0\.100 netmask 0xffffff00 .*vhid 1$/m);
  assert.match(
    shown.text,
    /^\tcarp: MASTER vhid 1 advbase 1 advskew 0\n\t {6}peer 224\.0\.0\.18 peer6 ff02::12$/m,
  );
  const [eth0] = JSON.parse((await ask(here, 'ifconfig', '--json', 'eth0')).text);
  assert.deepEqual([eth0.carp.length, eth0.carp[0].state], [1, 'MASTER']);
  assert.doesNotMatch((await ask(elsewhere, 'ifconfig', 'eth0')).text, /carp:|vhid/);
  const status = await ask(elsewhere, 'carp', '--status');
  assert.match(status.text, /^process \d+ in the network namespace \d+\n\teth0: MASTER vhid 1 since /);
  assert.ok(!shown.text.includes('secret') && !status.text.includes('secret'));

  daemon.program.kill('SIGKILL');
  await daemon.program.exited;
  assert.equal(readdirSync(statusDir).length, 1);
  assert.doesNotMatch((await ask(here, 'ifconfig', 'eth0')).text, /carp:/);
  assert.deepEqual(readdirSync(statusDir), []);
  assert.equal((await ask(here, 'carp', '--status')).code, 2);

  const next = new CarpetCarp(here, [shared], {}, statusDir);
  await next.reaches('MASTER', 8000);
  next.program.kill('SIGTERM');
  await next.program.exited;
  assert.deepEqual(readdirSync(statusDir), []);
});

test('the vhids of devd --carp are shown too, unless it hides them', { skip }, async (t) => {
  const host = Laboratory.open(t).host('a', { addresses: ['10.88.0.1/24'], ipv6: false });
  const folder = mkdtempSync(join(tmpdir(), 'carpet-status-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const [file, statusDir] = [join(folder, 'carp.json'), join(folder, 'status')];
  const vhid = { ifname: 'eth0', vhid: 1, password: 'secret', addresses: ['10.88.0.100/24'] };
  writeFileSync(file, JSON.stringify({ vhids: [vhid] }), { mode: 0o600 });
  const show = async (...args: string[]) => {
    const program = host.node(CARPET, [...args, '--status-dir', statusDir]);
    await program.exited;
    return program.text;
  };
  {
    await using devd = new Devd(host, '', ['--carp', file, '--status-dir', statusDir]);
    await devd.ready();
    const status = await show('carp', '--status');
    assert.match(status, new RegExp(`^process ${devd.program.pid}\n\teth0: (BACKUP|MASTER) vhid 1 since `));
    assert.match(await show('ifconfig', 'eth0'), /^\tcarp: (BACKUP|MASTER) vhid 1 /m);
  }
  await using hidden = new Devd(host, '', ['--carp', file, '--status-dir', statusDir, '--no-status']);
  await hidden.ready();
  assert.match(await show('carp', '--status'), /no carpet process runs CARP/);
});
