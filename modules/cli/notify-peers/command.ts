/**
 * `carpet notify-peers IFACE`: the trigger of netif_notify_peers that Linux does not give to user space, for scripts
 * that have moved a machine, a cable or an address. Exits when the last round is on the wire.
 */
import { type Command, InvalidArgumentError } from 'commander';
import { CarpetError, Kernel } from '../../../core/index.js';
import { type Ifnet, IfnetModule, InetAddress } from '../../ifnet/index.js';
import { LinuxDriver } from '../../ifnet/linux/index.js';
import { NotifyPeers } from '../../notify-peers/index.js';
import type { Cli } from '../cli.js';
import { UsageError } from '../failure.js';

interface NotifyOptions {
  readonly count: number;
  readonly interval: number;
  readonly address: readonly InetAddress[];
  readonly reply?: boolean;
  readonly router?: boolean;
}

export function define(command: Command, cli: Cli): void {
  const collect = (text: string, before: readonly InetAddress[]) => [...before, InetAddress.parse(text)];
  command
    .argument('<interface>', 'whose addresses to announce')
    .option('--count <n>', 'announce each address this many times, 1 to 255', whole('a count', 1, 255), 1)
    .option('--interval <ms>', 'milliseconds between two rounds', whole('an interval', 0, 3_600_000), 1000)
    .option('--address <a>', 'announce this address, not all of them; repeatable', collect, [])
    .option('--reply', 'announce IPv4 as ARP replies, not as requests')
    .option('--router', 'say in IPv6 announcements that this host is a router')
    .action((ifname: string, options: NotifyOptions) => run(ifname, options, cli));
}

function whole(what: string, min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d{1,9}$/.test(text) && value >= min && value <= max) return value;
    throw new InvalidArgumentError(`${what} is a whole number from ${min} to ${max}`);
  };
}

async function run(ifname: string, options: NotifyOptions, cli: Cli): Promise<void> {
  const kernel = new Kernel({ log: await cli.log() });
  try {
    await kernel.load(LinuxDriver, { neighbours: false, redirects: false, vmGeneration: false });
    const notify = await kernel.load(NotifyPeers);
    const ifp = kernel.get(IfnetModule).byName(ifname);
    if (ifp === undefined)
      throw new UsageError(`interface ${ifname} does not exist; carpet ifconfig lists them`);
    assertAnnounceable(ifp, options.address);
    const { count, interval, address, reply, router = false } = options;
    const announcement = notify.netifNotifyPeers(ifp, {
      count,
      interval,
      router,
      form: reply ? 'reply' : 'request',
      ...(address.length > 0 ? { addresses: address } : {}),
    });
    // What went wrong has been logged, once per cause; here it becomes the exit status.
    const { failed } = await announcement.done;
    if (failed > 0) throw new CarpetError('EIO', `${failed} announcements on ${ifname} could not be sent`);
  } finally {
    await kernel.shutdown();
  }
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
