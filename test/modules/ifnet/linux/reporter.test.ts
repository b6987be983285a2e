/** What reports of the kernel become in the table, one after another. What needs a kernel is in the laboratory. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { EventHandlerRegistry } from '../../../../core/index.js';
import { formatLladdr, IfnetModule } from '../../../../modules/ifnet/index.js';
import { GroupNames } from '../../../../modules/ifnet/linux/groups.js';
import { LinuxIfnet } from '../../../../modules/ifnet/linux/interface.js';
import * as nl from '../../../../modules/ifnet/linux/netlink/constants.js';
import { messages, type NetlinkMessage, Request } from '../../../../modules/ifnet/linux/netlink/message.js';
import { Reporter } from '../../../../modules/ifnet/linux/reporter.js';
import type { Requests } from '../../../../modules/ifnet/linux/requests.js';
import type { LinuxServices } from '../../../../modules/ifnet/linux/services.js';

const INDEX = 3;
const LLADDR = Uint8Array.of(2, 0, 0, 0, 0, 1);
const RUNNING = nl.IFF_UP | nl.IFF_BROADCAST | nl.IFF_RUNNING | nl.IFF_MULTICAST;

/** A link message of wlan0, which is up and has a carrier. */
function wlan0(fill: (request: Request) => Request): NetlinkMessage {
  const ifinfomsg = Buffer.alloc(16);
  ifinfomsg.writeUInt16LE(nl.ARPHRD_ETHER, 2);
  ifinfomsg.writeInt32LE(INDEX, 4);
  ifinfomsg.writeUInt32LE(RUNNING, 8);
  const request = fill(new Request(nl.RTM_NEWLINK, 0, ifinfomsg).text(nl.IFLA_IFNAME, 'wlan0'));
  return [...messages(request.bytes(0))][0]!;
}

it('a scan on a wireless interface, which Linux tells in a link message, is no change of the link', () => {
  const eventhandler = new EventHandlerRegistry();
  const ifnet = new IfnetModule(eventhandler);
  const make = (state: ConstructorParameters<typeof LinuxIfnet>[0]): LinuxIfnet =>
    new LinuxIfnet(state, {} as LinuxServices);
  const reporter = new Reporter(ifnet, {} as Requests, new GroupNames([]), false, make);
  const link = wlan0((request) =>
    request
      .u32(nl.IFLA_MTU, 1500)
      .attribute(nl.IFLA_ADDRESS, LLADDR)
      .u8(nl.IFLA_CARRIER, 1)
      .u32(nl.IFLA_CARRIER_DOWN_COUNT, 4),
  );
  reporter.handle(link);
  const events: string[] = [];
  eventhandler.register('ifnet_link_event', (_ifp, state) => void events.push(`link ${state}`));
  eventhandler.register('iflladdr_event', ({ lladdr }) => void events.push(formatLladdr(lladdr)));
  eventhandler.register('ifnet_mtu_event', (_ifp, mtu) => void events.push(`mtu ${mtu}`));
  reporter.handle(wlan0((request) => request.attribute(nl.IFLA_WIRELESS, Buffer.alloc(16))));
  reporter.handle(link);
  assert.deepEqual(events, []);
  assert.deepEqual(ifnet.byIndex(INDEX)!.lladdr, LLADDR);
});
