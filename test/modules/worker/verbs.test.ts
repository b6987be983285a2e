/** Verbs of a module in a thread, at the control socket: carried out there, and bounded whatever they do. */
import './support/events.js';
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { WorkerModule, type WorkerOptions } from '../../../modules/worker/index.js';
import { needs } from '../../support/needs.js';
import { type Answer, ControlledKernel } from '../control/support/server.js';
import { Clerk } from './support/clerk.js';

async function start(options: WorkerOptions = {}): Promise<ControlledKernel> {
  const kernel = await ControlledKernel.start();
  await kernel.kernel.load(WorkerModule);
  await kernel.kernel.load(Clerk, undefined, { isolate: { in: 'worker', ...options } });
  return kernel;
}

async function until(condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 15_000;
  while (!condition()) {
    assert.ok(Date.now() < deadline, 'waited 15 s');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Code and detail of a refusal. */
function refusal({ json }: Answer): unknown[] {
  const { code, detail } = json as { code: string; detail: string };
  return [code, detail];
}

describe('verbs of a module in a worker', { skip: needs('native') }, () => {
  let kernel: ControlledKernel;
  before(async () => (kernel = await start()));
  after(async () => kernel[Symbol.asyncDispose]());

  it('are offered, described, checked and carried out as those of the kernel', async () => {
    const { client } = kernel;
    const verb = (await client.index()).verbs.find(({ name }) => name === 'clerk.add')!;
    assert.deepEqual(
      [verb.summary, verb.access, verb.positional, verb.module, verb.input?.properties?.['b']?.description],
      ['add two numbers', 'read', ['a'], 'clerk', 'the other'],
    );
    assert.deepEqual(await client.call(verb, { a: 3 }, 'json'), { sum: 4 });
    assert.equal(await client.call(verb, { a: 3, b: 4 }, 'text'), 'the sum is 7\n\\x1b[31mred\n');
    assert.deepEqual(refusal(await kernel.ask('/v1/clerk/add?a=3&c=4')), [
      'EINVAL',
      'clerk.add: c: is not known here',
    ]);
    assert.deepEqual(refusal(await kernel.ask('/v1/clerk/fail')), ['EMODULE', 'out of paper']);
    const caller = (await kernel.ask('/v1/clerk/caller', { body: {} })).json as { pid: number };
    assert.equal(caller.pid, process.pid);
    const shown = (await kernel.ask('/v1/kldstat?verbose=true', { headers: { accept: 'text/plain' } })).body;
    assert.match(shown, /^clerk .* worker \(running\) .* clerk\.add clerk\.caller clerk\.count /m);
  });

  it('that stream are read as far as the reader reads, and left with it', async () => {
    const { client } = kernel;
    const verb = (await client.index()).verbs.find(({ name }) => name === 'clerk.count')!;
    const seen: string[] = [];
    for await (const item of client.stream(verb, {}, 'json')) if (seen.push(item) === 300) break;
    assert.deepEqual(seen.slice(-2), ['299', '300']);
    let left = 0;
    while (left === 0) left = (await kernel.ask('/v1/clerk/left')).json as number;
    const all: string[] = [];
    await assert.rejects(async () => {
      for await (const item of client.stream(verb, { to: 3 }, 'json')) all.push(item);
    }, /the third is too much/);
    assert.deepEqual(all, ['1', '2', '3']);
  });

  it('come and go with what offers them: a registration, a restart, the module', async () => {
    await using kernel = await start({ restart: { max: 5, withinMs: 60_000, delayMs: 300 }, stallMs: 500 });
    const { eventhandler, verbs } = kernel.kernel;
    const has = (name: string): boolean => verbs.list().some((each) => each.name === name);
    eventhandler.invoke('worker_test', 'one', 1);
    await until(() => has('clerk.more'));
    eventhandler.invoke('worker_test', 'go', 1);
    await until(() => !has('clerk.more'));
    const spinning = kernel.ask('/v1/clerk/spin', { body: {} });
    await until(() => !has('clerk.add'));
    assert.match(String(refusal(await spinning)[1]), /^clerk: its worker does not run: it stood still for /);
    assert.equal((await kernel.ask('/v1/clerk/add?a=1')).status, 404);
    await until(() => has('clerk.add'));
    assert.deepEqual((await kernel.ask('/v1/clerk/add?a=1')).json, { sum: 2 });
    await kernel.kernel.unload('clerk');
    assert.deepEqual(
      verbs.list().filter(({ module }) => module === 'clerk'),
      [],
    );
  });

  it('that never answer are given up, their signal aborts, and they keep no more than 32 callers', async () => {
    await using kernel = await start({ verbMs: 700 });
    const asked = Array.from({ length: 40 }, () => kernel.ask('/v1/clerk/never', { body: {} }));
    const answers = (await Promise.all(asked)).map(refusal);
    const codes = answers.map(([code]) => code);
    assert.deepEqual(
      [codes.filter((code) => code === 'ETIMEDOUT').length, codes.filter((code) => code === 'EBUSY').length],
      [32, 8],
    );
    assert.ok(answers.some(([, detail]) => detail === 'clerk.never did not answer within 700 ms'));
    assert.equal((await kernel.ask('/v1/clerk/left')).json, 32);
  });

  it('have no more than their share: of an answer, of the table, of the terminal', async () => {
    await using kernel = await start({ memoryMb: 512 });
    const { eventhandler, verbs, sysctl } = kernel.kernel;
    assert.deepEqual(refusal(await kernel.ask('/v1/clerk/huge'))[0], 'EMSGSIZE');
    const never = verbs.list().find(({ name }) => name === 'clerk.never')!;
    assert.equal(never.summary, 'never answer\\x1b[2J');
    eventhandler.invoke('worker_test', 'many', 1_000_000);
    await until(() => sysctl.get('dev.clerk.made') !== undefined);
    assert.equal(sysctl.get('dev.clerk.made')!.value, 92);
    assert.equal(verbs.list().filter(({ module }) => module === 'clerk').length, 100);
    await until(() => kernel.log.some((line) => line.includes('at most 100 verbs')));
  });
});
