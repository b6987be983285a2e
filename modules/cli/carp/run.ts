/**
 * @module
 * `carpet carp` at work: a kernel with the Linux driver, the host module (signals, service manager) and CARP.
 *
 * SIGTERM, SIGINT: bow out and end. SIGHUP: read the settings file again and apply what changed, without a failover.
 * SIGUSR1: show the state. SIGUSR2: hand over every address. A signal during the start is carried out when CARP runs;
 * SIGTERM and SIGINT end the start.
 */
import { CarpetError } from '../../../core/index.js';
import { AcdModule } from '../../acd/index.js';
import { CarpModule } from '../../carp/index.js';
import { CarpStatusModule, type CarpStatusSettings } from '../../carp-status/index.js';
import { IfnetModule } from '../../ifnet/index.js';
import { LinuxDriver } from '../../ifnet/linux/index.js';
import type { Cli } from '../cli.js';
import { loadHost, startKernel } from '../kernel.js';
import { surviveLostOutput } from '../output.js';
import { panicOnUncaught } from '../panic.js';
import { keepPrivileges } from '../privileges.js';
import { followPlan } from './apply.js';
import type { CarpPlan, Warn } from './plan.js';
import { CarpReport } from './report.js';

/** What `carpet carp` was asked to run. */
export interface CarpRun {
  /** Reads the settings; called again at SIGHUP. */
  readonly plan: (warn: Warn) => CarpPlan;
  /** Print state changes as JSON lines. */
  readonly json: boolean;
  /** Whether to wait for an interface that does not exist; otherwise it is an error. */
  readonly waits: boolean;
  /** Where other processes can ask for the state; undefined: nowhere. */
  readonly status: CarpStatusSettings | undefined;
  /** Where it keeps what must survive a restart. */
  readonly stateDir?: string | undefined;
  /** The capabilities that it keeps: names, `none` or `all`. */
  readonly capabilities: string;
}

/** Returns when CARP runs; the process then lives until a signal has shut the kernel down. */
export async function runCarp(run: CarpRun, cli: Cli): Promise<void> {
  const { plan, json, waits, status, stateDir, capabilities } = run;
  surviveLostOutput();
  await startKernel({ log: await cli.log(), name: 'carp', stateDir }, cli.signals, async (kernel) => {
    panicOnUncaught(kernel, cli.debug);
    const log = kernel.log.child('carp');
    const warn = (text: string): void => log.warning(text);
    const first = plan(warn);
    await keepPrivileges(capabilities); // before anything that a stranger sends is read
    const report = new CarpReport(kernel, json);
    const host = await loadHost(kernel, cli.signals);
    await kernel.load(LinuxDriver);
    await kernel.load(AcdModule);
    const carp = await kernel.load(CarpModule);
    if (!waits) requireInterfaces(first, kernel.get(IfnetModule));
    await followPlan({ first, read: () => plan(warn), kernel, log });
    if (status !== undefined) await kernel.load(CarpStatusModule, status);
    process.on('SIGUSR1', () => report.status(carp));
    process.on('SIGUSR2', () => carp.list().forEach((vhid) => vhid.setState('BACKUP')));
    host.ready();
  });
}

/** @throws CarpetError ENXIO for an interface that does not exist */
function requireInterfaces({ vhids }: CarpPlan, ifnet: IfnetModule): void {
  const names = ifnet.list().map(({ name }) => name);
  const missing = vhids.find(({ ifname }) => !names.includes(ifname));
  if (missing === undefined) return;
  throw new CarpetError('ENXIO', `there is no interface ${missing.ifname}; there are: ${names.join(', ')}`);
}
