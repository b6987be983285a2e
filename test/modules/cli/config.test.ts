/** `carpet config` and the refusals of `carpet up`, as one types them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Folder } from '../boot/support/folder.js';
import { carpet } from './carpet.js';

const env = { CARPET_SOCKET: '/nonexistent/control.sock' };

test('check prints every mistake in a line of its own, and ends with 1; without one it says what is loaded', () => {
  using folder = new Folder();
  folder.write('pass', 'secret');
  folder.write('carpet.yaml', 'modules:\n  carp:\n    vhids: 7\n  trase:\n');
  const wrong = carpet(['config', 'check', '-f', folder.main], env);
  assert.equal(wrong.status, 1);
  assert.deepEqual(wrong.stdout.replaceAll(`${folder.path}/`, '').split('\n'), [
    'carpet.yaml:3:12: error: modules.carp.vhids: is not a list of vhids (found 7)',
    'carpet.yaml:4:3: error: modules.trase: unknown module; did you mean trace?',
    '',
  ]);
  const vhid = '{ifname: eth0, vhid: 1, credential: carp, addresses: [10.0.0.1/24]}';
  folder.write('carpet.yaml', `modules:\n  carp:\n    vhids: [${vhid}]\n`);
  const right = carpet(['config', 'check', '-f', folder.main], env);
  assert.equal(right.status, 0);
  assert.match(
    right.stdout,
    /carpet\.yaml:3:49: warning: modules\.carp\.vhids\[0\]\.credential: needs \$CREDENTIALS_DIRECTORY.*\n.*: no mistakes; loads host, control, upgrade, ifnet, ifnet-linux, notify-peers, acd, vip, carp\n$/,
  );
  const json = JSON.parse(carpet(['config', 'check', '--json', '-f', folder.main], env).stdout);
  assert.deepEqual([json.problems.length, json.warnings.length, json.modules.at(-1)], [0, 1, 'carp']);
});

test('up shows the mistakes, starts nothing, and ends with 1', () => {
  using folder = new Folder();
  folder.write('carpet.yaml', 'modules:\n  carp: {vhid: 1}\n');
  const { status, stderr } = carpet(['up', '-f', folder.main, '--no-control'], env);
  assert.equal(status, 1);
  assert.deepEqual(stderr.replaceAll(`${folder.path}/`, '').split('\n'), [
    'carpet.yaml:2:10: error: modules.carp.vhid: unknown key; did you mean vhids?',
    'carpet: 1 mistake in the settings: nothing was started',
    '',
  ]);
});

test('show puts the files together; the rest asks the running kernel', () => {
  using folder = new Folder();
  folder.write('carpet.yaml', 'name: a\n# a comment\n');
  folder.write('conf.d/b.yaml', 'modules: {trace: }\n');
  assert.equal(
    carpet(['config', 'show', '-f', folder.main], env).stdout,
    'name: a\nmodules:\n  trace: null\n',
  );
  assert.deepEqual(JSON.parse(carpet(['config', 'show', '-f', folder.main, '--json'], env).stdout), {
    text: 'name: a\nmodules:\n  trace: null\n',
  });
  for (const verb of ['diff', 'apply', 'confirm', 'undo', 'history', 'show', 'show --json']) {
    const { status, stderr } = carpet(['config', ...verb.split(' ')], env);
    assert.equal(status, 2, verb);
    assert.match(stderr, /^carpet: no kernel listens on \/nonexistent\/control\.sock/);
  }
});

test('schema prints the JSON Schema', () => {
  const { stdout, status } = carpet(['config', 'schema'], env);
  assert.equal(status, 0);
  assert.equal(JSON.parse(stdout).properties.modules.properties.carp.anyOf[1].properties.vhids.type, 'array');
});

test('convert prints the file on standard output and its remarks on standard error', () => {
  using folder = new Folder();
  const conf = folder.write(
    'keepalived.conf',
    'vrrp_instance A {\n interface eth0\n virtual_router_id 1\n}\n',
  );
  const { stdout, stderr, status } = carpet(['config', 'convert', conf], env);
  assert.equal(status, 0);
  assert.match(stdout, /^# Made from .*\nmodules:\n {2}carp:\n {4}vhids:\n {6}- ifname: eth0\n/);
  assert.match(stderr, /^remark: .*keepalived\.conf:1: A: CARP signs/);
  const line = ['-v', '1', '-o', '/p', '-s', '10.0.0.1', '-a', '10.0.0.9'];
  const ucarp = carpet(['config', 'convert', '--ucarp', '--', ...line], env);
  assert.match(ucarp.stdout, / {2}ucarp:\n {4}vhid: 1\n {4}srcip: 10\.0\.0\.1\n {4}addr: 10\.0\.0\.9\n/);
  const other = carpet(['config', 'convert', folder.write('hosts', '127.0.0.1 localhost\n')], env);
  assert.deepEqual([other.status, other.stdout], [1, '']);
  assert.match(
    other.stderr,
    /^carpet: .*hosts has no vrrp_instance: name the keepalived\.conf that has them\n$/,
  );
  assert.equal(carpet(['config', 'convert'], env).status, 1);
  assert.deepEqual(carpet(['config', 'convert', '/nonexistent'], env), {
    status: 1,
    stdout: '',
    stderr:
      'carpet: cannot read /nonexistent: there is no such file: name a carp.json or a keepalived.conf\n',
  });
});

test('convert --vrrp is refused of what speaks CARP alone', () => {
  using folder = new Folder();
  const json = folder.write('carp.json', '{ "vhids": [] }');
  const line = ['-v', '1', '-o', '/p', '-s', '10.0.0.1', '-a', '10.0.0.9'];
  for (const [args, what] of [
    [[json], 'carp.json holds vhids of CARP'],
    [['--ucarp', '--', ...line], 'ucarp speaks CARP'],
  ] as const) {
    const { status, stdout, stderr } = carpet(['config', 'convert', '--vrrp', ...args], env);
    assert.deepEqual([status, stdout], [1, '']);
    assert.ok(stderr.endsWith(`${what}: --vrrp is for a keepalived.conf\n`), stderr);
  }
});

test('several mistakes that the running kernel finds are shown in a line each', async () => {
  const { Booted } = await import('../boot/support/booted.js');
  const { ControlModule } = await import('../../../modules/control/index.js');
  const { REGISTRY } = await import('../boot/support/modules.js');
  const { SystemClock } = await import('../../../core/index.js');
  const { spawn } = await import('node:child_process');
  const { CARPET } = await import('./carpet.js');
  await using booted = await Booted.from('', REGISTRY, { clock: new SystemClock() });
  const socket = `${booted.folder.path}/control.sock`;
  await booted.kernel.load(ControlModule, { socket, readSocket: false });
  booted.folder.write('carpet.yaml', 'modules:\n  gauge: {level: 10}\n  bore:\n');
  const child = spawn(process.execPath, [CARPET, 'config', 'apply'], {
    env: { ...process.env, CARPET_SOCKET: socket },
  });
  let text = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  const status = await new Promise((resolve) => child.on('close', resolve));
  assert.deepEqual(
    [status, ...text.replaceAll(`${booted.folder.path}/`, '').split('\n')],
    [
      1,
      'carpet.yaml:2:18: modules.gauge.level: expected <=9 (found 10)',
      'carpet.yaml:3:3: modules.bore: unknown module; did you mean bare?',
      'carpet: 2 mistakes in the settings',
      '',
    ],
  );
});
