import { hostname } from 'node:os';
import type { Kernel, LogSink } from '../../../core/index.js';
import { AcdModule } from '../../acd/index.js';
import { CarpModule } from '../../carp/index.js';
import { CarpStatusModule } from '../../carp-status/index.js';
import { DevdModule, pidFileOf } from '../../devd/index.js';
import { followPlan } from '../carp/apply.js';
import { type CarpPlan, readPlan } from '../carp/plan.js';
import { PidFile } from '../daemon/pid-file.js';
import { loadHost, startKernel } from '../kernel.js';
import { surviveLostOutput } from '../output.js';
import { panicOnUncaught } from '../panic.js';
import { keepPrivileges } from '../privileges.js';
import type { HeldSignals } from '../signals.js';
import { loadSources } from '../sources.js';
import type { DevdCarpOptions, DevdRunOptions } from './options.js';

/** How and where devd runs. */
export interface DevdRun {
  readonly log: LogSink;
  readonly signals: HeldSignals;
  /** Called when it runs, by a daemon. */
  readonly started?: () => void;
}

/** Returns when devd runs; the process then lives until a signal has shut the kernel down. */
export async function runDevd(options: DevdRunOptions, { log, signals, started }: DevdRun): Promise<void> {
  surviveLostOutput();
  const { base, stateDir } = options;
  const settings = { log, name: hostname(), base, stateDir };
  const running = await startKernel(settings, signals, async (kernel) => {
    panicOnUncaught(kernel, options.debug);
    takePidFile(kernel, options);
    await keepPrivileges(options.capabilities); // before anything that a stranger sends is read
    const host = await loadHost(kernel, signals);
    await loadSources(kernel, options.coldplug);
    const devd = await loadDevd(kernel, options);
    for (const module of options.load) await kernel.load(module);
    if (options.carp !== undefined) await runCarp(kernel, options.carp);
    process.on('SIGUSR2', () => kernel.log.notice(`Events received so far=${devd.statistics.records.value}`));
    signals.release(); // the records that are pending may keep devd busy for minutes
    if (!options.now) await devd.settled();
    return { host, rules: devd.rules, log: kernel.log };
  });
  // A signal that ends the kernel settles devd too, which does not run then.
  if (running === undefined) return;
  running.host.ready(`${running.rules} rules`);
  running.log.notice(`devd runs with ${running.rules} rules of ${options.config}`);
  started?.();
}

/** Before the sockets: the process that has the pid file owns them. */
function takePidFile(kernel: Kernel, { config, debug }: DevdRunOptions): void {
  const path = debug ? undefined : pidFileOf(config);
  if (path === undefined) return;
  const file = PidFile.take(path);
  kernel.eventhandler.register('shutdown_final', () => file[Symbol.dispose]());
}

async function loadDevd(kernel: Kernel, options: DevdRunOptions): Promise<DevdModule> {
  const { config, debug, strict, quote, seqpacket, stream, mode, owner, limit, actionUser } = options;
  const sockets = { seqpacket, stream, mode, ...(owner && { owner }), limit };
  const devd = await kernel.load(DevdModule, {
    config,
    strict,
    quote,
    trace: debug,
    sockets,
    ...(actionUser !== undefined && { actionUser }),
  });
  kernel.sysctl.set('devd.debounce', options.debounce);
  kernel.sysctl.set('devd.action.timeout', options.timeout);
  kernel.sysctl.set('devd.action.concurrency', options.concurrency);
  return devd;
}

/** Runs the vhids of a settings file of `carpet carp` in this kernel, so that rules see their events. */
async function runCarp(kernel: Kernel, { file, status }: DevdCarpOptions): Promise<void> {
  const log = kernel.log.child('carp');
  const read = (): CarpPlan => readPlan(file, (text) => log.warning(text));
  const first = read();
  await kernel.load(AcdModule);
  await kernel.load(CarpModule);
  await followPlan({ first, read, kernel, log });
  if (status !== undefined) await kernel.load(CarpStatusModule, status);
}
