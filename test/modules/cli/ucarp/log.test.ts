/** Log lines in ucarp's form, on the streams that ucarp uses, and in a real /dev/log-like socket. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Syslog } from '../../../../modules/cli/log/syslog.js';
import { DatagramReceiver } from '../../host/support/datagram-receiver.js';

const folder = new URL('../../../../modules/cli/ucarp/', import.meta.url).href;

function written(options: object): { stdout: string; stderr: string } {
  const code = `import { ucarpLog } from '${folder}log.js';
    const log = ucarpLog(${JSON.stringify({ debug: false, console: true, journal: false, ...options })});
    for (const level of ['error', 'warning', 'notice', 'info', 'debug'])
      log({ level, time: Date.parse('2026-01-31T12:00:00.042Z') + 0.5, module: 'carp', message: level });`;
  const env = { ...process.env, TZ: 'UTC' };
  return spawnSync(process.execPath, ['--input-type=module', '-e', code], { encoding: 'utf8', env });
}

test("ucarp's line: local time with microseconds, level; bad news on stderr, the rest on stdout", () => {
  const { stdout, stderr } = written({});
  const at = '2026-01-31T12:00:00.042500: ';
  assert.equal(stderr, `${at}[ERROR] error\n${at}[WARNING] warning\n`);
  assert.equal(stdout, `${at}[INFO] notice\n${at}[INFO] info\n`);
  assert.match(written({ debug: true }).stdout, /\[DEBUG\] debug\n$/);
});

test('in the journal: the priority instead of the time; as a daemon: nothing', () => {
  assert.equal(written({ journal: true }).stderr, '<3>[ERROR] error\n<4>[WARNING] warning\n');
  const { stdout, stderr } = written({ console: false });
  assert.equal(stdout + stderr, '');
});

test('syslog: facility and priority, and a restarted daemon is found again', (t) => {
  const place = mkdtempSync(join(tmpdir(), 'carpet-syslog-'));
  t.after(() => rmSync(place, { recursive: true }));
  const path = join(place, 'log');
  using syslog = new Syslog('ucarp', 'local3', path);
  syslog.write(4, 'nobody listens', 0);

  const first = new DatagramReceiver(path);
  syslog.write(4, '[WARNING] Switching to state: MASTER', Date.now());
  const line =
    /^<156>[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d ucarp\[\d+\]: \[WARNING\] Switching to state: MASTER$/;
  assert.match(first.next()!, line);
  first[Symbol.dispose](); // takes its path with it

  using second = new DatagramReceiver(path);
  syslog.write(6, 'again', Date.now());
  assert.match(second.next()!, /^<158>.* ucarp\[\d+\]: again$/);
});
