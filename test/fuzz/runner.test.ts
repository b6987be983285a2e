/** `npm run fuzz` itself: what it lists, what it refuses, and that it finds what is wrong. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { openSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { mutants, mutantTexts } from './mutation.js';
import { type FuzzLimits, type FuzzReport, runTarget } from './runner.js';
import { type FuzzProperty, fuzzProperty } from './target.js';

const MAIN = fileURLToPath(new URL('main.js', import.meta.url));
const LIMITS: FuzzLimits = { seconds: 60, runs: 20_000, seed: 7, alive: () => {}, shrinkSeconds: 60 };

function fuzz(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [MAIN, ...args], { encoding: 'utf8' });
}

function run(property: FuzzProperty, limits: Partial<FuzzLimits> = {}): Promise<FuzzReport> {
  return runTarget('mine', { properties: { part: property } }, { ...LIMITS, ...limits });
}

test('without a target it lists them; a run says how many executions there were', () => {
  const list = fuzz();
  assert.equal(list.status, 0);
  assert.match(list.stdout, /^uevent {2,}\S/m);
  const { stdout, stderr, status } = fuzz('uevent', '--runs', '2000', '--seed', '3');
  assert.match(stdout, /^uevent: .*; seed 3\nuevent: 2000 executions in [\d.]+ s, \d+ a second/);
  assert.deepEqual([stderr, status], ['', 0]);
});

test('each mistake of usage is one line', () => {
  for (const [args, expected] of [
    [['nothing'], /there is no target 'nothing'; targets: capture, carp, /],
    [['uevent', 'dbus'], /one target at a time, not 'dbus' too/],
    [['uevent', '--seconds', 'x'], /--seconds must be a number above 0, not 'x'/],
    [['uevent', '--runs', '1.5'], /--runs must be a number above 0, not '1.5'/],
    [['uevent', '--speed', '1'], /--speed/],
  ] as const) {
    const { status, stdout, stderr } = fuzz(...args);
    assert.match(stderr, expected);
    assert.match(stderr, /^npm run fuzz: [^\n]+\n$/);
    assert.deepEqual([stdout, status], ['', 1]);
  }
});

test('a violation is shown with its shortest input, and with how to see it again', async () => {
  const input = mutants([new Uint8Array(40)], { maxLength: 100 });
  const check = (bytes: Uint8Array): void => assert.ok(!bytes.includes(0x80), 'has 128 in it');
  const { violations, executions } = await run(fuzzProperty({ input, check, usual: 1 }));
  assert.equal(violations.length, 1);
  const [head, , message] = violations[0]!.split('\n');
  assert.equal(head, 'mine/part is violated by Uint8Array.from([128])');
  assert.match(violations[0]!, /has 128 in it/);
  const [, seed, runs] = /again: npm run fuzz -- mine --seed (\d+) --runs (\d+)$/.exec(violations[0]!) ?? [];
  const again = await run(fuzzProperty({ input, check, usual: 1 }), {
    seed: Number(seed),
    runs: Number(runs),
  });
  assert.equal(again.violations[0]?.split('\n')[0], head, message);
  assert.ok(executions < LIMITS.runs);
});

test('each run says that it is alive, so that many slow ones are no hang', async () => {
  const seeds: number[] = [];
  const alive = (seed: number): void => void seeds.push(seed);
  await run(fuzzProperty({ input: fc.nat(), check: () => {}, usual: 1 }), { runs: 1500, alive });
  assert.deepEqual([seeds.length, seeds[0], seeds.at(-1)], [1500, 7, 8]);
});

test('a violation is made shorter for a limited time', async () => {
  let tries = 0;
  const check = (bytes: Uint8Array): void => {
    tries++;
    assert.ok(!bytes.includes(0x80));
  };
  const input = mutants([new Uint8Array(4000)], { maxLength: 4000 });
  const { violations } = await run(fuzzProperty({ input, check, usual: 1 }), { shrinkSeconds: 0 });
  assert.match(violations[0]!, /mine\/part is violated by Uint8Array/);
  const first = tries;
  await run(fuzzProperty({ input, check, usual: 1 }));
  assert.ok(tries - first > first, `${first} tries, and ${tries - first} with time`);
});

test('handles that are left, heap that is kept, and states that were not reached are violations', async () => {
  const input = fc.nat();
  let opened = 0;
  const opens = (): void => void (opened++ % 5000 === 0 && openSync('/dev/null', 'r'));
  const handles = await run(fuzzProperty({ input, check: opens, usual: 1 }));
  assert.match(handles.violations[0]!, /^\d+ descriptors or handles were left$/);

  const kept: object[] = [];
  const keeps = (number: number): void => void kept.push(Array.from({ length: 100 }, () => ({ number })));
  const heap = await run(fuzzProperty({ input, check: keeps, usual: 1 }));
  assert.match(heap.violations[0]!, /^the heap grew by \d+ bytes$/);

  const reached = (): void => assert.fail('no such number');
  const tame = await run(fuzzProperty({ input, check: () => {}, usual: 1, reached }));
  assert.deepEqual(tame.violations, ['part: no such number']);
});

test('mutants of a text are texts of at most that many bytes', () => {
  const seed = Buffer.from('seed');
  fc.sample(mutants([seed], { maxLength: 20 }), 200);
  assert.equal(seed.toString(), 'seed');
  const texts = mutantTexts(['añb', ''], { tokens: ['xyz'], maxLength: 20 });
  const seen = new Set(fc.sample(texts, 2000));
  assert.ok(seen.size > 500, `${seen.size} different ones`);
  assert.ok([...seen].some((text) => text.includes('xyz')));
  assert.ok([...seen].every((text) => text.length <= 20));
});

test('a run that never ends is told from work, and ends the process with the seed that does it again', () => {
  const watchdog = new URL('watchdog.js', import.meta.url).href;
  const watched = (work: string) => {
    const code = `import { Watchdog } from '${watchdog}';
      const watchdog = new Watchdog('mine', 400);
      const end = Date.now() + 1500;
      ${work}
      await watchdog[Symbol.asyncDispose]();`;
    const args = ['--input-type=module', '-e', code];
    return spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 30_000 });
  };
  const hanging = watched('watchdog.alive(7); for (;;);');
  assert.deepEqual(
    [hanging.signal, hanging.stderr],
    ['SIGKILL', 'mine hangs; again: npm run fuzz -- mine --seed 7\n'],
  );
  const working = watched('while (Date.now() < end) watchdog.alive(7);');
  assert.deepEqual([working.status, working.stderr], [0, '']);
});

test('a run that is stopped says what it has done', async () => {
  const stopped = new AbortController();
  let runs = 0;
  const check = (): void => {
    if (++runs === 2500) stopped.abort();
  };
  const { executions, violations } = await run(fuzzProperty({ input: fc.nat(), check, usual: 100 }), {
    signal: stopped.signal,
  });
  assert.deepEqual([executions, violations], [3000, []]);
});
