/** Runs devd in a kernel of its own until a signal ends it. */
import { hostname } from 'node:os';
import { Kernel, type LogSink } from '../../../core/index.js';
import { CarpModule } from '../../carp/index.js';
import { DevdModule, pidFileOf } from '../../devd/index.js';
import { HostModule } from '../../host/index.js';
import { followPlan } from '../carp/apply.js';
import { type CarpPlan, readPlan } from '../carp/plan.js';
import { PidFile } from '../daemon/pid-file.js';
import { surviveLostOutput } from '../output.js';
import { loadSources } from '../sources.js';
import type { DevdRunOptions } from './options.js';

/** Returns when devd runs; the process then lives until a signal has shut the kernel down. */
export async function runDevd(options: DevdRunOptions, log: LogSink): Promise<void> {
  const { config, debug, strict, quote, seqpacket, stream, mode, owner } = options;
  const kernel = new Kernel({ log, name: hostname(), base: options.base });
  surviveLostOutput();
  const path = debug ? undefined : pidFileOf(config);
  // Before the sockets: whoever has the pid file has them.
  const pidFile = path === undefined ? undefined : PidFile.take(path);
  kernel.eventhandler.register('shutdown_final', () => pidFile?.[Symbol.dispose]());
  try {
    const host = await kernel.load(HostModule);
    await loadSources(kernel, options.coldplug);
    const sockets = { seqpacket, stream, mode, ...(owner && { owner }), limit: options.limit };
    const devd = await kernel.load(DevdModule, { config, strict, quote, trace: debug, sockets });
    kernel.sysctl.set('devd.debounce', options.debounce);
    kernel.sysctl.set('devd.action.timeout', options.timeout);
    kernel.sysctl.set('devd.action.concurrency', options.concurrency);
    for (const module of options.load) await kernel.load(module);
    if (options.carp !== undefined) await runCarp(kernel, options.carp);
    process.on('SIGUSR2', () => kernel.log.notice(`Events received so far=${devd.statistics.records.value}`));
    if (!options.now) await devd.settled();
    host.ready(`${devd.rules} rules`);
    kernel.log.notice(`devd runs with ${devd.rules} rules of ${config}`);
  } catch (error) {
    await kernel.shutdown();
    throw error;
  }
}

/** The vhids of a settings file of `carpet carp`, run in this kernel, so that rules see what becomes of them. */
async function runCarp(kernel: Kernel, file: string): Promise<void> {
  const log = kernel.log.child('carp');
  const plan = (): CarpPlan => readPlan(file, (text) => log.warning(text));
  const first = plan();
  const carp = await kernel.load(CarpModule);
  await followPlan(first, plan, kernel, carp, log);
}
