/** How commands make their kernels, and what becomes of signals meanwhile. Signals are emitted, not sent. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { type Kernel, Module } from '../../../core/index.js';
import { loadHost, startKernel, withKernel } from '../../../modules/cli/kernel.js';
import { HeldSignals } from '../../../modules/cli/signals.js';

const say = (signal: NodeJS.Signals): boolean => process.emit(signal, signal);

/** A module that notes when it is unloaded. */
function tracked(): { Tracked: new () => object; ended: () => boolean } {
  const state = { ended: false };
  class Tracked {
    stop(): void {
      state.ended = true;
    }
  }
  Module({ name: 'tracked' })(Tracked);
  return { Tracked, ended: () => state.ended };
}

test('withKernel shuts the kernel down, whether its use succeeds or throws', async () => {
  for (const fails of [false, true]) {
    const { Tracked, ended } = tracked();
    const used = withKernel({}, async (kernel) => {
      await kernel.load(Tracked);
      if (fails) throw new Error('no use');
      return 7;
    });
    if (fails) await assert.rejects(used, /^Error: no use$/);
    else assert.equal(await used, 7);
    assert.ok(ended());
  }
});

test('startKernel leaves the kernel running, and shuts it down when its start throws', async () => {
  const good = tracked();
  const kernel = await startKernel({}, new HeldSignals(), async (made) => {
    await made.load(good.Tracked);
    return made;
  });
  assert.ok(!good.ended());
  await kernel!.shutdown();
  const bad = tracked();
  const signals = new HeldSignals();
  const failed = startKernel({}, signals, async (made) => {
    await made.load(bad.Tracked);
    throw new Error('no start');
  });
  await assert.rejects(failed, /^Error: no start$/);
  signals.release();
  assert.ok(bad.ended());
});

test('SIGHUP and SIGUSR2 during the start are carried out once it is over', async () => {
  const signals = new HeldSignals();
  const seen: string[] = [];
  const handler = (signal: string): void => void seen.push(signal);
  say('SIGHUP');
  const kernel = await startKernel({}, signals, async (made) => {
    await loadHost(made, signals);
    say('SIGHUP'); // HostModule hears it; were there no handler of host_reload, it would end the kernel
    say('SIGUSR2');
    await setImmediate();
    made.eventhandler.register('host_reload', () => seen.push('reload'));
    process.on('SIGUSR2', handler);
    assert.deepEqual(seen, []);
    return made;
  });
  assert.ok(kernel, 'it has started');
  await setImmediate();
  assert.deepEqual(seen.toSorted(), ['SIGUSR2', 'reload']);
  process.off('SIGUSR2', handler);
  await kernel.shutdown();
});

for (const early of [true, false])
  test(`SIGTERM ${early ? 'before' : 'after'} HostModule is loaded ends the start in order`, async () => {
    const signals = new HeldSignals();
    const { Tracked, ended } = tracked();
    const start = async (kernel: Kernel): Promise<string> => {
      await kernel.load(Tracked);
      if (early) say('SIGTERM');
      await loadHost(kernel, signals);
      if (!early) say('SIGTERM');
      await setImmediate();
      await kernel.load(tracked().Tracked); // refused: the kernel is going down
      return 'started';
    };
    assert.equal(await startKernel({}, signals, start), undefined);
    assert.ok(ended());
    signals.release();
  });

test('a start that hangs is left at SIGTERM', async () => {
  const signals = new HeldSignals();
  const start = async (kernel: Kernel): Promise<void> => {
    await loadHost(kernel, signals);
    say('SIGTERM');
    await new Promise(() => undefined);
  };
  assert.equal(await startKernel({}, signals, start), undefined);
  signals.release();
});

const module = new URL('../../../modules/cli/signals.js', import.meta.url).href;
const child = (code: string) =>
  spawnSync(
    process.execPath,
    ['--input-type=module', '-e', `import { HeldSignals } from '${module}'; ${code}`],
    {
      encoding: 'utf8',
    },
  );

test('released without a listener, a held signal has its default effect; without a signal nothing happens', () => {
  const kill =
    "process.kill(process.pid, 'SIGUSR2'); await new Promise((resolve) => setTimeout(resolve, 50));";
  const held = `const signals = new HeldSignals(); ${kill} console.log('held'); signals.release();`;
  const { stdout, signal } = child(`${held} setTimeout(() => console.log('alive'), 1000);`);
  assert.deepEqual([stdout, signal], ['held\n', 'SIGUSR2']);
  assert.equal(child('new HeldSignals().release();').status, 0);
});

test('a second SIGTERM ends a process that still holds the first', () => {
  const twice = "for (let i = 0; i < 2; i++) { process.kill(process.pid, 'SIGTERM'); await wait(50); }";
  const { stdout, signal } = child(
    `new HeldSignals(); const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms)); ${twice}
     console.log('alive'); await wait(1000);`,
  );
  assert.deepEqual([stdout, signal], ['', 'SIGTERM']);
});
