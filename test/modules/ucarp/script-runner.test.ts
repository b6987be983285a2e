/** Scripts are real processes here; what they did is read from a file they append to. */
import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { Log, type LogRecord } from '../../../core/log/index.js';
import { type Clock, SystemClock, VirtualClock } from '../../../core/time/index.js';
import { ScriptRunner } from '../../../modules/ucarp/script-runner.js';

const folder = mkdtempSync(join(tmpdir(), 'carpet-scripts-'));
after(() => rmSync(folder, { recursive: true }));

function script(name: string, body: string): string {
  const file = join(folder, name);
  writeFileSync(file, `#!/bin/sh\n${body}\n`);
  chmodSync(file, 0o755);
  return file;
}

function open(clock: Clock = new SystemClock()): { runner: ScriptRunner; records: LogRecord[] } {
  const records: LogRecord[] = [];
  const runner = new ScriptRunner(new Log((record) => records.push(record), clock, 'ucarp'), clock);
  return { runner, records };
}

test('scripts run one after another, in order, with exactly their arguments, and hold nothing up', async () => {
  const out = join(folder, 'order');
  const slow = script('slow', `echo "begin $*" >> ${out}; sleep 0.2; echo "end $#" >> ${out}`);
  const fast = script('fast', `echo "fast $3" >> ${out}`);
  const { runner, records } = open();
  const ended: string[] = [];
  const begin = performance.now();
  runner.run({ file: slow, args: ['eth0', '10.0.0.1'] }, () => ended.push('slow'));
  runner.run({ file: fast, args: ['eth0', '10.0.0.1', "it's $HOME"] }, () => ended.push('fast'));
  assert.ok(performance.now() - begin < 100, 'run returns at once');
  assert.deepEqual(ended, []);
  await runner.drained();
  assert.equal(readFileSync(out, 'utf8'), "begin eth0 10.0.0.1\nend 2\nfast it's $HOME\n");
  assert.deepEqual(ended, ['slow', 'fast']);
  assert.equal(records[0]?.message, `Spawning [${slow} eth0 10.0.0.1]`);
});

test('a script that is missing, not executable or fails is reported, and the next one runs', async () => {
  const out = join(folder, 'after');
  const plain = join(folder, 'plain');
  writeFileSync(plain, '');
  const { runner, records } = open();
  for (const file of [
    join(folder, 'none'),
    plain,
    script('bad', 'exit 3'),
    script('good', `echo yes > ${out}`),
  ]) {
    runner.run({ file, args: [] });
  }
  await runner.drained();
  const lines = records
    .filter(({ message }) => !message.startsWith('Spawning'))
    .map(({ message }) => message);
  assert.deepEqual(lines, [
    `Unable to exec ${folder}/none: No such file or directory`,
    `Unable to exec ${plain}: Permission denied; is it executable?`,
    `[${folder}/bad] ended with exit status 3`,
  ]);
  assert.equal(readFileSync(out, 'utf8'), 'yes\n');
});

test('behind a hanging script the runs that are over stay out, the order and the last one stay', async () => {
  const out = join(folder, 'bounded');
  const hang = script('hang', 'sleep 0.3');
  const say = script('say', `echo $1 >> ${out}`);
  const { runner, records } = open();
  let ended = 0;
  runner.run({ file: hang, args: [] });
  for (let i = 0; i < 101; i++) runner.run({ file: say, args: [i % 2 === 0 ? 'down' : 'up'] }, () => ended++);
  await runner.drained();
  const lines = readFileSync(out, 'utf8').trim().split('\n');
  assert.ok(lines.length <= 8);
  assert.equal(lines.at(-1), 'down');
  assert.ok(
    lines.every((line, i) => line !== lines[i + 1]),
    'up and down still alternate',
  );
  assert.equal(ended, 101, 'nobody waits for a run that was left out');
  assert.ok(records.some(({ message }) => message.includes('a script hangs')));
});

test('drained resolves at once when there is nothing to wait for', async () => {
  await open().runner.drained();
});

test('a script that hangs is logged every ten seconds of the kernel clock, until it ends', async () => {
  const clock = new VirtualClock();
  const { runner, records } = open(clock);
  const go = join(folder, 'go');
  const hang = script('hanging', `until [ -e ${go} ]; do sleep 0.02; done`);
  runner.run({ file: hang, args: ['eth0'] });
  const complaints = (): number =>
    records.filter(({ message }) => message.startsWith('still running')).length;
  await clock.advance(9_999);
  assert.equal(complaints(), 0);
  await clock.advance(20_001);
  assert.equal(complaints(), 3);
  assert.equal(records.at(-1)?.message, `still running: [${hang} eth0]`);
  writeFileSync(go, '');
  await runner.drained();
  assert.equal(clock.armed, 0);
});
