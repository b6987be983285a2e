/**
 * @module
 * `carpet notify-peers IFACE`: calls netif_notify_peers, for which Linux has no system call, for scripts that have moved a
 * machine, a cable or an address. Exits when the last round is on the wire.
 */
import type { Command } from 'commander';
import { CarpetError } from '../../../core/index.js';
import { type Ifnet, IfnetModule, InetAddress } from '../../ifnet/index.js';
import { LinuxDriver } from '../../ifnet/linux/index.js';
import { NotifyPeers } from '../../notify-peers/index.js';
import type { Cli } from '../cli.js';
import { UsageError } from '../failure.js';
import { withKernel } from '../kernel.js';
import { wholeNumber } from '../options.js';

interface NotifyOptions {
  readonly count: number;
  readonly interval: number;
  readonly address: readonly InetAddress[];
  readonly reply?: boolean;
  readonly router?: boolean;
}

/** Adds the options and the action. */
export function define(command: Command, cli: Cli): void {
  const collect = (text: string, before: readonly InetAddress[]) => [...before, InetAddress.parse(text)];
  command
    .argument('<interface>', 'whose addresses to announce')
    .option('--count <n>', 'announce each address this many times, 1 to 255', wholeNumber(1, 255), 1)
    .option('--interval <ms>', 'milliseconds between two rounds', wholeNumber(0, 3_600_000), 1000)
    .option('--address <a>', 'announce this address instead of all; may be repeated', collect, [])
    .option('--reply', 'announce IPv4 as ARP replies, not as requests')
    .option('--router', 'set the router flag in IPv6 announcements, though the interface does not forward')
    .action((ifname: string, options: NotifyOptions) => run(ifname, options, cli));
}

async function run(ifname: string, options: NotifyOptions, cli: Cli): Promise<void> {
  await withKernel({ log: await cli.log() }, async (kernel) => {
    await kernel.load(LinuxDriver, { neighbours: false, redirects: false });
    const notify = await kernel.load(NotifyPeers);
    const ifp = kernel.get(IfnetModule).byName(ifname);
    if (ifp === undefined)
      throw new UsageError(`interface ${ifname} does not exist; carpet ifconfig lists them`);
    assertAnnounceable(ifp, options.address);
    const { count, interval, address, reply, router } = options;
    const announcement = notify.netifNotifyPeers(ifp, {
      count,
      interval,
      form: reply ? 'reply' : 'request',
      ...(address.length > 0 ? { addresses: address } : {}),
      ...(router === undefined ? {} : { router }),
    });
    // The errors have been logged, once per cause; here they become the exit status.
    const { failed } = await announcement.done;
    if (failed > 0) throw new CarpetError('EIO', `${failed} announcements on ${ifname} could not be sent`);
    if (!announcement.complete)
      throw new CarpetError('ENXIO', `${ifname} has gone, or its addresses, before the last round`);
  });
}

function assertAnnounceable(ifp: Ifnet, addresses: readonly InetAddress[]): void {
  if (ifp.type !== 'ether' || ifp.flags.noarp) {
    throw new UsageError(
      `interface ${ifp.name} has no peers to notify: it is not Ethernet, or has ARP switched off`,
    );
  }
  if (addresses.length === 0 && ifp.source(4) === undefined && ifp.source(6) === undefined) {
    throw new CarpetError(
      'EADDRNOTAVAIL',
      `interface ${ifp.name} has no address to announce; give one with --address`,
    );
  }
}
