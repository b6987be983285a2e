/** The JSON Schema of the file, from which editors complete and check it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { parse } from 'yaml';
import { Module } from '../../../core/index.js';
import { fileSchema, type JsonSchema } from '../../../modules/boot/index.js';
import { BUILTINS } from '../../../modules/builtin/index.js';

const compiled = async () =>
  new Ajv2020({ strict: false, allErrors: true }).compile(await fileSchema(BUILTINS));

test('it is a valid schema, and has every built-in with a summary', async () => {
  const schema = await fileSchema(BUILTINS);
  const ajv = new Ajv2020({ strict: false });
  assert.equal(ajv.validateSchema(schema), true, ajv.errorsText());
  const { properties } = schema.properties!['modules']!;
  assert.deepEqual(Object.keys(properties!), Object.keys(BUILTINS));
  for (const each of Object.values(properties!)) assert.match(String(each['description']), /\.$/);
});

test('it takes what is right, modules with nothing behind their names too', async () => {
  const valid = await compiled();
  const text = `
name: alpha
log: {level: notice, format: json}
sysctl: {net.inet.carp.preempt: 1}
modules:
  host: {signals: false}
  carp:
    vhids:
      - {ifname: eth0, vhid: 1, passwordFile: /etc/pass, addresses: [10.0.0.1/24, 'fd00::1/64'], virtualMac: service}
      - {ifname: eth0, vhid: 2, credential: carp, addresses: [10.0.0.2/24], lladdr: '02:00:00:00:00:01'}
  devd: {sockets: false}
  trace:
  ./pager.js: {to: me}
`;
  assert.ok(valid(parse(text)), JSON.stringify(valid.errors));
});

test('it refuses what an editor should underline', async () => {
  const valid = await compiled();
  const vhid = { ifname: 'eth0', vhid: 1, passwordFile: 'x', addresses: ['10.0.0.1/24'] };
  const carp = (other: object) => ({ modules: { carp: { vhids: [{ ...vhid, ...other }] } } });
  assert.ok(valid(carp({})));
  for (const wrong of [
    carp({ vhid: 300 }),
    carp({ advskw: 1 }),
    carp({ password: 'literal' }),
    carp({ passwordFile: undefined }),
    carp({ credential: 'both' }),
    carp({ addresses: [] }),
    carp({ addresses: [{}] }),
    carp({ election: 'freebsd' }),
    { modules: { trace: { x: 1 } } },
    { modules: { carp: [] } },
    { log: { level: 'loud' } },
    { sysctl: { 'a.b': [] } },
    { module: {} },
  ])
    assert.ok(!valid(wrong), JSON.stringify(wrong));
});

test('a module can bring its own JSON Schema; one that has none takes anything', async () => {
  const own = { type: 'object', properties: { to: { type: 'string' } }, additionalProperties: false };
  const standard = {
    version: 1 as const,
    vendor: 'own',
    validate: (value: unknown) => ({ value }),
    jsonSchema: { input: () => own, output: () => own },
  };

  @Module({ name: 'pager', settings: { '~standard': standard } })
  class Pager {}

  @Module({
    name: 'mute',
    settings: { '~standard': { version: 1, vendor: 'own', validate: (value) => ({ value }) } },
  })
  class Mute {}

  const schema = await fileSchema({
    pager: { summary: 'Pages.', load: async () => Pager },
    mute: { summary: 'Says nothing.', load: async () => Mute },
  });
  const modules = schema.properties!['modules']!.properties as Record<string, JsonSchema>;
  assert.deepEqual(modules['pager'], { description: 'Pages.', anyOf: [{ type: 'null' }, own] });
  assert.deepEqual(modules['mute'], { description: 'Says nothing.', anyOf: [{ type: 'null' }, {}] });
});

test('every setting of a vhid says what it means, and its default as one writes it', async () => {
  const { modules } = (await fileSchema(BUILTINS)).properties!;
  const [, carp] = modules!.properties!['carp']!.anyOf!;
  const { properties } = carp!.properties!['vhids']!.items!;
  for (const [name, setting] of Object.entries(properties!))
    assert.match(String(setting['description']), /\w+ \w+/, name);
  assert.equal(properties!['group']!['default'], '224.0.0.18');
  assert.match(String(properties!['passwordFile']!['description']), /: The shared secret/);
});
