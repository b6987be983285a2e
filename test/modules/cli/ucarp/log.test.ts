/** Log lines in ucarp's form, on the streams that ucarp uses, and in a real /dev/log-like socket. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import koffi from 'koffi';
import { Syslog } from '../../../../modules/cli/log/syslog.js';

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

/** A Unix datagram socket that receives, which Node does not have. */
function receiver(path: string): { read(): string; close(): void } {
  const libc = koffi.load('libc.so.6');
  const address = Buffer.concat([Buffer.from([1, 0]), Buffer.from(`${path}\0`)]);
  const fd: number = libc.func('int socket(int, int, int)')(1, 2, 0);
  assert.equal(libc.func('int bind(int, const uint8_t *, uint32_t)')(fd, address, address.length), 0);
  const recv = libc.func('int64_t recv(int, _Out_ uint8_t *, size_t, int)');
  const close = libc.func('int close(int)');
  const buffer = Buffer.alloc(2048);
  const MSG_DONTWAIT = 0x40;
  return {
    read: () =>
      buffer.toString('utf8', 0, Math.max(0, Number(recv(fd, buffer, buffer.length, MSG_DONTWAIT)))),
    close: () => close(fd),
  };
}

test('syslog: facility and priority, and a restarted daemon is found again', (t) => {
  const place = mkdtempSync(join(tmpdir(), 'carpet-syslog-'));
  t.after(() => rmSync(place, { recursive: true }));
  const path = join(place, 'log');
  using syslog = new Syslog('ucarp', 'local3', path);
  syslog.write(4, 'nobody listens', 0);

  const first = receiver(path);
  syslog.write(4, '[WARNING] Switching to state: MASTER', Date.now());
  const line =
    /^<156>[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d ucarp\[\d+\]: \[WARNING\] Switching to state: MASTER$/;
  assert.match(first.read(), line);
  first.close();
  rmSync(path);

  const second = receiver(path);
  syslog.write(6, 'again', Date.now());
  assert.match(second.read(), /^<158>.* ucarp\[\d+\]: again$/);
  second.close();
});
