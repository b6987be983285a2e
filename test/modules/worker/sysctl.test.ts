/** What the kernel shows of a worker's sysctls is what they are there, whatever became of what was written. */
import './support/events.js';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type IsolationInfo, Kernel } from '../../../core/index.js';
import { WorkerModule } from '../../../modules/worker/index.js';
import { shortOfThreads } from '../../support/short-of-threads.js';
import { Tuner } from './support/tuner.js';

class TunerKernel implements AsyncDisposable {
  readonly log: string[] = [];
  readonly kernel = new Kernel({ log: ({ message }) => void this.log.push(message) });

  static async start(restart: { readonly max?: number; readonly delayMs: number } = { delayMs: 20 }) {
    const self = new TunerKernel();
    await self.kernel.load(WorkerModule);
    await self.kernel.load(Tuner, undefined, { isolate: { in: 'worker', stallMs: 400, restart } });
    return self;
  }

  get isolation(): IsolationInfo {
    return this.kernel.modules().find(({ name }) => name === 'tuner')!.isolation!;
  }

  tell(what: string): void {
    this.kernel.eventhandler.invoke('worker_test', what);
  }

  write(name: string, value: number): void {
    this.kernel.sysctl.set(`dev.tuner.${name}`, value);
  }

  value(name: string): unknown {
    return this.kernel.sysctl.get(`dev.tuner.${name}`)?.value;
  }

  async restarted(): Promise<void> {
    this.tell('die');
    await this.until(() => this.isolation.restarts === 1 && this.isolation.state === 'running');
  }

  async shows(name: string, value: unknown): Promise<void> {
    await this.until(
      () => this.value(name) === value,
      () => `dev.tuner.${name} is ${String(this.value(name))}`,
    );
  }

  async until(condition: () => boolean, why = (): string => this.log.join('\n')): Promise<void> {
    const deadline = Date.now() + 15_000;
    while (!condition()) {
      if (Date.now() > deadline) throw new Error(`waited in vain: ${why()}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kernel.shutdown();
  }
}

test('a value that the module refuses ends no worker: a log line says so, and the value is the module’s again', async () => {
  await using tuner = await TunerKernel.start();
  tuner.write('even', 3);
  await tuner.shows('even', 2);
  assert.deepEqual([tuner.isolation.state, tuner.isolation.restarts], ['running', 0]);
  assert.deepEqual(tuner.log, ['sysctl dev.tuner.even: 3 is refused: it is odd']);
});

test('a value that the module makes of what was written is shown, also where nothing has changed', async () => {
  await using tuner = await TunerKernel.start();
  tuner.write('fixed', 9);
  tuner.write('even', 4);
  await tuner.shows('fixed', 2);
  assert.equal(tuner.value('even'), 4);
});

test('what is added is added once for each time, and not again in the next thread', async () => {
  await using tuner = await TunerKernel.start();
  assert.equal(tuner.kernel.sysctl.get('dev.tuner.sum')?.cumulative, true);
  tuner.write('sum', 3);
  await tuner.shows('sum', 5);
  tuner.write('sum', 5);
  await tuner.shows('sum', 10);
  await tuner.restarted();
  await tuner.shows('sum', 2);
});

test('a thread starts with the tunables of the one before, and with its own counters and texts', async () => {
  await using tuner = await TunerKernel.start();
  tuner.write('even', 8);
  tuner.tell('work');
  await tuner.shows('state', 'busy');
  await tuner.shows('count', 5);
  await tuner.restarted();
  await tuner.shows('state', 'idle');
  await tuner.shows('count', 0);
  assert.equal(tuner.value('even'), 8);
});

test('a sysctl goes with the scope in the thread that made it, and its name is free', async () => {
  await using tuner = await TunerKernel.start();
  for (let i = 0; i < 2; i++) {
    tuner.tell('meet');
    await tuner.shows('peer', 1);
    tuner.tell('part');
    await tuner.shows('peer', undefined);
  }
  tuner.kernel.sysctl.int('dev.tuner.peer', { description: 'another', value: 3 });
});

test('a module that is given up leaves no list, by whatever name', async () => {
  await using tuner = await TunerKernel.start({ max: 0, delayMs: 20 });
  const { eventhandler } = tuner.kernel;
  const name = 'worker list with blanks';
  const handlers = (): number => eventhandler.lists().find((list) => list.name === name)?.entries.length ?? 0;
  tuner.tell('listen');
  await tuner.until(() => handlers() === 1);
  tuner.tell('die');
  await tuner.until(() => tuner.isolation.state === 'failed');
  assert.equal(handlers(), 0);
});

test('who waits for a module that is given up because there is no thread for it waits no longer', async (t) => {
  await using tuner = await TunerKernel.start({ max: 1, delayMs: 300 });
  shortOfThreads(t).failures = 1;
  tuner.tell('die');
  await tuner.until(() => tuner.isolation.state === 'restarting');
  const asked = tuner.kernel.eventhandler.invokeAsync('worker_test', 'nothing').then(() => 'ended');
  await tuner.until(() => tuner.isolation.state === 'failed');
  const late = new Promise((resolve) => setTimeout(resolve, 2_000, 'waits'));
  assert.equal(await Promise.race([asked, late]), 'ended');
});
