import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { closeSync, existsSync, openSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { journalLine } from '../../../modules/cli/log/index.js';
import { terminalLine } from '../../../modules/cli/log/terminal.js';

const record = { level: 'warning', time: Date.parse('2026-01-31T12:00:00.042Z'), module: 'carp' } as const;

/** Writes one record through openLog in a process of its own, and returns what came out on stderr. */
function written(options: object, env: Record<string, string> = {}): string {
  const module = new URL('../../../modules/cli/log/index.js', import.meta.url).href;
  const line = JSON.stringify({ ...record, message: 'hello', fields: { vhid: 7 } });
  const code = `import { openLog } from '${module}';
    const sink = await openLog(${JSON.stringify(options)});
    sink(${line}); sink({ ...${line}, level: 'debug', message: 'detail' });`;
  const args = ['--input-type=module', '-e', code];
  const clean = { ...process.env, NOTIFY_SOCKET: '', JOURNAL_STREAM: '' };
  return spawnSync(process.execPath, args, { encoding: 'utf8', env: { ...clean, ...env } }).stderr;
}

test("the journal's line begins with syslog's priority", () => {
  assert.equal(journalLine({ ...record, message: 'hello' }), '<4>carp: hello');
  assert.equal(journalLine({ ...record, level: 'error', message: 'hello' }), '<3>carp: hello');
});

test("the terminal's line has the time of day, a file's the day too, and colours only when asked", () => {
  const line = (colours: boolean, dated: boolean) =>
    terminalLine({ ...record, message: 'hello' }, { colours, dated });
  assert.match(line(false, false), /^\d\d:\d\d:00\.042 carp: warning: hello$/);
  assert.match(line(false, true), /^2026-0[12]-\d\d \d\d:\d\d:00\.042 carp: warning: hello$/);
  assert.ok(line(true, false).endsWith('hello\u001B[0m'));
});

test('json: one object a line with the level by name', () => {
  const line = JSON.parse(written({ debug: false, format: 'json' })) as Record<string, unknown>;
  const { pid, ...rest } = line;
  assert.equal(typeof pid, 'number');
  const time = '2026-01-31T12:00:00.042Z';
  assert.deepEqual(rest, { level: 'warning', time, module: 'carp', vhid: 7, msg: 'hello' });
});

/** Runs a program whose stderr is on a full disk, with the JSON log `sink`. */
function onFullDisk(t: TestContext, body: string): { status: number | null; stdout: string } {
  const [log, core, panic] = ['modules/cli/log/index.js', 'core/index.js', 'modules/cli/panic.js'].map(
    (file) => new URL(`../../../${file}`, import.meta.url).href,
  );
  const code = `import { openLog } from '${log}';
    import { Kernel } from '${core}';
    import { panicOnUncaught } from '${panic}';
    const sink = await openLog({ debug: false, format: 'json' });
    ${body}`;
  const full = openSync('/dev/full', 'w');
  t.after(() => closeSync(full));
  const args = ['--input-type=module', '-e', code];
  return spawnSync(process.execPath, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', full] });
}

const noFullDisk = existsSync('/dev/full') ? false : 'needs /dev/full';

test('json: a full disk loses lines, and nobody who logs notices', { skip: noFullDisk }, (t) => {
  const line = JSON.stringify({ ...record, message: 'hello' });
  const { status, stdout } = onFullDisk(t, `sink(${line}); sink(${line}); console.log('alive');`);
  assert.deepEqual([status, stdout], [0, 'alive\n']);
});

test('json: a panic on a full disk shuts the kernel down', { skip: noFullDisk }, (t) => {
  const { status, stdout } = onFullDisk(
    t,
    `const kernel = new Kernel({ log: sink });
    kernel.eventhandler.register('shutdown_final', () => console.log('down'));
    panicOnUncaught(kernel, false);
    throw new Error('boom');`,
  );
  assert.deepEqual([status, stdout], [2, 'down\n']);
});

test('debug lines only with --debug; a service gets the journal format by itself', () => {
  assert.equal(written({ debug: false }, { NOTIFY_SOCKET: '/run/notify' }), '<4>carp: hello\n');
  assert.equal(written({ debug: true, format: 'journal' }), '<4>carp: hello\n<7>carp: detail\n');
  assert.match(
    written({ debug: false }, { JOURNAL_STREAM: '1:2' }),
    /^2026-0[12]-\d\d \d\d:\d\d:00\.042 carp: warning: hello\n$/,
  );
});
