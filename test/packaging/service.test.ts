/** The unit in docs/service, by systemd's own judgement. test/lab/deb.proof.test.ts runs it. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { needs } from '../support/needs.js';
import { root } from '../support/npm.js';

/** Of 10: how much a service could do to the machine; systemd calls up to 2 "OK". */
const MAX_EXPOSURE = 2;

describe('the unit of carpet up', { skip: needs('program:systemd-analyze') }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'carpet-unit-'));
  const unit = join(folder, 'carpet.service');
  before(() => {
    // systemd looks whether the program is there.
    const text = readFileSync(join(root, 'docs/service/carpet.service'), 'utf8');
    assert.match(text, /^ExecStart=\/usr\/bin\/carpet up /m);
    writeFileSync(unit, text.replace('=/usr/bin/carpet ', `=${process.execPath} `));
  });
  after(() => rmSync(folder, { recursive: true }));

  function analyze(...args: string[]): string {
    const { stdout, stderr, status } = spawnSync('systemd-analyze', args, { encoding: 'utf8' });
    assert.equal(status, 0, `${stdout}${stderr}`);
    return `${stdout}${stderr}`;
  }

  it('is without a warning', () => {
    const said = analyze('--man=no', 'verify', unit);
    assert.deepEqual(
      said.split('\n').filter((line) => line.includes('carpet')),
      [],
    );
  });

  it('leaves little exposed', () => {
    const said = analyze(
      'security',
      '--offline=true',
      `--threshold=${MAX_EXPOSURE * 10}`,
      '--no-pager',
      unit,
    );
    const level = Number(/Overall exposure level for carpet\.service: (\d+\.\d+)/.exec(said)![1]);
    assert.ok(level <= MAX_EXPOSURE, said);
  });
});
