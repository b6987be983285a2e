/**
 * `carpet carp` at work: a kernel with the Linux driver, the host module (signals, service manager) and CARP.
 *
 * SIGTERM, SIGINT: bow out and end. SIGHUP: read the settings file again; what changed is changed, without a failover.
 * SIGUSR1: show the state. SIGUSR2: hand every address over.
 */
import { CarpetError, Kernel } from '../../../core/index.js';
import { CarpModule } from '../../carp/index.js';
import { CarpStatusModule, type CarpStatusSettings } from '../../carp-status/index.js';
import { HostModule } from '../../host/index.js';
import { IfnetModule } from '../../ifnet/index.js';
import { LinuxDriver } from '../../ifnet/linux/index.js';
import type { Cli } from '../cli.js';
import { surviveLostOutput } from '../output.js';
import { followPlan } from './apply.js';
import type { CarpPlan } from './plan.js';
import { CarpReport } from './report.js';

export interface CarpRun {
  /** Reads the settings; called again at SIGHUP. */
  readonly plan: (warn: (text: string) => void) => CarpPlan;
  readonly json: boolean;
  /** Whether an interface that is not there is a mistake, or waited for. */
  readonly waits: boolean;
  /** Where other processes can ask for the state; undefined: nowhere. */
  readonly status: CarpStatusSettings | undefined;
}

export async function runCarp({ plan, json, waits, status }: CarpRun, cli: Cli): Promise<void> {
  surviveLostOutput();
  const kernel = new Kernel({ log: await cli.log(), name: 'carp' });
  const log = kernel.log.child('carp');
  const warn = (text: string): void => log.warning(text);
  const first = plan(warn);
  try {
    const report = new CarpReport(kernel, json);
    const host = await kernel.load(HostModule);
    await kernel.load(LinuxDriver);
    const carp = await kernel.load(CarpModule);
    checkInterfaces(first, kernel.get(IfnetModule), waits, warn);
    await followPlan(first, () => plan(warn), kernel, carp, log);
    if (status !== undefined) await kernel.load(CarpStatusModule, status);
    process.on('SIGUSR1', () => report.status(carp));
    process.on('SIGUSR2', () => carp.list().forEach((vhid) => vhid.setState('BACKUP')));
    host.ready();
  } catch (error) {
    await kernel.shutdown();
    throw error;
  }
}

function checkInterfaces(
  { vhids }: CarpPlan,
  ifnet: IfnetModule,
  waits: boolean,
  warn: (text: string) => void,
): void {
  for (const ifname of new Set(vhids.map((vhid) => vhid.ifname))) {
    if (ifnet.byName(ifname) !== undefined) continue;
    const names = ifnet.list().map(({ name }) => name);
    if (!waits)
      throw new CarpetError('ENXIO', `there is no interface ${ifname}; there are: ${names.join(', ')}`);
    warn(`there is no interface ${ifname} yet; waiting for it`);
  }
}
