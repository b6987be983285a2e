/**
 * Settings of the host that drop CARP's packets, or let a wrong interface answer for a shared address: ip-sysctl of the
 * Linux kernel. The greater of `all` and the interface's own value counts.
 *
 * @module
 */
import type { InetAddress } from '../../ifnet/index.js';
import type { Finding } from '../finding.js';
import { type HostFacts, type HostInterface, nameOf, type SubjectVhid } from '../subject.js';

const RP_STRICT = 1;
/** arp_ignore: answer only who asks from the same network; answer nobody. */
const ARP_SAME_SUBNET = 2;
const ARP_NEVER = 8;

/** @param heard the IPv4 sources of advertisements that came in on the interface */
export function* checkSysctls(
  ifname: string,
  facts: HostFacts,
  vhids: readonly SubjectVhid[],
  heard: readonly InetAddress[],
): Generator<Finding> {
  const ifp = facts.interfaces.find(({ name }) => name === ifname);
  if (ifp === undefined) return;
  yield* reversePath(ifp, facts, heard);
  yield* arpFlux(ifp, facts);
  for (const vhid of vhids) yield* arpIgnore(vhid, facts);
  yield* promotion(ifp, facts, vhids);
}

function* reversePath(
  { name, addresses }: HostInterface,
  facts: HostFacts,
  heard: readonly InetAddress[],
): Generator<Finding> {
  if (strongest(facts, name, 'rp_filter') !== RP_STRICT) return;
  const foreign = heard.filter(
    (source) => !addresses.some((network) => network.contains(source)) && facts.route(source) !== name,
  );
  for (const source of foreign.slice(0, 1))
    yield {
      code: 'rp-filter',
      severity: 'error',
      on: name,
      text: `advertisements of ${source} arrive, but rp_filter is strict and the way to it is not through ${name}: the kernel drops them`,
      remedy: `sysctl -w net.ipv4.conf.${name}.rp_filter=2, and the same for all; or give ${name} an address in that network`,
    };
}

/** Two interfaces in one network: each answers ARP for the other's addresses, so that clients learn the wrong one. */
function* arpFlux(ifp: HostInterface, facts: HostFacts): Generator<Finding> {
  const twin = facts.interfaces.find(
    (other) =>
      other.index !== ifp.index &&
      other.ethernet &&
      other.up &&
      other.kind !== 'macvlan' &&
      shareNetwork(ifp, other),
  );
  if (twin === undefined) return;
  const answering = [ifp, twin].find(({ name }) => strongest(facts, name, 'arp_ignore') === 0);
  if (answering === undefined) return;
  const set = [ifp, twin].map(({ name }) => `net.ipv4.conf.${name}.arp_ignore=1`).join(' ');
  yield {
    code: 'arp-flux',
    severity: 'warning',
    on: ifp.name,
    text: `${twin.name} is in the same network, and ${answering.name} answers ARP for the addresses of both: clients may learn the wrong link-layer address`,
    remedy: `sysctl -w ${set}`,
  };
}

function shareNetwork(a: HostInterface, b: HostInterface): boolean {
  return a.addresses.some(
    (one) =>
      one.address.family === 4 &&
      one.length < 32 &&
      b.addresses.some(
        (other) => other.address.family === 4 && other.length < 32 && one.contains(other.address),
      ),
  );
}

function* arpIgnore(vhid: SubjectVhid, facts: HostFacts): Generator<Finding> {
  const value = strongest(facts, vhid.ifname, 'arp_ignore');
  const alone = vhid.addresses.find(({ address, length }) => address.family === 4 && length === 32);
  const hasIpv4 = vhid.addresses.some(({ address }) => address.family === 4);
  const silent = value === ARP_NEVER ? hasIpv4 : value === ARP_SAME_SUBNET && alone !== undefined;
  if (!silent) return;
  yield {
    code: 'arp-ignore',
    severity: 'error',
    on: nameOf(vhid),
    text:
      value === ARP_NEVER
        ? 'arp_ignore is 8: the host answers no ARP request for the shared addresses'
        : `arp_ignore is 2, and ${alone} is in no network with its clients: ARP requests for it are not answered`,
    remedy: `sysctl -w net.ipv4.conf.${vhid.ifname}.arp_ignore=1, and the same for all`,
  };
}

/** A shared address in front of others of its network takes them along when it goes. */
function* promotion(
  { name, addresses }: HostInterface,
  facts: HostFacts,
  vhids: readonly SubjectVhid[],
): Generator<Finding> {
  if (strongest(facts, name, 'promote_secondaries') !== 0) return;
  const shared = vhids.flatMap((vhid) => vhid.addresses);
  for (const [i, first] of addresses.entries()) {
    if (first.address.family !== 4 || !shared.some(({ address }) => address.equals(first.address))) continue;
    const isFirst = !addresses.slice(0, i).some((other) => sameNetwork(other, first));
    const follower = addresses.slice(i + 1).find((other) => sameNetwork(other, first));
    if (!isFirst || follower === undefined) continue;
    yield {
      code: 'promote-secondaries',
      severity: 'error',
      on: name,
      text: `${first} stands in front of ${follower}, and promote_secondaries is 0: when the shared address goes, Linux removes the other too`,
      remedy: `sysctl -w net.ipv4.conf.${name}.promote_secondaries=1`,
    };
    return;
  }
}

function sameNetwork(a: HostInterface['addresses'][number], b: HostInterface['addresses'][number]): boolean {
  return a.length === b.length && a.contains(b.address);
}

function strongest(facts: HostFacts, ifname: string, name: string): number {
  return Math.max(facts.sysctl(4, 'all', name) ?? 0, facts.sysctl(4, ifname, name) ?? 0);
}
