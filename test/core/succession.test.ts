import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inject, type Json, Kernel, Module, type ModuleEnd, Succession } from '../../core/index.js';

const log: string[] = [];

@Module({ name: 'counting' })
class Counting {
  #count = 0;

  constructor(@inject(Succession) private readonly succession: Succession) {}

  handover(): Json {
    return { count: ++this.#count };
  }

  takeover(state: Json): void {
    log.push(`${this.succession.standby ? 'stands by' : 'at work'} ${JSON.stringify(state)}`);
  }

  stop(end: ModuleEnd): void {
    log.push(end);
  }
}

@Module({ name: 'slow' })
class Slow {
  async handover(): Promise<Json> {
    return 'slow';
  }

  async takeover(): Promise<void> {}
}

test('a successor stands by with the states of the predecessor, gets the newest, and is at work', async () => {
  log.length = 0;
  const phases: string[] = [];
  const [old] = [new Kernel()];
  await old.load(Counting);
  old.eventhandler.register('succession_event', (phase) => phases.push(`old ${phase}`));
  const states = await old.succession.capture();
  const kernel = new Kernel({ predecessor: states });
  kernel.eventhandler.register('succession_event', (phase) => phases.push(`new ${phase}`));
  assert.equal(kernel.succession.standby, true);
  await kernel.load(Counting);
  kernel.succession.take(old.succession.captureNow(states));
  kernel.succession.begin();
  old.succession.give();
  await old.shutdown('replace');
  kernel.succession.alone();
  assert.equal(kernel.succession.standby, false);
  assert.deepEqual(phases, ['new begun', 'old given', 'new alone']);
  assert.deepEqual(log, ['stands by {"count":1}', 'stands by {"count":2}', 'replace']);
  await kernel.shutdown();
  assert.equal(log.at(-1), 'unload');
});

test('what a module cannot say at once was asked before; what it cannot take at once fails', async () => {
  const old = new Kernel();
  await old.load(Slow);
  const states = await old.succession.capture();
  assert.deepEqual(old.succession.captureNow(states), { slow: 'slow' });
  assert.deepEqual(old.succession.captureNow({}), {});
  await old.load(Counting);
  assert.deepEqual(await old.succession.captureSlow(), { slow: 'slow' });
  assert.deepEqual(old.succession.captureNow({}), { counting: { count: 1 } });
  const kernel = new Kernel({ predecessor: states });
  await kernel.load(Slow);
  assert.throws(() => kernel.succession.take(states), {
    code: 'EHANDOVER',
    message: 'slow: its takeover must end at once when it is called again',
  });
});

test('only what cannot say its state in one turn is asked again', async () => {
  await using old = new Kernel();
  await old.load(Slow);
  await old.load(Counting);
  assert.deepEqual(await old.succession.capture(), { slow: 'slow', counting: { count: 1 } });
  assert.deepEqual(await old.succession.captureSlow(), { slow: 'slow' });
  assert.deepEqual(old.succession.captureNow({}), { counting: { count: 2 } });
});

test('changes hold a succession off, and a kernel that is frozen for one refuses them', async () => {
  const kernel = new Kernel();
  const { succession } = kernel;
  const [outer, inner] = [succession.hold('applying'), succession.hold('loading')];
  assert.equal(succession.held, 'applying');
  outer[Symbol.dispose]();
  const released = succession.released();
  assert.equal(succession.held, 'loading');
  inner[Symbol.dispose]();
  await released;
  assert.equal(succession.held, undefined);
  await kernel.load(Counting);
  const loading = kernel.load(Slow);
  assert.equal(succession.held, 'loading slow has not ended');
  await loading;
  assert.equal(succession.held, undefined);
  const frozen = succession.freeze();
  for (const change of [
    () => kernel.load(Counting),
    () => kernel.unload('slow'),
    () => kernel.release('slow'),
    () => kernel.reload(Slow),
    () => kernel.reconfigure('slow', {}),
  ])
    await assert.rejects(change, { code: 'EAGAIN', message: /^an upgrade is under way/ });
  frozen[Symbol.dispose]();
  await kernel.unload('slow');
  await kernel.shutdown();
});
