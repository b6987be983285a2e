/**
 * @module
 * `carpet vrrp` at work: a kernel with the Linux driver, the host module (signals, service manager) and VRRP.
 *
 * SIGTERM, SIGINT: send priority 0 and end. SIGUSR1: show the state. SIGUSR2: hand the addresses over.
 */
import { CarpetError, type Kernel } from '../../../core/index.js';
import { SysctlPlanner } from '../../boot/plan/index.js';
import { IfnetModule } from '../../ifnet/index.js';
import { LinuxDriver } from '../../ifnet/linux/index.js';
import { VrrpModule, type VrrpRouterOptions } from '../../vrrp/index.js';
import type { Cli } from '../cli.js';
import { UsageError } from '../failure.js';
import { loadHost, startKernel } from '../kernel.js';
import { surviveLostOutput } from '../output.js';
import { panicOnUncaught } from '../panic.js';
import { keepPrivileges } from '../privileges.js';

/** What `carpet vrrp` was asked to run. */
export interface VrrpRun {
  readonly router: (warn: (text: string) => void) => VrrpRouterOptions;
  readonly sysctl: Readonly<Record<string, string>>;
  /** Print state changes as JSON lines. */
  readonly json: boolean;
  /** The capabilities that it keeps: names, `none` or `all`. */
  readonly capabilities: string;
}

/** Returns when VRRP runs; the process then lives until a signal has shut the kernel down. */
export async function runVrrp(run: VrrpRun, cli: Cli): Promise<void> {
  surviveLostOutput();
  await startKernel({ log: await cli.log(), name: 'vrrp' }, cli.signals, async (kernel) => {
    panicOnUncaught(kernel, cli.debug);
    const log = kernel.log.child('vrrp');
    const options = run.router((text) => log.warning(text));
    await keepPrivileges(run.capabilities); // before anything that a stranger sends is read
    if (run.json) report(kernel);
    const host = await loadHost(kernel, cli.signals);
    await kernel.load(LinuxDriver);
    requireInterface(options.ifname, kernel.get(IfnetModule));
    const vrrp = await kernel.load(VrrpModule);
    await setSysctls(kernel, run.sysctl);
    const router = vrrp.create(options);
    process.on('SIGUSR1', () => process.stdout.write(`${JSON.stringify(router)}\n`));
    process.on('SIGUSR2', () => router.setState('BACKUP'));
    host.ready();
  });
}

/** `time`: ms since the epoch. */
function report({ eventhandler, clock }: Kernel): void {
  eventhandler.register('vrrp_state_event', (router, { from, to, reason }) => {
    const line = { time: clock.wallTime(), event: 'state', router: router.name, from, to, reason };
    process.stdout.write(`${JSON.stringify(line)}\n`);
  });
}

/** @throws CarpetError ENXIO for an interface that does not exist */
function requireInterface(ifname: string, ifnet: IfnetModule): void {
  const names = ifnet.list().map(({ name }) => name);
  if (!names.includes(ifname))
    throw new CarpetError('ENXIO', `there is no interface ${ifname}; there are: ${names.join(', ')}`);
}

/** @throws UsageError for one that does not exist, or a value that it cannot have */
async function setSysctls(kernel: Kernel, given: VrrpRun['sysctl']): Promise<void> {
  const planner = new SysctlPlanner(kernel);
  const wanted = Object.entries(given).map(([name, value]) => ({ name, value }));
  for (const sysctl of wanted) {
    const refusal = planner.refusal(sysctl);
    if (refusal !== undefined) throw new UsageError(`sysctl ${sysctl.name}: ${refusal}`);
  }
  for (const { step } of planner.steps(wanted, [])) await step.run();
}
