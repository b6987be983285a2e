/**
 * @module
 * `carpet ifconfig [--json] [IFACE]`: the interfaces, in the layout of FreeBSD's ifconfig. CARP runs in other processes:
 * those of this network namespace are asked for their vhids.
 */
import type { Command } from 'commander';
import type { CarpVhidStatus } from '../../carp/index.js';
import { networkNamespace, readStatus } from '../../carp-status/index.js';
import { type Ifnet, IfnetModule } from '../../ifnet/index.js';
import { LinuxDriver } from '../../ifnet/linux/index.js';
import type { Cli } from '../cli.js';
import { UsageError } from '../failure.js';
import { withKernel } from '../kernel.js';
import { ifconfigJson } from './json.js';
import { ifconfigLines } from './layout.js';

interface IfconfigOptions {
  readonly json?: boolean;
  readonly statusDir?: string;
}

/** Adds the options and the action. */
export function define(command: Command, cli: Cli): void {
  command
    .argument('[interface]', 'show only this one')
    .option('--json', 'print a JSON array')
    .option(
      '--status-dir <folder>',
      'where processes that run CARP have their sockets (default: /run/carpet)',
    )
    .action((ifname: string | undefined, options: IfconfigOptions) => run(ifname, options, cli));
}

async function run(
  ifname: string | undefined,
  { json = false, statusDir }: IfconfigOptions,
  cli: Cli,
): Promise<void> {
  await withKernel({ log: await cli.log() }, async (kernel) => {
    await kernel.load(LinuxDriver, { neighbours: false, redirects: false });
    const table = kernel.get(IfnetModule);
    const interfaces = choose(table, ifname);
    const vhids = await runningVhids(statusDir);
    const carp = ({ name }: Ifnet) =>
      vhids.filter((vhid) => [vhid.ifname, vhid.virtualIfname].includes(name));
    process.stdout.write(show(interfaces, table, json, carp));
  });
}

function choose(table: IfnetModule, ifname: string | undefined): readonly Ifnet[] {
  if (ifname === undefined) return table.list().toSorted((a, b) => a.index - b.index);
  const ifp = table.byName(ifname);
  if (ifp === undefined)
    throw new UsageError(`interface ${ifname} does not exist; carpet ifconfig lists them`);
  return [ifp];
}

/** Only of this network namespace: an interface of the same name in another one is a different interface. */
async function runningVhids(folder: string | undefined): Promise<CarpVhidStatus[]> {
  const { documents, troubles } = await readStatus(folder);
  for (const trouble of troubles) process.stderr.write(`carpet: ${trouble}\n`);
  const here = networkNamespace();
  return documents.filter(({ netns }) => netns === here).flatMap(({ vhids }) => vhids);
}

/** The whole output. @param carp the vhids of an interface, and those that only have their addresses on it */
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
