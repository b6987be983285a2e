/** What a settings file may look like, and where its mistakes are shown. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, symlinkSync, truncateSync } from 'node:fs';
import { test } from 'node:test';
import { Lexer } from 'yaml';
import { checkFiles, checkTexts } from '../../../modules/boot/index.js';
import { SourceGuard } from '../../../modules/boot/source/guard.js';
import { Folder } from './support/folder.js';
import { REGISTRY } from './support/modules.js';

const problems = async (text: string): Promise<string[]> => {
  const checked = await checkTexts([{ file: 'f', text }], { registry: REGISTRY });
  return checked.problems.map(
    ({ place, path, message }) => `${place.line}:${place.column} ${path && `${path}: `}${message}`,
  );
};

test('an empty file is a kernel without modules; JSON is YAML', async () => {
  for (const text of [
    '',
    '# nothing\n',
    '---\n',
    '{}',
    'modules:\nsysctl:\nlog:\n',
    '{"modules": {"bare": {}}}',
  ])
    assert.deepEqual(await problems(text), [], text);
});

test('each mistake of YAML is shown at its place, with a remedy', async () => {
  const cases: [string, string, RegExp][] = [
    ['modules:\n\tcarp: 1\n', '2:1', /^a tab indents here: YAML wants blanks$/],
    ['name: a\nname: b\n', '2:1', /^this key stands in the mapping already/],
    ['sysctl: {12: a, "12": b}\n', '1:17', /^this key stands in the mapping already/],
    ['name: "x\\q"\n', '1:9', /^unknown escape/],
    ['name: "x\n', '2:1', /is missing before this place/],
    ['name: @x\n', '1:7', /must be quoted/],
    ['name: a: b\n', '1:7', /quote a text that has ": " in it/],
    ['modules:\n  bare: {}\n gauge: {}\n', '3:1', /^wrong indentation/],
    ['modules: {bare: {}\n', '2:1', /^wrong indentation|is missing/],
    ['name: *gone\n', '1:7', /^no anchor/],
    ['modules: &m {gauge: *m}\n', '1:21', /^an alias .* has no end$/],
    ['name: !secret a\n', '1:7', /^tags like !name are not used/],
    ['name: a\n---\nname: b\n', '2:1', /^one file holds one document/],
    ['? [a]\n: 1\n', '1:3', /^a key must be a name$/],
    ['- a\n', '1:1', /^expected a mapping/],
    ['just a text\n', '1:1', /^expected a mapping/],
  ];
  for (const [text, at, message] of cases) {
    const [first] = await problems(text);
    assert.ok(first?.startsWith(`${at} `), `${JSON.stringify(text)}: ${first}`);
    assert.match(first!.slice(at.length + 1), message);
  }
});

test('what stands in the file is in no message about its syntax', async () => {
  for (const text of [
    'password: hunter2 : x\n',
    'a: "hunter2\n',
    '- hunter2\nb: hunter2',
    'a: !hunter2 x',
    'a: *hunter2',
  ])
    for (const line of await problems(text)) assert.ok(!line.includes('hunter2'), line);
});

test('nesting without end, and aliases that grow without bounds, are mistakes', async () => {
  assert.match((await problems('['.repeat(100_000)))[0]!, /nested too deeply|is missing|wrong indentation/);
  const bomb = Array.from({ length: 12 }, (_, i) => `a${i}: &a${i} [${`*a${i - 1}, `.repeat(i && 9)}x]`);
  const [line] = await problems(`name: x\n${bomb.join('\n')}\n`);
  assert.match(line!, /more than 200000 values$/);
});

test('a million values are refused at the mark that is too much, before they are parsed', async () => {
  // Composed first, they would be refused at the 200,001st value, after ten seconds.
  assert.deepEqual(await problems(`vhids: [${'{},'.repeat(1e6)}]`), ['1:900006 more than 200000 values']);
  assert.deepEqual(await problems(`vhids:\n${'- {}\n'.repeat(1e6)}`), ['300001:3 more than 200000 values']);
});

test('marks refuse no file that has as many values as it may', () => {
  const excess = (text: string, maxValues: number): (string | undefined)[] => {
    const guard = new SourceGuard(maxValues);
    return [...new Lexer().lex(text)]
      .map((lexeme) => guard.pass(lexeme))
      .filter((each) => each !== undefined);
  };
  for (const text of ['{a: {b: [{c: d}]}}', '[{}, {}, [[]]]', '- {}\n- a:\n    b: {c: d}\n', '? {}\n: {}\n'])
    assert.deepEqual(excess(text, 4), [], text);
  assert.deepEqual(new Set(excess('[{}, {}, {}, {}, {}, {}, {}]', 4)), new Set(['many']));
});

test('an alias stands for what its anchor names', async () => {
  const text = 'modules:\n  gauge: &g {level: 3}\n  stiff: *g\n';
  const { configuration } = await checkTexts([{ file: 'f', text }], { registry: REGISTRY });
  assert.deepEqual(
    configuration!.modules.map(({ name, settings }) => [name, settings]),
    [
      ['gauge', { level: 3 }],
      ['bare', undefined],
      ['stiff', { level: 3 }],
    ],
  );
});

test('a file that is no file, or too large, or no text, is a mistake of that file', async () => {
  using folder = new Folder();
  assert.deepEqual(await folder.problems(REGISTRY), [
    'carpet.yaml:1:1: cannot be read: there is no such file',
  ]);
  folder.write('carpet.yaml', '');
  mkdirSync(`${folder.path}/conf.d/a.yaml`, { recursive: true });
  spawnSync('mkfifo', [`${folder.path}/conf.d/b.yaml`]);
  symlinkSync('/dev/zero', `${folder.path}/conf.d/c.yaml`);
  symlinkSync('d.yaml', `${folder.path}/conf.d/d.yaml`);
  truncateSync(folder.write('conf.d/e.yaml', ''), 5 * 1024 * 1024);
  folder.write('conf.d/f.yaml', Uint8Array.of(0x61, 0x3a, 0x20, 0xff));
  assert.deepEqual(await folder.problems(REGISTRY), [
    'conf.d/a.yaml:1:1: is a folder, not a file',
    'conf.d/b.yaml:1:1: is a pipe, not a file',
    'conf.d/c.yaml:1:1: is a device, not a file',
    'conf.d/d.yaml:1:1: cannot be read: its symbolic links go round in a circle',
    'conf.d/e.yaml:1:1: has more than 4194304 bytes',
    'conf.d/f.yaml:1:1: is not UTF-8 text',
  ]);
});

test('conf.d comes after the main file, by name: mappings join, lists grow, the rest is replaced', async () => {
  using folder = new Folder();
  folder.write(
    'carpet.yaml',
    'name: a\nmodules:\n  gauge: {level: 1, colours: [red]}\nsysctl: {x.a: 1, x.b: 1}\n',
  );
  folder.write('conf.d/20.yaml', 'modules:\n  gauge: {level: 3}\n  bare:\n');
  folder.write(
    'conf.d/10.yaml',
    'name: b\nmodules:\n  gauge:\n    level: 2\n    colours: [green]\nsysctl: {x.b: 2}\n',
  );
  folder.write('conf.d/30.yml', 'name: c');
  folder.write('conf.d/.10.yaml.swp', '\u0000');
  const { configuration, warnings } = await checkFiles(folder.main, { registry: REGISTRY });
  assert.equal(configuration!.name, 'b');
  assert.deepEqual(
    configuration!.modules.map(({ name, settings }) => [name, settings]),
    [
      ['gauge', { level: 3, colours: ['red', 'green'] }],
      ['bare', undefined],
    ],
  );
  assert.deepEqual(
    configuration!.sysctl.map(({ name, value }) => `${name}=${value}`),
    ['x.a=1', 'x.b=2'],
  );
  assert.deepEqual(folder.lines(warnings), [
    'conf.d/30.yml:1:1: is not read: its name does not end in .yaml',
  ]);
});

test('a later file that makes another kind of thing of a setting is shown with both places', async () => {
  using folder = new Folder();
  folder.write('conf.d/a.yaml', 'modules:\n  gauge: {colours: red}\n  bare: []\n');
  assert.deepEqual(await folder.problems(REGISTRY, 'modules:\n  gauge:\n    colours: [red]\n  bare: {}\n'), [
    `conf.d/a.yaml:2:20: modules.gauge.colours: is a single value, but a list at carpet.yaml:3`,
    `conf.d/a.yaml:3:9: modules.bare: is a list, but a mapping at carpet.yaml:4`,
  ]);
});

test('a file that every user may change is warned about', async () => {
  using folder = new Folder();
  const path = folder.write('carpet.yaml', '');
  spawnSync('chmod', ['666', path]);
  const { warnings } = await checkFiles(path, { registry: REGISTRY });
  assert.match(folder.lines(warnings)[0]!, /^carpet\.yaml:1:1: can be changed by every user .*: chmod o-w /);
});
