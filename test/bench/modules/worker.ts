/** What a module in a worker costs: events a second, a round trip, and what a stall of it does to the kernel's timers. */
import { Kernel, type LogRecord } from '../../../core/index.js';
import { WorkerModule, type WorkerOptions } from '../../../modules/worker/index.js';
import { elapse } from '../../lab/support/wait.js';
import type { Measurement } from '../bench.js';
import { median } from '../bench.js';
import { Sink } from './sink.js';

/** Events of one turn. */
const BURST = 500;
/** Fewer events than may wait, so that none is dropped. */
const MAX_QUEUED = 5_000;

/** @param log what the kernel logs */
async function sinkKernel(options: WorkerOptions, log: (record: LogRecord) => void = () => undefined) {
  const kernel = new Kernel({ log });
  await kernel.load(WorkerModule);
  await kernel.load(Sink, undefined, { isolate: { in: 'worker', ...options } });
  const isolation = () => kernel.modules().find(({ name }) => name === 'sink')!.isolation!;
  return { kernel, isolation };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Until the last one has been handled there, in order; none may be lost. */
async function eventsPerSecond(count: number): Promise<number> {
  const { kernel, isolation } = await sinkKernel({});
  await using _kernel = kernel;
  const list = kernel.eventhandler.defineList('sink_event');
  const began = performance.now();
  for (let sent = 0; sent < count; ) {
    for (let i = 0; i < BURST; i++) list.invoke(sent++, { name: 'eth0', up: true });
    do await turn();
    while (isolation().queued > MAX_QUEUED);
  }
  await list.invokeAsync(count, undefined);
  const seconds = (performance.now() - began) / 1000;
  const { inOrder } = (await kernel.offers('sink').call('report', [])) as { inOrder: number };
  if (inOrder !== count + 1) throw new Error(`${inOrder} of ${count + 1} events came in order`);
  return count / seconds;
}

/** Of an event that is waited for, µs. */
async function roundTrips(count: number): Promise<number[]> {
  const { kernel } = await sinkKernel({});
  await using _kernel = kernel;
  const list = kernel.eventhandler.defineList('sink_event');
  const times: number[] = [];
  for (let i = 0; i < count; i++) {
    const began = performance.now();
    await list.invokeAsync(i, undefined);
    times.push((performance.now() - began) * 1000);
  }
  return times;
}

/** How late a timer of the kernel is at most, meanwhile; of one that is armed anew for the next millisecond. */
async function lateness(kernel: Kernel, meanwhile: () => Promise<void>): Promise<number> {
  let late = 0;
  const timer = kernel.clock.callout('bench', (by) => {
    late = Math.max(late, by);
    timer.reset(1);
  });
  timer.reset(1);
  await meanwhile();
  timer[Symbol.dispose]();
  return late;
}

/** `while (true) {}` in the worker: after how long it is named, and how late the kernel is meanwhile, restart included. */
async function stall(stallMs: number): Promise<{ named: number; late: number; took: number }> {
  let named = Number.NaN;
  const { kernel, isolation } = await sinkKernel({ stallMs }, ({ message }) => {
    if (/stood still .* in /.test(message)) named = performance.now() - began;
  });
  await using _kernel = kernel;
  const began = performance.now();
  const late = await lateness(kernel, async () => {
    kernel.eventhandler.invoke('sink_event', -1, undefined);
    while (isolation().restarts === 0 || isolation().state !== 'running') await elapse(10);
  });
  return { named: named - stallMs, late, took: performance.now() - began };
}

/** How late it is beside a worker that does nothing: what the machine makes of it. */
async function idle(ms: number): Promise<number> {
  const { kernel } = await sinkKernel({});
  await using _kernel = kernel;
  return await lateness(kernel, () => elapse(ms));
}

export async function workerFigures(quick: boolean, log: (line: string) => void): Promise<Measurement[]> {
  const rate = await eventsPerSecond(quick ? 100_000 : 1_000_000);
  const trips = await roundTrips(quick ? 1_000 : 10_000);
  const stalls: { named: number; late: number; took: number }[] = [];
  const idleLate: number[] = [];
  for (let i = 0; i < (quick ? 2 : 10); i++) {
    stalls.push(await stall(500));
    idleLate.push(await idle(stalls.at(-1)!.took));
  }
  log(`stalls named after ${stalls.map(({ named }) => named.toFixed(0)).join(' ')} ms beyond the limit`);
  return [
    { id: 'modules.worker.events_per_s', value: rate, unit: '1/s' },
    { id: 'modules.worker.roundtrip_us.p50', value: median(trips), unit: 'us' },
    { id: 'modules.stall.named_ms', value: median(stalls.map(({ named }) => named)), unit: 'ms' },
    { id: 'modules.stall.late_ms.max', value: Math.max(...stalls.map(({ late }) => late)), unit: 'ms' },
    { id: 'modules.stall.late_ms.p50', value: median(stalls.map(({ late }) => late)), unit: 'ms' },
    { id: 'modules.idle.late_ms.max', value: Math.max(...idleLate), unit: 'ms' },
    { id: 'modules.idle.late_ms.p50', value: median(idleLate), unit: 'ms' },
  ];
}
