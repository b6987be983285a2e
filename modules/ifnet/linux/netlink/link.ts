/** RTM_NEWLINK and RTM_DELLINK (rtnetlink(7)) as IfnetState, and the requests that make and change links. */

import { AF_INET6 } from '../../../libc/index.js';
import type { IfFlags, IfnetState, IfType, LinkState, MacvlanMode, MacvlanOptions } from '../../index.js';
import * as nl from './constants.js';
import { attributes, cString, type NetlinkMessage, Request, readU16, readU32 } from './message.js';

const IFINFOMSG = 16;

/** A link message. `groupId` is Linux's number of the group. */
export interface LinkReport extends Omit<IfnetState, 'groups'> {
  readonly groupId: number;
}

/** The index of the link; undefined for messages of other families: AF_BRIDGE is about bridge ports. */
export function linkIndex(message: NetlinkMessage): number | undefined {
  const { body } = message;
  return body.length < IFINFOMSG || body[0] !== 0 ? undefined : body.readInt32LE(4);
}

/**
 * Undefined for what does not describe a link: messages of other families, and events of the wireless extensions (a scan is
 * over, a station has come), which bear the type of a link message, its flags and its name, and nothing else of it.
 */
export function parseLink(message: NetlinkMessage): LinkReport | undefined {
  const index = linkIndex(message);
  if (index === undefined) return undefined;
  const { body } = message;
  const link = readAttributes(body);
  if (link.name === '' || link.isWirelessEvent) return undefined;
  const flags = body.readUInt32LE(8);
  return {
    index,
    name: link.name,
    type: ifType(body.readUInt16LE(2)),
    lladdr: link.lladdr,
    mtu: link.mtu,
    flags: ifFlags(flags),
    linkState: linkState(flags, link.carrier),
    groupId: link.group,
    promiscuity: link.promiscuity,
    ...(link.carrierDowns === undefined ? {} : { carrierDowns: link.carrierDowns }),
    ...(link.kind === undefined ? {} : { kind: link.kind }),
    ...(link.alias === undefined ? {} : { alias: link.alias }),
    ...(link.vlanTag === undefined
      ? {}
      : { vlan: { tag: link.vlanTag, parent: link.foreign ? 0 : link.parent } }),
    ...(link.master === 0 ? {} : { master: link.master }),
  };
}

interface Attributes {
  name: string;
  isWirelessEvent: boolean;
  lladdr: Uint8Array;
  mtu: number;
  group: number;
  promiscuity: number;
  carrier: boolean;
  carrierDowns: number | undefined;
  parent: number;
  foreign: boolean;
  master: number;
  kind: string | undefined;
  alias: string | undefined;
  vlanTag: number | undefined;
}

const NO_LLADDR = new Uint8Array(0);

function readAttributes(body: Buffer): Attributes {
  const link: Attributes = {
    name: '',
    isWirelessEvent: false,
    lladdr: NO_LLADDR,
    mtu: 0,
    group: 0,
    promiscuity: 0,
    carrier: true,
    carrierDowns: undefined,
    parent: 0,
    foreign: false,
    master: 0,
    kind: undefined,
    alias: undefined,
    vlanTag: undefined,
  };
  attributes(body, IFINFOMSG, (type, value) => READERS[type]?.(link, value));
  return link;
}

const READERS: Record<number, (link: Attributes, value: Buffer) => void> = {
  [nl.IFLA_IFNAME]: (link, value) => (link.name = cString(value)),
  [nl.IFLA_WIRELESS]: (link) => (link.isWirelessEvent = true),
  [nl.IFLA_ADDRESS]: (link, value) => (link.lladdr = Uint8Array.from(value)),
  [nl.IFLA_MTU]: (link, value) => (link.mtu = readU32(value)),
  [nl.IFLA_GROUP]: (link, value) => (link.group = readU32(value)),
  [nl.IFLA_PROMISCUITY]: (link, value) => (link.promiscuity = readU32(value)),
  [nl.IFLA_CARRIER]: (link, value) => (link.carrier = value[0] !== 0),
  [nl.IFLA_CARRIER_DOWN_COUNT]: (link, value) => (link.carrierDowns = readU32(value)),
  [nl.IFLA_LINK]: (link, value) => (link.parent = readU32(value)),
  [nl.IFLA_LINK_NETNSID]: (link) => (link.foreign = true),
  [nl.IFLA_MASTER]: (link, value) => (link.master = readU32(value)),
  [nl.IFLA_IFALIAS]: (link, value) => (link.alias = cString(value)),
  [nl.IFLA_LINKINFO]: (link, value) => readLinkInfo(link, value),
};

function readLinkInfo(link: Attributes, value: Buffer): void {
  attributes(value, 0, (type, info) => {
    if (type === nl.IFLA_INFO_KIND) link.kind = cString(info);
    if (type === nl.IFLA_INFO_DATA && link.kind === 'vlan') {
      attributes(info, 0, (data, tag) => {
        if (data === nl.IFLA_VLAN_ID) link.vlanTag = readU16(tag);
      });
    }
  });
}

/**
 * A link that comes up is reported twice, first with its carrier, then as RUNNING; only then do packets pass. When it goes
 * down, the carrier may be off while RUNNING is still set. So it is UP if both are.
 */
function linkState(flags: number, carrier: boolean): LinkState {
  return (flags & nl.IFF_RUNNING) !== 0 && carrier ? 'UP' : 'DOWN';
}

function ifType(arphrd: number): IfType {
  if (arphrd === nl.ARPHRD_ETHER) return 'ether';
  return arphrd === nl.ARPHRD_LOOPBACK ? 'loopback' : 'other';
}

function ifFlags(flags: number): IfFlags {
  const has = (bit: number): boolean => (flags & bit) !== 0;
  return {
    up: has(nl.IFF_UP),
    running: has(nl.IFF_RUNNING),
    loopback: has(nl.IFF_LOOPBACK),
    multicast: has(nl.IFF_MULTICAST),
    noarp: has(nl.IFF_NOARP),
    promisc: has(nl.IFF_PROMISC),
    broadcast: has(nl.IFF_BROADCAST),
    pointopoint: has(nl.IFF_POINTOPOINT),
  };
}

function ifinfomsg(index = 0, flags = 0, change = 0): Buffer {
  const header = Buffer.alloc(IFINFOMSG);
  header.writeInt32LE(index, 4);
  header.writeUInt32LE(flags, 8);
  header.writeUInt32LE(change, 12);
  return header;
}

/** Asks for all links, without statistics. */
export function dumpLinks(): Request {
  return new Request(nl.RTM_GETLINK, nl.NLM_F_DUMP, ifinfomsg()).u32(
    nl.IFLA_EXT_MASK,
    nl.RTEXT_FILTER_SKIP_STATS,
  );
}

/** Asks for one link: by name if it was just made, because its index is not known yet. */
export function getLink(of: number | string): Request {
  const request = new Request(nl.RTM_GETLINK, 0, ifinfomsg(typeof of === 'number' ? of : 0));
  if (typeof of === 'string') request.text(nl.IFLA_IFNAME, of);
  return request.u32(nl.IFLA_EXT_MASK, nl.RTEXT_FILTER_SKIP_STATS);
}

export function setLinkUp(index: number, up: boolean): Request {
  return new Request(nl.RTM_NEWLINK, 0, ifinfomsg(index, up ? nl.IFF_UP : 0, nl.IFF_UP));
}

export function setLinkLladdr(index: number, lladdr: Uint8Array): Request {
  return new Request(nl.RTM_NEWLINK, 0, ifinfomsg(index)).attribute(nl.IFLA_ADDRESS, lladdr);
}

export function deleteLink(of: number | string): Request {
  if (typeof of === 'number') return new Request(nl.RTM_DELLINK, 0, ifinfomsg(of));
  return new Request(nl.RTM_DELLINK, 0, ifinfomsg()).text(nl.IFLA_IFNAME, of);
}

/** MACVLAN_MODE_* of linux/if_link.h. */
const MACVLAN_MODES: Record<MacvlanMode, number> = { private: 1, vepa: 2, bridge: 4, passthru: 8 };

export function createMacvlan(
  parent: number,
  { name, lladdr, mode = 'private' }: Omit<MacvlanOptions, 'alias'>,
): Request {
  const flags = nl.NLM_F_CREATE | nl.NLM_F_EXCL;
  return new Request(nl.RTM_NEWLINK, flags, ifinfomsg())
    .text(nl.IFLA_IFNAME, name)
    .u32(nl.IFLA_LINK, parent)
    .attribute(nl.IFLA_ADDRESS, lladdr)
    .nested(nl.IFLA_LINKINFO, (info) =>
      info
        .text(nl.IFLA_INFO_KIND, 'macvlan')
        .nested(nl.IFLA_INFO_DATA, (data) => data.u32(nl.IFLA_MACVLAN_MODE, MACVLAN_MODES[mode])),
    );
}

/** Switches the automatic IPv6 link-local address off. The kernel refuses that in the request that makes the link. */
export function withoutLinkLocal(name: string): Request {
  return setLink(name).nested(nl.IFLA_AF_SPEC, (spec) =>
    spec.nested(AF_INET6, (inet6) => inet6.u8(nl.IFLA_INET6_ADDR_GEN_MODE, nl.IN6_ADDR_GEN_MODE_NONE)),
  );
}

/** Sets the alias, which the kernel ignores in the request that makes the link. */
export function setLinkAlias(name: string, alias: string): Request {
  return setLink(name).attribute(nl.IFLA_IFALIAS, Buffer.from(alias));
}

/** By name, because the index of a link just made is not known yet. */
function setLink(name: string): Request {
  return new Request(nl.RTM_SETLINK, 0, ifinfomsg()).text(nl.IFLA_IFNAME, name);
}
