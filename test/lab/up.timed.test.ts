/** `carpet up` on real interfaces: two hosts from one file each, changed while they run, and handed over. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { needs } from '../support/needs.js';
import { Laboratory } from './support/index.js';
import { upPair } from './support/up-host.js';

const skip = needs('root', 'netns', 'native', 'program:ip');

test('two hosts from their files: failover, changes without one, and a change that is taken back', {
  skip,
}, async (t) => {
  const lab = Laboratory.open(t);
  const [a, b] = await upPair(lab, t);
  const before = [a.transitions, b.transitions];

  a.write(10);
  assert.equal((await a.carpet('config', 'diff')).text, '~ reconfigure carp\n    1@eth0: advskew 0 -> 10');
  a.program.kill('SIGHUP');
  await a.program.waitForLine(/settings 2 in force \(apply\): reconfigure carp/, 5000);
  a.write(20, '  trace:\n');
  const applied = await a.carpet('config', 'apply', '--timeout', '2');
  assert.equal(applied.code, 0, applied.text);
  assert.match(applied.text, /advskew 10 -> 20\n\+ load trace\nsettings 3 in force\nconfirm until /);
  await a.program.waitForLine(/settings 4 in force \(undo\)/, 8000);
  assert.match((await a.carpet('config', 'show')).text, /advskew: 10/);
  a.write(30, 'sysctl: {net.inet.carp.premt: 1}\n');
  a.program.kill('SIGHUP');
  await a.program.waitForLine(
    /carpet\.yaml:\d+:10: sysctl\.net\.inet\.carp\.premt: .*did you mean net\.inet\.carp\.preempt\?/,
    5000,
  );
  await a.program.waitForLine(/settings not changed/, 5000);
  assert.deepEqual([a.transitions, b.transitions], before);
  assert.ok(a.holds && !b.holds);

  const from = b.program.lines.length;
  await a.program.end('SIGTERM');
  assert.equal((await a.program.exited).code, 0);
  await b.reaches('MASTER', 3000, from);
  assert.ok(b.holds && !a.holds);
  await b.program.end('SIGTERM');
  assert.deepEqual(readFileSync(join(b.folder, 'states'), 'utf8').trim().split('\n').slice(0, 2), [
    'BACKUP',
    'MASTER',
  ]);
  assert.ok(!a.program.text.includes('secret') && !b.program.text.includes('secret'));
});
