/** Actions with the real /bin/sh. */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { Log, Sysctl, SystemClock } from '../../../../core/index.js';
import { ActionRunner, actionEnvironment } from '../../../../modules/devd/actions/index.js';

let folder: string;
let lines: string[];
let sysctl: Sysctl;
let runner: ActionRunner;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'carpet-actions-'));
  lines = [];
  sysctl = new Sysctl();
  const clock = new SystemClock();
  const log = new Log(({ level, message }) => level !== 'info' && lines.push(message), clock);
  runner = new ActionRunner({ clock, log, sysctl });
});

afterEach(async () => {
  await runner[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

const environment = (variables: Record<string, string> = {}): Record<string, string> =>
  actionEnvironment(new Map(Object.entries(variables)), { PATH: process.env['PATH'], DIR: folder });
const submit = (rule: string, ...commands: string[]): boolean =>
  runner.submit({ rule, commands, environment: environment() });
const written = (name: string): string => readFileSync(join(folder, name), 'utf8');
const descriptors = (): number => readdirSync('/proc/self/fd').length;
/** Real processes take real time; this one is waited for, not slept for. */
const until = async (what: () => boolean): Promise<void> => {
  for (let n = 0; n < 2000; n++) {
    if (what()) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  assert.fail(`in vain: ${what.toString()}\n${lines.join('\n')}`);
};

describe('ActionRunner', () => {
  it('runs with the shell, in /, without input, and logs output and failure in order', async () => {
    submit(
      'r:1',
      'pwd; cat; echo to stderr >&2; echo device >/dev/stderr; printf "no newline"; exit 3',
      'echo second',
    );
    await runner.stop(10_000);
    await until(() => lines.length === 6);
    assert.deepEqual(
      lines.filter((line) => !line.includes('exit status')),
      ['r:1: /', 'r:1: to stderr', 'r:1: device', 'r:1: no newline', 'r:1: second'],
    );
    assert.match(lines.find((line) => line.includes('exit status'))!, /exit status 3$/);
    assert.equal(sysctl.get('devd.action.started')?.value, 2);
  });

  it('gives the variables in the environment', async () => {
    const variables = {
      '*': '!system=USB x',
      _: 'system=USB x',
      'device-name': "it's",
      subsystem: '$(id)',
      path: '/evil',
    };
    runner.submit({
      rule: 'r',
      commands: [
        'printf "%s|" "$DEVD_EVENT" "$DEVD_DEVICE_NAME" "$DEVD_SUBSYSTEM" "$DEVD_PATH" "$PATH" >"$DIR/out"',
      ],
      environment: environment(variables),
    });
    await runner.stop(10_000);
    assert.equal(written('out'), `!system=USB x|it's|$(id)|/evil|${process.env['PATH']}|`);
  });

  it('waits for the command, not for what it leaves in the background', async () => {
    submit('r', `(sleep 30; echo late) & echo $! >"$DIR/pid"`, 'echo next >"$DIR/next"');
    await runner.stop(10_000);
    assert.equal(written('next'), 'next\n');
    process.kill(Number(written('pid')), 'SIGKILL');
  });

  it('kills a group that ignores SIGTERM when its time is over', async () => {
    sysctl.set('devd.action.timeout', 100);
    sysctl.set('devd.action.grace', 100);
    submit(
      'r',
      `trap '' TERM; (trap '' TERM; sleep 60) & echo $! >"$DIR/pid"; sleep 60`,
      'echo next >"$DIR/next"',
    );
    await runner.stop(10_000);
    assert.equal(written('next'), 'next\n');
    const pid = Number(written('pid'));
    await until(() => !isRunning(pid));
    assert.match(lines.join('\n'), /runs for more than 100 ms[\s\S]*ended by SIGKILL/);
    assert.equal(sysctl.get('devd.action.timeouts')?.value, 1);
  });

  it('reports what cannot be started', async () => {
    submit('r', 'a\0b', `: ${'x'.repeat(200_000)}`, 'echo after');
    await runner.stop(10_000);
    await until(() => lines.includes('r: after'));
    assert.match(lines[0]!, /'a\\x00b': .*null bytes/);
    assert.match(lines[1]!, /E2BIG/);
    assert.equal(sysctl.get('devd.action.failed')?.value, 2);
  });

  it('bounds what it logs, and keeps the terminal safe', async () => {
    submit(
      'r',
      `printf '\\033[31mred\\n'; yes "$(printf %2000d 7)" | head -c 1000000; echo done >"$DIR/done"`,
    );
    await runner.stop(10_000);
    await until(() => lines.some((line) => line.includes('writes more than 65536 bytes')));
    assert.equal(written('done'), 'done\n', 'output that is not logged is read all the same');
    assert.equal(lines[0], 'r: \\x1b[31mred');
    assert.ok(lines.every((line) => line.length <= 1100));
    assert.ok(lines.length < 50, `${lines.length} lines`);
  });

  it('bounds how many lines it logs', async () => {
    submit('r', `yes '' | head -n 60000; printf rest; echo done >"$DIR/done"`);
    await runner.stop(10_000);
    assert.equal(written('done'), 'done\n');
    assert.equal(lines.length, 1001);
    assert.deepEqual([lines[999], lines[1000]], ['r: ', 'r: an action writes more than 1000 lines']);
  });

  it('keeps order per rule, runs rules side by side, and leaves no descriptor behind', async () => {
    const before = descriptors();
    for (let n = 0; n < 12; n++)
      for (const rule of ['a', 'b', 'c']) submit(rule, `echo ${n} >>"$DIR/${rule}"`);
    await runner.stop(20_000);
    const expected = Array.from({ length: 12 }, (_, n) => `${n}\n`).join('');
    for (const rule of ['a', 'b', 'c']) assert.equal(written(rule), expected);
    await until(() => descriptors() <= before);
  });

  it('does not hold up the event loop while actions hang', async () => {
    for (let n = 0; n < 8; n++) submit(`hang${n}`, 'sleep 60');
    await until(() => runner.running === 8);
    submit('waits', 'echo never');
    const before = process.cpuUsage();
    for (let n = 0; n < 1000; n++) submit('waits', 'echo never');
    const { user, system } = process.cpuUsage(before);
    assert.ok(user + system < 100_000, `${user + system} us`);
    assert.equal(runner.waiting, 1000);
    assert.equal(sysctl.get('devd.action.dropped')?.value, 1);
    await runner.stop(0);
    assert.equal(runner.running, 0);
  });
});

function isRunning(pid: number): boolean {
  try {
    // A zombie that nobody has waited for yet is dead.
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

describe('actionEnvironment', () => {
  it('bounds what a stranger can put there', () => {
    const variables = new Map<string, string>([['*', 'r'.repeat(9000)]]);
    for (let n = 0; n < 100; n++) variables.set(`v${n}`, 'x'.repeat(1000));
    const result = actionEnvironment(variables, { DEVD_OLD: 'from outside', PATH: '/bin', UNSET: undefined });
    assert.equal(result['DEVD_EVENT']!.length, 8192);
    const size = Object.entries(result).reduce((sum, [key, value]) => sum + key.length + value.length + 2, 0);
    assert.ok(size < 33_000, String(size));
    assert.ok(!('DEVD_OLD' in result) && !('UNSET' in result) && result['PATH'] === '/bin');
  });

  it('lets no variable pass for another', () => {
    const variables = new Map([
      ['event', 'mine'],
      ['a-b', '1'],
      ['a_b', '2'],
      ['', 'empty'],
      ['nul', 'a\0b'],
      ['*', 'whole'],
    ]);
    assert.deepEqual(actionEnvironment(variables, {}), {
      DEVD_EVENT: 'whole',
      DEVD_A_B: '1',
      DEVD_NUL: 'ab',
    });
  });
});
