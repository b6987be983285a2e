import type { LogSink } from '../../../core/log/index.js';
import { type CapturedPacket, LinuxTap } from '../../capture/index.js';
import { IPPROTO_CARP } from '../../carp/index.js';
import { ETHERTYPE_ARP, IfnetModule, type InetAddress, IPPROTO_ICMPV6 } from '../../ifnet/index.js';
import { LinuxDriver } from '../../ifnet/linux/index.js';
import { Libc } from '../../libc/index.js';
import { UsageError } from '../failure.js';
import { withKernel } from '../kernel.js';

/**
 * Listens to an interface for advertisements, and for ARP and neighbour advertisements.
 *
 * @param stopped ends it; so does the interface when it is removed: one of the same name that comes later is another
 * @param packet receives each, with the addresses that this host has now
 * @returns whether the interface is still there
 * @throws UsageError for an interface that does not exist or is no Ethernet; SystemError without CAP_NET_RAW
 */
export async function listen(
  ifname: string,
  log: LogSink,
  stopped: Promise<unknown>,
  packet: (packet: CapturedPacket, own: readonly InetAddress[]) => void,
): Promise<boolean> {
  return await withKernel({ log }, async (kernel) => {
    await kernel.load(LinuxDriver, { neighbours: false, redirects: false });
    const ifp = kernel.get(IfnetModule).byName(ifname);
    if (ifp === undefined)
      throw new UsageError(`interface ${ifname} does not exist; carpet ifconfig lists them`);
    if (ifp.type !== 'ether')
      throw new UsageError(`interface ${ifname} is no Ethernet: there is no CARP on it`);
    const gone = new Promise((resolve) => {
      kernel.eventhandler.register('ifnet_departure_event', (other) => other === ifp && resolve(true));
    });
    using _tap = new LinuxTap({
      libc: Libc.load(),
      index: ifp.index,
      filter: { etherTypes: [ETHERTYPE_ARP], protocols: [IPPROTO_CARP, IPPROTO_ICMPV6] },
      packet: (each) =>
        packet(
          each,
          ifp.addresses.map(({ prefix }) => prefix.address),
        ),
      wallTime: () => kernel.clock.wallTime(),
    });
    process.stderr.write(`carpet: listening to ${ifname}\n`);
    await Promise.race([stopped, gone]);
    return ifp.attached;
  });
}
