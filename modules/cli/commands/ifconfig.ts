/**
 * `carpet ifconfig [--json] [IFACE]`: the interfaces as carpet's table has them, in the layout of FreeBSD's ifconfig.
 * CARP lines and vhids belong to the process that runs CARP: this one shows those of modules loaded with it.
 */
import type { Command } from 'commander';
import { Kernel } from '../../../core/index.js';
import type { CarpVhidStatus } from '../../carp/index.js';
import { type Ifnet, IfnetModule } from '../../ifnet/index.js';
import { LinuxDriver } from '../../ifnet/linux/index.js';
import type { Cli } from '../cli.js';
import { UsageError } from '../failure.js';
import { ifconfigJson } from '../ifconfig/json.js';
import { ifconfigLines } from '../ifconfig/layout.js';

interface IfconfigOptions {
  readonly json?: boolean;
}

export function define(command: Command, cli: Cli): void {
  command
    .argument('[interface]', 'show only this one')
    .option('--json', 'print a JSON array')
    .action((ifname: string | undefined, options: IfconfigOptions) => run(ifname, options, cli));
}

async function run(ifname: string | undefined, { json = false }: IfconfigOptions, cli: Cli): Promise<void> {
  const kernel = new Kernel({ log: await cli.log() });
  try {
    await kernel.load(LinuxDriver, { neighbours: false, redirects: false, vmGeneration: false });
    const table = kernel.get(IfnetModule);
    process.stdout.write(show(choose(table, ifname), table, json, () => []));
  } finally {
    await kernel.shutdown();
  }
}

function choose(table: IfnetModule, ifname: string | undefined): readonly Ifnet[] {
  if (ifname === undefined) return table.list().toSorted((a, b) => a.index - b.index);
  const ifp = table.byName(ifname);
  if (ifp === undefined)
    throw new UsageError(`interface ${ifname} does not exist; carpet ifconfig lists them`);
  return [ifp];
}

/** The whole output. `carp` gives the vhids of an interface. */
export function show(
  interfaces: readonly Ifnet[],
  table: IfnetModule,
  json: boolean,
  carp: (ifp: Ifnet) => readonly CarpVhidStatus[],
): string {
  if (json)
    return `${JSON.stringify(
      interfaces.map((ifp) => ifconfigJson(ifp, carp(ifp))),
      null,
      2,
    )}\n`;
  const parent = (ifp: Ifnet) => (ifp.vlan === undefined ? undefined : table.byIndex(ifp.vlan.parent));
  return interfaces
    .flatMap((ifp) => ifconfigLines(ifp, carp(ifp), parent(ifp)))
    .map((line) => `${line}\n`)
    .join('');
}
