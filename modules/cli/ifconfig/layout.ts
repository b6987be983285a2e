import type { CarpVhidStatus } from '../../carp/index.js';
import { formatLladdr, type IfAddress, type Ifnet } from '../../ifnet/index.js';
import { withVhids } from './vhids.js';

/** FreeBSD's numbers (sys/net/if.h), which scripts that read `flags=` expect. Linux lacks SIMPLEX and some others. */
const FLAGS = [
  ['UP', 0x1, 'up'],
  ['BROADCAST', 0x2, 'broadcast'],
  ['LOOPBACK', 0x8, 'loopback'],
  ['POINTOPOINT', 0x10, 'pointopoint'],
  ['RUNNING', 0x40, 'running'],
  ['NOARP', 0x80, 'noarp'],
  ['PROMISC', 0x100, 'promisc'],
  ['MULTICAST', 0x8000, 'multicast'],
] as const;

/**
 * An interface as FreeBSD's ifconfig(8) prints it.
 *
 * @param carp the vhids of the interface, and those that only have their addresses on it
 * @param parent of a VLAN
 */
export function ifconfigLines(ifp: Ifnet, carp: readonly CarpVhidStatus[], parent?: Ifnet): string[] {
  const lines = [
    ...(ifp.type === 'ether' ? [`ether ${formatLladdr(ifp.lladdr)}`] : []),
    ...withVhids(ifp.addresses, carp).map((address) => addressLine(ifp, address)),
    ...carp.filter(({ ifname }) => ifname === ifp.name).flatMap(carpLines),
    ...(ifp.vlan ? [`vlan: ${ifp.vlan.tag} parent interface: ${parent?.name ?? '<none>'}`] : []),
    ...(ifp.groups.size > 0 ? [`groups: ${[...ifp.groups].join(' ')}`] : []),
    ...(ifp.type === 'ether' ? [`status: ${status(ifp)}`] : []),
  ];
  return [`${ifp.name}: flags=${flags(ifp)} metric 0 mtu ${ifp.mtu}`, ...lines.map((line) => `\t${line}`)];
}

function flags(ifp: Ifnet): string {
  const set = FLAGS.filter(([, , key]) => ifp.flags[key] === true);
  const value = set.reduce((sum, [, bit]) => sum | bit, 0);
  return `${value.toString(16)}<${set.map(([name]) => name).join(',')}>`;
}

function addressLine(ifp: Ifnet, address: IfAddress): string {
  const line = address.prefix.address.family === 4 ? inet(address) : inet6(ifp, address);
  return address.vhid === undefined ? line : `${line} vhid ${address.vhid}`;
}

/** FreeBSD has one peer per family; several are joined by commas. */
function carpLines({ state, vhid, advbase, advskew, peers, ...rest }: CarpVhidStatus): string[] {
  const { group, group6, virtualMac, virtualIfname } = rest;
  const peers6 = peers.filter((peer) => peer.includes(':'));
  const peers4 = peers.filter((peer) => !peer.includes(':'));
  const list = (unicast: string[], multicast: string) => (unicast.length > 0 ? unicast.join(',') : multicast);
  return [
    `carp: ${state} vhid ${vhid} advbase ${advbase} advskew ${advskew}`,
    `      peer ${list(peers4, group)} peer6 ${list(peers6, group6)}`,
    ...(virtualMac === undefined ? [] : [`      ether ${virtualMac} on ${virtualIfname ?? '<none>'}`]),
  ];
}

function inet({ prefix, peer, broadcast }: IfAddress): string {
  const mask = prefix.length === 0 ? 0 : (0xffffffff << (32 - prefix.length)) >>> 0;
  const words = ['inet', prefix.address.toString()];
  if (peer) words.push('-->', peer.toString());
  words.push('netmask', `0x${mask.toString(16).padStart(8, '0')}`);
  if (broadcast) words.push('broadcast', broadcast.toString());
  return words.join(' ');
}

function inet6(ifp: Ifnet, { prefix, peer, tentative, deprecated, dadFailed }: IfAddress): string {
  const { address, length } = prefix;
  const words = ['inet6', address.isLinkLocal ? `${address.toString()}%${ifp.name}` : address.toString()];
  if (peer) words.push('-->', peer.toString());
  words.push('prefixlen', String(length));
  if (tentative) words.push('tentative');
  if (dadFailed) words.push('duplicated');
  if (deprecated) words.push('deprecated');
  if (address.isLinkLocal) words.push('scopeid', `0x${ifp.index.toString(16)}`);
  return words.join(' ');
}

function status(ifp: Ifnet): string {
  if (ifp.linkState === 'UNKNOWN') return 'unknown';
  return ifp.linkState === 'UP' ? 'active' : 'no carrier';
}
