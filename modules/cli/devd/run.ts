/** Runs devd in a kernel of its own until a signal ends it. */
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { Kernel, type LogSink } from '../../../core/index.js';
import { CarpModule, type CarpVhidOptions } from '../../carp/index.js';
import { DevctlModule } from '../../devctl/index.js';
import { DevdModule, pidFileOf } from '../../devd/index.js';
import { HostModule } from '../../host/index.js';
import { LinuxDriver } from '../../ifnet/linux/index.js';
import { UsageError } from '../failure.js';
import type { DevdRunOptions } from './options.js';
import { PidFile } from './pid-file.js';

/** Returns when devd runs; the process then lives until a signal has shut the kernel down. */
export async function runDevd(options: DevdRunOptions, log: LogSink): Promise<void> {
  const { config, debug, strict, quote, seqpacket, stream, mode, owner } = options;
  const kernel = new Kernel({ log, name: hostname() });
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

/** What is there already is told only if it comes after devctl listens. */
async function loadSources(kernel: Kernel, coldplug: boolean): Promise<void> {
  const modules = coldplug ? [DevctlModule, LinuxDriver] : [LinuxDriver, DevctlModule];
  for (const module of modules) await kernel.load(module as typeof DevctlModule);
}

/** The vhids of a JSON file, run in this kernel, so that rules see what becomes of them. */
async function runCarp(kernel: Kernel, file: string): Promise<void> {
  const carp = await kernel.load(CarpModule);
  for (const vhid of readVhids(file)) carp.create(vhid);
}

function readVhids(file: string): CarpVhidOptions[] {
  try {
    const vhids: unknown = JSON.parse(readFileSync(file, 'utf8'));
    if (Array.isArray(vhids)) return vhids as CarpVhidOptions[];
  } catch (error) {
    throw new UsageError(`${file}: ${(error as Error).message}`);
  }
  throw new UsageError(`${file}: must be a JSON array of vhids`);
}
