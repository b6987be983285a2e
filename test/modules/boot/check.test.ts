/** What the settings mean: every mistake at its place, all at once. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkFiles } from '../../../modules/boot/index.js';
import { BUILTINS } from '../../../modules/builtin/index.js';
import { Folder } from './support/folder.js';
import { REGISTRY } from './support/modules.js';

test('every mistake of a file, all at once, at its place, with what stood there', async () => {
  using folder = new Folder();
  const text = `name: a host
log: {level: loud, color: red}
sysctls: {a.b: 1}
sysctl:
  nonsense: 1
  net.x: [1]
modules:
  gauge:
    level: 12
    colors: [red]
    colours: [red, blue, 7]
    door: {limit: 0, limits: 3}
  bare: {x: 1}
  stif: {}
  nowhere: {}
  ./missing.js: {}
  7: {}
`;
  assert.deepEqual(await folder.problems(REGISTRY, text), [
    'carpet.yaml:1:7: name: is no host name: letters, digits, . and - (found "a host")',
    'carpet.yaml:2:14: log.level: is not one of error, warning, notice, info, debug (found "loud")',
    'carpet.yaml:2:20: log.color: unknown key; known are format, level',
    'carpet.yaml:3:1: sysctls: unknown key; did you mean sysctl?',
    'carpet.yaml:5:3: sysctl.nonsense: is no sysctl name: words joined by dots, as net.inet.carp.log',
    'carpet.yaml:6:3: sysctl.net.x: is not a text, a number, true or false',
    'carpet.yaml:9:12: modules.gauge.level: expected <=9 (found 12)',
    'carpet.yaml:10:5: modules.gauge.colors: unknown key; did you mean colours?',
    'carpet.yaml:11:20: modules.gauge.colours[1]: expected ("red" | "green") (found "blue")',
    'carpet.yaml:11:26: modules.gauge.colours[2]: expected ("red" | "green") (found 7)',
    'carpet.yaml:12:19: modules.gauge.door.limit: expected >=1 (found 0)',
    'carpet.yaml:12:22: modules.gauge.door.limits: unknown key; did you mean limit?',
    'carpet.yaml:13:9: modules.bare: takes no settings: leave them out',
    'carpet.yaml:14:3: modules.stif: unknown module; did you mean stiff?',
    'carpet.yaml:15:3: modules.nowhere: unknown module: expected one of gauge, bare, stiff, a package that is installed, or a path that begins with ./ or /',
    "carpet.yaml:16:3: modules.missing.js: cannot be loaded: Cannot find module 'missing.js'",
    'carpet.yaml:17:3: modules.7: unknown module: expected one of gauge, bare, stiff, a package that is installed, or a path that begins with ./ or /',
  ]);
});

test("a module's own text is shown, and where it says nothing else, what is missing", async () => {
  using folder = new Folder();
  folder.write('pass', 'secret\n');
  const text = `modules:
  carp:
    vhids:
      - ifname: eth0
        vhid: 300
        advskw: 5
        passwordFile: pass
        addresses: [10.0.0.100/24, 10.0.0.300/24]
      - vhid: 2
        passwordFile: pass
      - {ifname: eth1, vhid: 3, credential: x, addresses: []}
`;
  const problems = await folder.problems(BUILTINS, text);
  assert.deepEqual(problems, [
    'carpet.yaml:5:15: modules.carp.vhids[0].vhid: is not 1 to 255 (found 300)',
    'carpet.yaml:6:9: modules.carp.vhids[0].advskw: unknown key; did you mean advskew?',
    "carpet.yaml:8:36: modules.carp.vhids[0].addresses[1]: '10.0.0.300/24' is not an address like 10.0.0.100/24 or fd00::100/64",
    'carpet.yaml:9:9: modules.carp.vhids[1].ifname: is missing',
    'carpet.yaml:9:9: modules.carp.vhids[1].addresses: is missing',
    'carpet.yaml:11:45: modules.carp.vhids[2].credential: needs $CREDENTIALS_DIRECTORY, which is not set: start carpet by systemd with LoadCredential=x:FILE in the unit',
    'carpet.yaml:11:48: modules.carp.vhids[2].addresses: is empty: name at least one address',
  ]);
});

test('a list in the place of a mapping is named, and nothing below it', async () => {
  using folder = new Folder();
  const found = async (text: string): Promise<string[]> => folder.problems(BUILTINS, text);
  const remedy = 'is a list, not a mapping: write its names as keys, without -';
  assert.deepEqual(await found('modules: [carp]\n'), [`carpet.yaml:1:10: modules: ${remedy}`]);
  assert.deepEqual(await found('sysctl:\n- net.inet.carp.log: 1\n'), [`carpet.yaml:2:1: sysctl: ${remedy}`]);
  const text = `modules:
  host: []
  carp:
    - {ifname: eth0}
  health:
    checks:
      - name: web
        kind: tcp
`;
  assert.deepEqual(await found(text), [
    `carpet.yaml:2:9: modules.host: ${remedy}`,
    `carpet.yaml:4:5: modules.carp: ${remedy}`,
    `carpet.yaml:7:7: modules.health.checks: ${remedy}`,
  ]);
});

test('an unknown key is named below names of the user too, by what its kind or form knows', async () => {
  using folder = new Folder();
  const text = `modules:
  health:
    checks:
      web: {kind: tcp, prot: 80}
  hooks:
    hooks:
      pager: {form: json, comand: [/bin/true]}
`;
  assert.deepEqual(await folder.problems(BUILTINS, text), [
    'carpet.yaml:4:7: modules.health.checks.web.port: is missing',
    'carpet.yaml:4:24: modules.health.checks.web.prot: unknown key; did you mean port?',
    'carpet.yaml:7:7: modules.hooks.hooks.pager.command: is missing',
    'carpet.yaml:7:27: modules.hooks.hooks.pager.comand: unknown key; did you mean command?',
  ]);
});

test('what stood there is shown unless the message says just that', async () => {
  using folder = new Folder();
  folder.write('pass', 'secret\n');
  const text = `log: {level: warn}
modules:
  carp:
    vhids:
      - {ifname: eth0, vhid: "1", passwordFile: pass, addresses: [10.0.0.100]}
`;
  assert.deepEqual(await folder.problems(BUILTINS, text), [
    'carpet.yaml:1:14: log.level: is not one of error, warning, notice, info, debug (found "warn")',
    'carpet.yaml:5:30: modules.carp.vhids[0].vhid: is not a whole number 1 to 255 (found "1")',
    "carpet.yaml:5:67: modules.carp.vhids[0].addresses[0]: '10.0.0.100' has no prefix length: write its network's, as in 10.0.0.100/24, or /32 for none",
  ]);
});

test('vhids that clash are shown at the later one, across files too', async () => {
  using folder = new Folder();
  folder.write('pass', 'secret\n');
  const vhid = '{ifname: eth0, vhid: 1, passwordFile: ../pass, addresses: [10.0.0.100/24]}';
  folder.write('conf.d/b.yaml', `modules:\n  carp:\n    vhids:\n      - ${vhid}\n`);
  const text = `modules:\n  carp:\n    vhids:\n      - ${vhid.replace('../', '')}\n`;
  const what = 'belongs to vhids[0] already: take it out of one of them';
  assert.deepEqual(await folder.problems(BUILTINS, text), [
    `conf.d/b.yaml:4:9: modules.carp.vhids[1]: vhid 1 on eth0 ${what}`,
  ]);
});

test('a module by path is found from the file that names it, and checked by its own schema', async () => {
  using folder = new Folder();
  const core = new URL('../../../core/index.js', import.meta.url).href;
  folder.write(
    'conf.d/pager.js',
    `import { Module } from '${core}';
     const schema = { '~standard': { version: 1, vendor: 'own', validate: (value) =>
       value.to === undefined ? { issues: [{ message: 'needs somebody to page', path: ['to'] }] } : { value } } };
     export default class Pager {}
     Module({ name: 'pager', settings: schema })(Pager);`,
  );
  folder.write('conf.d/none.js', 'export const x = 1;');
  folder.write('conf.d/a.yaml', 'modules:\n  ./pager.js: {too: me}\n  ./none.js:\n');
  assert.deepEqual(await folder.problems(REGISTRY, ''), [
    'conf.d/a.yaml:2:15: modules.conf.d/pager.js.to: needs somebody to page',
    'conf.d/a.yaml:3:3: modules.conf.d/none.js: exports no module: export one class decorated with @Module as default',
  ]);
  folder.write('conf.d/a.yaml', 'modules:\n  ./pager.js: {to: me}\n  ../conf.d/pager.js: {to: me}\n');
  assert.deepEqual(await folder.problems(REGISTRY, ''), [
    'conf.d/a.yaml:3:3: modules.../conf.d/pager.js: is the same file as in line 2: take one of the two out',
  ]);
});

test('the same module under two keys is one too many', async () => {
  using folder = new Folder();
  const twice = { ...REGISTRY, again: REGISTRY['bare']! };
  assert.deepEqual(await folder.problems(twice, 'modules:\n  bare:\n  again:\n'), [
    `carpet.yaml:3:3: modules.again: is the module bare, which stands at ${folder.path}/carpet.yaml:2 already`.replace(
      `${folder.path}/`,
      '',
    ),
  ]);
});

test('what a module depends on comes before it, with its own settings; what it brings, without', async () => {
  using folder = new Folder();
  folder.write('carpet.yaml', 'modules:\n  devd: {config: /x}\n  carp:\n  devctl:\n');
  const { configuration, problems } = await checkFiles(folder.main, { registry: BUILTINS });
  assert.deepEqual(folder.lines(problems), []);
  assert.deepEqual(
    configuration!.modules.map(({ name, settings }) => (settings === undefined ? name : [name, settings])),
    [
      'ifnet',
      'ifnet-linux',
      'devctl',
      'devctl-uevent',
      ['devd', { config: '/x' }],
      'notify-peers',
      'acd',
      'vip',
      'carp',
    ],
  );
});

test('a package is found from the folder of the settings file on, also one for import only', async () => {
  using folder = new Folder();
  const core = new URL('../../../core/index.js', import.meta.url).href;
  const source = (name: string): string =>
    `import { Module } from '${core}'; export default class M {} Module({ name: '${name}' })(M);`;
  const install = (name: string, exports: unknown): void => {
    folder.write(`node_modules/${name}/package.json`, JSON.stringify({ name, type: 'module', exports }));
  };
  install('modern', { import: { node: { browser: './no.js', default: './m.js' } } });
  folder.write('node_modules/modern/m.js', source('modern'));
  install('@me/inner', { './extra': { import: './e.js' } });
  folder.write('node_modules/@me/inner/e.js', source('inner'));
  install('plain', './p.js');
  folder.write('node_modules/plain/p.js', source('plain'));
  folder.write('carpet.yaml', 'modules:\n  modern:\n  "@me/inner/extra":\n  plain:\n');
  const { configuration, problems } = await checkFiles(folder.main, { registry: REGISTRY });
  assert.deepEqual(folder.lines(problems), []);
  assert.deepEqual(
    configuration!.modules.map(({ name }) => name),
    ['modern', 'inner', 'plain'],
  );
  install('hidden', { './other': './p.js' });
  assert.match(
    (await folder.problems(REGISTRY, 'modules: {hidden: , "@me/inner/none": }'))[1]!,
    /cannot be loaded/,
  );
});

test('a schema that throws is a mistake of its settings', async () => {
  const { Module } = await import('../../../core/index.js');
  const validate = () => {
    throw new Error('broken');
  };

  @Module({ name: 'broken', settings: { '~standard': { version: 1, vendor: 'own', validate } } })
  class Broken {}

  using folder = new Folder();
  const registry = { broken: { summary: 'Breaks.', load: async () => Broken } };
  assert.deepEqual(await folder.problems(registry, 'modules:\n  broken: {x: 1}\n'), [
    'carpet.yaml:2:11: modules.broken: cannot be checked: broken',
  ]);
});
