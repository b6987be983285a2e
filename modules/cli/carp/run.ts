/**
 * `carpet carp` at work: a kernel with the Linux driver, the host module (signals, service manager) and CARP.
 *
 * SIGTERM, SIGINT: bow out and end. SIGHUP: read the settings file again; what changed is changed, without a failover.
 * SIGUSR1: show the state. SIGUSR2: hand every address over.
 */
import { CarpetError, Kernel } from '../../../core/index.js';
import { CarpModule, type CarpVhidOptions } from '../../carp/index.js';
import { HostModule } from '../../host/index.js';
import { IfnetModule } from '../../ifnet/index.js';
import { LinuxDriver } from '../../ifnet/linux/index.js';
import type { Cli } from '../cli.js';
import { surviveLostOutput } from '../output.js';
import type { CarpPlan } from './plan.js';
import { CarpReport } from './report.js';

export interface CarpRun {
  /** Reads the settings; called again at SIGHUP. */
  readonly plan: (warn: (text: string) => void) => CarpPlan;
  readonly json: boolean;
  /** Whether an interface that is not there is a mistake, or waited for. */
  readonly waits: boolean;
}

export async function runCarp({ plan, json, waits }: CarpRun, cli: Cli): Promise<void> {
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
    apply(first, kernel, carp);
    kernel.eventhandler.register('host_reload', () => {
      try {
        apply(plan(warn), kernel, carp);
        log.notice('settings read again');
      } catch (error) {
        log.error(`settings not changed: ${error instanceof Error ? error.message : String(error)}`);
      }
    });
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

/** Makes what is new, changes what is there, removes what is not named any more. */
export function apply({ sysctl, vhids }: CarpPlan, kernel: Kernel, carp: CarpModule): void {
  for (const [name, value] of Object.entries(sysctl)) {
    // Writing the demotion adds to it; what is in a file is meant as it stands.
    if (name === 'net.inet.carp.demotion') carp.tunables.demotion.value = Number(value);
    else kernel.sysctl.set(name, value);
  }
  const wanted = new Map(vhids.map((options) => [keyOf(options), options]));
  for (const vhid of carp.list()) if (!wanted.has(keyOf(vhid))) carp.remove(vhid);
  for (const options of wanted.values()) {
    const { ifname, vhid, ...changes } = options;
    const there = carp.get(ifname, vhid);
    if (there === undefined) carp.create(options);
    else there.configure(changes);
  }
}

function keyOf({ ifname, vhid }: Pick<CarpVhidOptions, 'ifname' | 'vhid'>): string {
  return `${vhid}@${ifname}`;
}
