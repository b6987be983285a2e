/** The process in which mutants are tried, when a terminal's Ctrl-C or a runner ends the whole process group. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { it, type TestContext } from 'node:test';
import { setTimeout as elapse } from 'node:timers/promises';

/** Says that it is there, and has one test, which takes half a second, or for ever. */
const WORKER = `
process.send({ kind: 'loaded', tests: [String(process.pid)], reached: [] });
process.on('message', ({ bail }) => {
  process.send({ kind: 'begins', test: 0 });
  if (bail) setImmediate(() => { for (;;); });
  setTimeout(() => {
    process.send({ kind: 'ended', test: 0, ms: 1, cpu: 1, reached: [] });
    process.send({ kind: 'done' });
  }, 500);
});
`;

/** Runs that test, as the search for mutants does: the first signal ends nothing, the second all. */
const SEARCH = `
import { Trial } from ${JSON.stringify(new URL('trial.js', import.meta.url).href)};
process.once('SIGINT', () => process.once('SIGINT', () => process.exit(130)));
const [program, bail] = process.argv.slice(2);
const trial = await Trial.start({ program, env: process.env }, {}, 10_000);
const outcomes = trial.run({ mutant: 1, tests: [{ test: 0, limitMs: 10_000 }], bail: bail === 'true' });
console.log(trial.tests[0]);
console.log(JSON.stringify(await outcomes));
await trial[Symbol.asyncDispose]();
`;

/** Nobody may wait for a process whose parent has ended: it stays in the table then. */
function computes(pid: number): boolean {
  try {
    return !/^State:\s*Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

/** Starts the search in a process group of its own. @param hangs whether the test does */
async function search(t: TestContext, hangs: boolean) {
  const folder = mkdtempSync(join(tmpdir(), 'carpet-trial-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const [program, main] = [join(folder, 'worker.mjs'), join(folder, 'search.mjs')];
  writeFileSync(program, WORKER);
  writeFileSync(main, SEARCH);
  const child = spawn(process.execPath, [main, program, String(hangs)], {
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.after(() => child.kill('SIGKILL'));
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const worker = Number((await lines.next()).value);
  return { worker, lines, ended: once(child, 'exit'), interrupt: () => process.kill(-child.pid!, 'SIGINT') };
}

it('a signal to the process group ends no test: what it was to notice would count as noticed', async (t) => {
  const { lines, interrupt } = await search(t, false);
  interrupt();
  const outcomes = JSON.parse((await lines.next()).value as string) as { error?: string }[];
  assert.deepEqual(
    outcomes.map(({ error }) => error),
    [undefined],
  );
});

it('a search that is ended at once leaves no process behind, not even one that computes for ever', async (t) => {
  const { worker, ended, interrupt } = await search(t, true);
  await elapse(300);
  interrupt();
  await elapse(300);
  interrupt();
  assert.deepEqual(await ended, [130, null]);
  for (let turn = 0; turn < 200 && computes(worker); turn++) await elapse(10);
  assert.ok(!computes(worker));
});
