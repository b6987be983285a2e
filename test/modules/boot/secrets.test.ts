/** Secrets come from files and credentials, and are shown nowhere. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkFiles } from '../../../modules/boot/index.js';
import { BUILTINS } from '../../../modules/builtin/index.js';
import { Folder } from './support/folder.js';
import { REGISTRY } from './support/modules.js';

const gauge = (line: string): string => `modules:\n  gauge:\n    ${line}\n`;

test('a secret in the file is a mistake, and not shown', async () => {
  using folder = new Folder();
  assert.deepEqual(await folder.problems(REGISTRY, gauge('password: hunter2')), [
    'carpet.yaml:3:5: modules.gauge.password: no secret stands in this file: name a file (passwordFile: PATH) or a systemd credential (credential: NAME) that holds it',
  ]);
  for (const line of [
    'pasword: hunter2',
    'level: {password: hunter2}',
    'password: {a: hunter2}',
    'password: [hunter2',
  ])
    for (const problem of await folder.problems(REGISTRY, gauge(line)))
      assert.ok(!problem.includes('hunter2'), problem);
});

test('a secret in the short form, as an item of a list, is a mistake too', async () => {
  using folder = new Folder();
  folder.write('pass', 'abc');
  const vhid = (passwords: string): string =>
    `modules:\n  carp:\n    vhids:\n      - {ifname: eth0, vhid: 1, passwordFile: pass, passwords: ${passwords}, addresses: [10.0.0.100/24]}\n`;
  assert.deepEqual(await folder.problems(BUILTINS, vhid('[hunter2]')), [
    'carpet.yaml:4:65: modules.carp.vhids[0].passwords[0]: no secret stands in this file: name a file (passwordFile: PATH) or a systemd credential (credential: NAME) that holds it',
  ]);
  assert.deepEqual(await folder.problems(BUILTINS, vhid('[{passwordFile: pass}]')), []);
  const [other] = await folder.problems(BUILTINS, 'modules: {carp: {vhids: [text]}}');
  assert.doesNotMatch(other!, /no secret/);
});

test('it is the first line of a file, from the folder of the settings file that names it, or a credential', async () => {
  using folder = new Folder();
  folder.write('pass', 'abc\r\nmore\n');
  folder.write('credentials/gauge', 'xyz');
  folder.write('conf.d/a.yaml', gauge('passwordFile: ../pass'));
  folder.write('carpet.yaml', '');
  const first = await checkFiles(folder.main, { registry: REGISTRY });
  assert.deepEqual(first.configuration!.modules[0]!.settings, { password: 'abc' });
  folder.write('conf.d/a.yaml', gauge('credential: gauge'));
  const credentials = `${folder.path}/credentials`;
  const second = await checkFiles(folder.main, { registry: REGISTRY, credentials });
  assert.deepEqual(second.configuration!.modules[0]!.settings, { password: 'xyz' });
  assert.deepEqual([...first.warnings, ...second.warnings], []);
});

test('each way in which it cannot be had is a mistake at its place', async () => {
  using folder = new Folder();
  folder.write('empty', '\n');
  folder.write('long', 'x'.repeat(5000));
  const cases: [string, string][] = [
    ['passwordFile: none', `3:19: modules.gauge.passwordFile: none cannot be read: there is no such file`],
    ['passwordFile: empty', '3:19: modules.gauge.passwordFile: empty is empty: the secret is its first line'],
    ['passwordFile: long', '3:19: modules.gauge.passwordFile: long has more than 4096 bytes'],
    ['passwordFile: .', `3:19: modules.gauge.passwordFile: ${folder.path} is a folder, not a file`],
    ['passwordFile: 7', '3:19: modules.gauge.passwordFile: is not a path'],
    ['credential: a/b', '3:17: modules.gauge.credential: is not the name of a credential: one without /'],
    ['credential: [a]', '3:17: modules.gauge.credential: is not a name of a credential'],
    [
      'credential: none',
      '3:17: modules.gauge.credential: credentials/none cannot be read: there is no such file',
    ],
  ];
  for (const [line, problem] of cases)
    assert.deepEqual(await folder.problems(REGISTRY, gauge(line), `${folder.path}/credentials`), [
      `carpet.yaml:${problem}`,
    ]);
  folder.write('pass', 'abc');
  assert.deepEqual(
    await folder.problems(REGISTRY, gauge('{passwordFile: pass, credential: x}'), folder.path),
    [
      'carpet.yaml:3:26: modules.gauge.credential: give passwordFile or credential, not both',
      'carpet.yaml:3:38: modules.gauge.credential: x cannot be read: there is no such file',
    ],
  );
});

test('one that the module refuses is not shown, whatever the module says about it', async () => {
  using folder = new Folder();
  folder.write('pass', 'HUNTER2\n');
  const problems = await folder.problems(REGISTRY, gauge('passwordFile: pass'));
  assert.deepEqual(problems, ['carpet.yaml:3:19: modules.gauge.password: expected /^[a-z]+$/']);
});

test('bytes that are no text stay bytes; a file that everybody can read is warned about', async () => {
  using folder = new Folder();
  folder.write('pass', Uint8Array.of(0xff, 0xfe, 10), 0o644);
  folder.write('carpet.yaml', 'modules:\n  stiff: {}\n');
  const { BUILTINS } = await import('../../../modules/builtin/index.js');
  folder.write(
    'carpet.yaml',
    'modules: {carp: {vhids: [{ifname: eth0, vhid: 1, passwordFile: pass, addresses: [10.0.0.1/24]}]}}\n',
  );
  const { configuration, warnings } = await checkFiles(folder.main, { registry: BUILTINS });
  const { settings } = configuration!.modules.at(-1) as { settings: { vhids: { password: unknown }[] } };
  assert.deepEqual(settings.vhids[0]!.password, Uint8Array.of(0xff, 0xfe));
  assert.match(
    folder.lines(warnings)[0]!,
    /^carpet\.yaml:1:64: .*pass can be read by every user .*: chmod o-r /,
  );
});

test('what was written, as it is kept to be shown, has no secret in it', async () => {
  using folder = new Folder();
  folder.write('pass', 'abc');
  folder.write('carpet.yaml', gauge('passwordFile: pass'));
  const { configuration } = await checkFiles(folder.main, { registry: REGISTRY });
  const { written, texts } = configuration!;
  assert.ok(!JSON.stringify([written, [...written.entries], texts]).includes('abc'));
});
