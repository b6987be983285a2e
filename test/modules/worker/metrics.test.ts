/** Metrics of a module in a thread, beside the kernel's own. */
import './support/events.js';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Kernel, Scope, VirtualClock } from '../../../core/index.js';
import { MetricsModule } from '../../../modules/metrics/index.js';
import { Publisher } from '../../../modules/metrics/publisher.js';
import { WorkerModule } from '../../../modules/worker/index.js';
import { Gauger } from './support/gauger.js';

test('metrics of a module in a worker are shown within two seconds, bounded, and gone with it', async () => {
  const log: string[] = [];
  await using kernel = new Kernel({ log: ({ message }) => void log.push(message) });
  await kernel.load(WorkerModule);
  const metrics = await kernel.load(MetricsModule);
  using taken = metrics.registry.add({
    name: 'gauger_taken',
    help: 'the first',
    type: 'gauge',
    write: (sink) => sink.sample('', '', 7),
  });
  await kernel.load(Gauger, undefined, { isolate: { in: 'worker', restart: { delayMs: 10 } } });
  const shown = (): string => metrics.registry.render('openmetrics');
  const until = async (what: string, condition: () => boolean): Promise<void> => {
    const deadline = Date.now() + 15_000;
    while (!condition()) {
      assert.ok(
        Date.now() < deadline,
        `${what}\n${shown().replace(/.*carpet_sysctl.*\n/g, '')}\n${log.join('\n')}`,
      );
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  const { eventhandler } = kernel;
  eventhandler.invoke('worker_test', 'a "b"');
  await until('a counter', () => shown().includes('gauger_calls_total{what="a \\"b\\""} 1\n'));
  await until('a histogram', () => shown().includes('gauger_seconds'));
  assert.match(
    shown(),
    /# TYPE gauger_seconds histogram\ngauger_seconds_bucket\{le="1.0"\} 0\n.*2.0"\} 1\n.*\n.*sum 1.5/,
  );
  assert.match(shown(), /^gauger_taken 7$/m, 'a name that is taken waits');
  taken[Symbol.dispose]();
  eventhandler.invoke('worker_test', 'flood');
  await until('refusals', () =>
    log.some((line) => /at most 100 metrics and 2000 series|cannot leave its worker/.test(line)),
  );
  await until('a limit of families', () => log.some((line) => /gauger_g\d+ is not shown/.test(line)));
  assert.ok(shown().split('# TYPE gauger_').length - 1 <= 100);
  assert.ok(!shown().includes('carpet_carp_fake'));
  eventhandler.invoke('worker_test', 'die');
  await until('its end', () => !shown().includes('gauger_g1'));
  await until('its restart', () => shown().includes('gauger_seconds_sum 1.5'));
  await kernel.unload('gauger');
  assert.ok(!shown().includes('gauger'));
});

test('what a worker writes of a metric is checked', async () => {
  await using kernel = new Kernel();
  const metrics = await kernel.load(MetricsModule);
  using sheet = metrics.openSheet();
  const family = { name: 'm', help: 'h', type: 'gauge', samples: [['', 'a="b",c="\\"\\\\\\n"', Number.NaN]] };
  metrics.writeSheet(sheet.key, family);
  assert.match(metrics.registry.render('openmetrics'), /^m\{a="b",c="\\"\\\\\\n"\} NaN$/m);
  for (const wrong of [
    { ...family, name: 'm 1\nforged' },
    { ...family, samples: [['', 'a="b"} 1\nforged 2', 1]] },
    { ...family, samples: [['', 'a="\n"', 1]] },
    { ...family, samples: [['_forged', '', 1]] },
    { ...family, samples: [['', '', '1\nforged']] },
    { ...family, help: 5 },
    undefined,
  ])
    assert.throws(() => metrics.writeSheet(sheet.key, wrong), { code: 'EINVAL' });
  assert.throws(() => metrics.writeSheet('another', family), { code: 'ENOENT' });
});

test('a sheet that the kernel outside could not open at once is opened a second later', async () => {
  const clock = new VirtualClock();
  const faults: string[] = [];
  await using kernel = new Kernel({ clock, onError: ({ message }) => void faults.push(message) });
  const metrics = await kernel.load(MetricsModule);
  await using scope = new Scope('gauger', kernel);
  let isBusy = true;
  const sheets = {
    async openSheet() {
      if (isBusy) throw new Error('10000 messages wait');
      return metrics.openSheet();
    },
    writeSheet: async (key: string, family: unknown) => metrics.writeSheet(key, family),
    eraseFromSheet: async (key: string, name: string) => metrics.eraseFromSheet(key, name),
  };
  new Publisher(sheets, scope, kernel.log).add({
    name: 'gauger_calls',
    help: 'calls',
    type: 'gauge',
    write: (sink) => sink.sample('', '', 7),
  });
  await clock.advance(1_000);
  assert.deepEqual(faults, ['callout gauger metrics failed: 10000 messages wait']);
  isBusy = false;
  await clock.advance(1_000);
  assert.match(metrics.registry.render('openmetrics'), /^gauger_calls 7$/m);
});
