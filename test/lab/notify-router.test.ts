/** A client that has its default route from a router advertisement of a shared address keeps it when that is announced. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Kernel } from '../../core/index.js';
import {
  allNodes6,
  checksummed6,
  ETHERTYPE_IPV6,
  encodeEthernet,
  encodeIpv6,
  IfnetModule,
  InetAddress,
  IPPROTO_ICMPV6,
  multicastLladdr,
} from '../../modules/ifnet/index.js';
import { LinuxDriver } from '../../modules/ifnet/linux/index.js';
import { NotifyPeers } from '../../modules/notify-peers/index.js';
import { needs } from '../support/needs.js';
import { elapse, Laboratory, waitFor } from './support/index.js';

const SHARED = InetAddress.parse('fe80::100');
const ND_ROUTER_ADVERT = 134;
/** In seconds, as two bytes. */
const LIFETIME = [0x07, 0x08];

/** RFC 4861 section 4.2, with the link-layer address of the sender (section 4.6.1). */
function routerAdvertisement(lladdr: Uint8Array): Uint8Array {
  const message = new Uint8Array(24);
  message.set([ND_ROUTER_ADVERT, 0, 0, 0, 64, 0, ...LIFETIME]);
  message.set([1, 1, ...lladdr], 16);
  const [source, destination] = [SHARED.bytes, allNodes6()];
  const header = { source, destination, nextHeader: IPPROTO_ICMPV6, hopLimit: 255, trafficClass: 0 };
  const packet = encodeIpv6(header, checksummed6(message, source, destination));
  const group = multicastLladdr(InetAddress.from(destination));
  return encodeEthernet(group, lladdr, ETHERTYPE_IPV6, packet);
}

test('a client keeps its default route when a router announces itself', {
  skip: needs('root', 'netns', 'native'),
}, async (t) => {
  const lab = Laboratory.open(t);
  const [router, client] = [lab.namespace('a'), lab.namespace('b')];
  lab.join(router, 'eth0', client, 'eth0');
  for (const [host, address] of [
    [router, `${SHARED}/64`],
    [client, 'fe80::2/64'],
  ] as const) {
    host.ip('link', 'set', 'eth0', 'addrgenmode', 'none', 'up');
    host.ip('address', 'add', address, 'dev', 'eth0', 'nodad');
  }
  router.sysctl('net.ipv6.conf.eth0.forwarding', 1);
  const kernel = new Kernel();
  t.after(() => kernel.shutdown());
  await kernel.load(LinuxDriver, { netns: router.name });
  const notify = await kernel.load(NotifyPeers);
  const eth0 = kernel.get(IfnetModule).byName('eth0')!;
  await waitFor('the link', 2000, () => eth0.linkState === 'UP');
  const hasRoute = (): boolean => client.ip('-6', 'route', 'show', 'default').includes(`via ${SHARED}`);
  eth0.transmit(routerAdvertisement(eth0.lladdr));
  await waitFor('a default route', 2000, hasRoute);

  notify.netifNotifyPeers(eth0, { addresses: [SHARED] });
  await elapse(200);
  assert.ok(hasRoute());

  notify.netifNotifyPeers(eth0, { addresses: [SHARED], router: false });
  await waitFor('the loss of the route, as one that is no router says', 2000, () => !hasRoute());
});
