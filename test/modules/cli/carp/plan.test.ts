import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { readPlan } from '../../../../modules/cli/carp/plan.js';
import { UsageError } from '../../../../modules/cli/failure.js';

const folder = mkdtempSync(join(tmpdir(), 'carpet-plan-'));
after(() => rmSync(folder, { recursive: true }));

describe('the settings file of carpet carp', () => {
  it('is refused at once where it is a pipe, a device or a folder', () => {
    const pipe = join(folder, 'pipe');
    assert.equal(spawnSync('mkfifo', [pipe]).status, 0);
    const refused = (file: string, why: string): void =>
      assert.throws(
        () => readPlan(file, () => undefined),
        (error) => error instanceof UsageError && error.message === `the settings file ${file} ${why}`,
      );
    refused(pipe, 'is a pipe, not a file');
    refused('/dev/zero', 'is a device, not a file');
    refused(folder, 'is a folder, not a file');
    refused(join(folder, 'none'), 'cannot be read: there is no such file');
  });

  it('earns a warning where it holds a password that everybody can read', () => {
    const file = join(folder, 'carp.json');
    const vhids = [{ ifname: 'eth0', vhid: 1, password: 'secret', addresses: ['192.0.2.1/24'] }];
    writeFileSync(file, JSON.stringify({ vhids }), { mode: 0o644 });
    const warnings: string[] = [];
    const plan = readPlan(file, (text) => void warnings.push(text));
    assert.equal(plan.vhids.length, 1);
    assert.deepEqual(warnings, [
      `${file} has a password in it and can be read by every user of this host: chmod o-r ${file}`,
    ]);
  });

  const settings = (extra: string) =>
    `{"sysctl": {"net.inet.carp.log": 2},
      "vhids": [{"ifname": "eth0", "vhid": 1, ${extra}, "addresses": ["192.0.2.1/24"]}]}`;
  const read = (text: string) => {
    const file = join(folder, 'text.json');
    writeFileSync(file, text, { mode: 0o600 });
    return readPlan(file, (warning) => assert.fail(warning));
  };

  it('may begin with a byte order mark', () => {
    assert.equal(read(`\uFEFF${settings('"password": "x"')}`).vhids[0]!.password, 'x');
  });

  it('is refused with more vhids than a process can keep up with', () => {
    const vhids = (count: number) =>
      Array.from({ length: count }, (_, i) => ({
        ifname: `eth${Math.floor(i / 255)}`,
        vhid: (i % 255) + 1,
        password: 'x',
        addresses: [`10.${i >> 16}.${(i >> 8) & 255}.${i & 255}/32`],
      }));
    assert.equal(read(JSON.stringify({ vhids: vhids(4096) })).vhids.length, 4096);
    assert.throws(() => read(JSON.stringify({ vhids: vhids(4097) })), {
      message: `${join(folder, 'text.json')}: vhids: are more than 4096: share them among several processes`,
    });
  });

  it('is refused where a key stands twice, of which one would be lost', () => {
    const refused = (text: string, why: string): void =>
      assert.throws(
        () => read(text),
        (error) => error instanceof UsageError && error.message === `${join(folder, 'text.json')}${why}`,
      );
    refused(settings('"advskew": 1,\n"advskew": 2'), ':3: the key advskew stands twice: keep one of them');
    refused(`{"vhids": [],\n"v\\u0068ids": []}`, ':2: the key vhids stands twice: keep one of them');
    const harmless = settings('"password": "advskew\\": {", "failoverGroup": "password"');
    assert.equal(read(harmless).vhids[0]!.password, 'advskew": {');
  });

  it('is refused without a key, and with a strange one, in words that name the remedy', () => {
    const refused = (text: string, why: string): void =>
      assert.throws(() => read(text), { message: `${join(folder, 'text.json')}: ${why}` });
    const missing = 'is missing: add it; docs/carp.md has an example';
    refused('{}', `vhids: ${missing}`);
    refused('{"vhids": [{"vhid": 1}]}', `vhids.0.ifname: ${missing}`);
    refused('{"vhids": []}', 'vhids: has none: add one; docs/carp.md has an example');
    refused(
      '{"vhid": [], "vhids": [{"ifname": "eth0", "vhid": 1}]}',
      'vhid: no such key: there are sysctl, vhids',
    );
    refused('{"vhids": [{"ifname": "eth0", "vhid": "1"}]}', 'vhids.0.vhid: expected number');
  });

  it('takes as many bytes of password from a passfile as from itself: 20', () => {
    const passfile = (bytes: number): string => {
      writeFileSync(join(folder, 'pass'), `${'x'.repeat(bytes)}\n`, { mode: 0o600 });
      return settings('"passfile": "pass"');
    };
    assert.deepEqual(read(passfile(20)).vhids[0]!.password, new TextEncoder().encode('x'.repeat(20)));
    const limit = /: the password has 21 bytes, at most 20 are possible$/;
    assert.throws(() => read(passfile(21)), { message: limit });
  });
});
