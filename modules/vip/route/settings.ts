import * as v from 'valibot';
import { InetAddress, InetPrefix, RT_TABLE_MAIN } from '../../ifnet/index.js';
import { about, hostAddress, inetPrefix, integer } from '../settings/values.js';

const MAX_U32 = 0xffff_ffff;
const MAX_ENTRIES = 1024;

const number = integer(0, MAX_U32);
const table = v.pipe(
  integer(1, MAX_U32),
  v.description("A table's number; Linux's own are main 254 and local 255."),
);

const ifname = v.pipe(
  v.string('is not a string'),
  v.regex(/^[^\s/\p{Cc}]{1,15}$/u, 'is not an interface name'),
);

/** A network: no host bits. */
const network = v.pipe(
  inetPrefix,
  v.check(
    ({ address, length }) => address.bytes.every((byte, i) => (byte & hostMask(length, i)) === 0),
    'has host bits: write the address of the network',
  ),
);

const destination = v.union([v.literal('default'), network], 'is neither a network nor default');

const route = v.pipe(
  v.strictObject({
    to: about('A network, or default.', destination),
    via: about('The next router; without one the network is on the link.', v.optional(hostAddress)),
    source: about(
      'The source of packets that have none yet: a shared address, for instance.',
      v.optional(hostAddress),
    ),
    dev: about('The outgoing interface; default: the one that has the addresses.', v.optional(ifname)),
    table: about('The table that it is in.', v.optional(table, RT_TABLE_MAIN)),
    metric: about('Lower is better; default: 0 for IPv4, 1024 for IPv6.', v.optional(number)),
    kind: about(
      'unicast, or to nowhere: in silence, or with an ICMP message.',
      v.optional(v.picklist(['unicast', 'blackhole', 'unreachable', 'prohibit']), 'unicast'),
    ),
    onlink: about(
      'The router is on the link although no network there contains it.',
      v.optional(v.boolean(), false),
    ),
  }),
  v.check(
    (given) =>
      new Set([familyOf(given.to), given.via?.family, given.source?.family].filter(Boolean)).size <= 1,
    'mixes IPv4 and IPv6',
  ),
  v.check(
    ({ kind, via, dev }) => kind === 'unicast' || (via === undefined && dev === undefined),
    'leads to nowhere: leave via and dev out',
  ),
  v.transform((given) => ({ ...given, to: toNetwork(given.to, given.via ?? given.source) })),
);

const rule = v.pipe(
  v.strictObject({
    from: about('Packets from this network.', v.optional(network)),
    to: about('Packets to this network.', v.optional(network)),
    iif: about('Packets that came by this interface.', v.optional(ifname)),
    oif: about('Packets whose socket is bound to this interface.', v.optional(ifname)),
    fwmark: about('Packets with this mark of the firewall.', v.optional(number)),
    table: about('The table that they are routed by.', table),
    priority: about('Rules are tried from the lowest on; default: the host chooses.', v.optional(number)),
    family: about(
      'Only for a rule without from and to; default: 4.',
      v.optional(v.picklist([4, 6] as const)),
    ),
  }),
  v.check(
    ({ from, to, family }) =>
      new Set([from?.address.family, to?.address.family, family].filter(Boolean)).size <= 1,
    'mixes IPv4 and IPv6',
  ),
);

/** The settings of a virtual host that say which routes and rules come and go with its addresses. */
export const routeSettings = {
  routes: about(
    'Routes of this host while it is MASTER.',
    v.optional(
      v.pipe(v.array(route, 'is not a list of routes'), v.maxLength(MAX_ENTRIES, 'has more than 1024')),
      [],
    ),
  ),
  rules: about(
    'Rules of this host while it is MASTER: which packets are routed by which table.',
    v.optional(
      v.pipe(v.array(rule, 'is not a list of rules'), v.maxLength(MAX_ENTRIES, 'has more than 1024')),
      [],
    ),
  ),
};

/** A route as settings have it. */
export type RouteSetting = Readonly<v.InferOutput<typeof route>>;
/** A rule as settings have it. */
export type RuleSetting = Readonly<v.InferOutput<typeof rule>>;

function hostMask(length: number, at: number): number {
  return 0xff >> Math.min(8, Math.max(0, length - at * 8));
}

function familyOf(to: 'default' | InetPrefix): number | undefined {
  return to === 'default' ? undefined : to.address.family;
}

function toNetwork(to: 'default' | InetPrefix, near: InetAddress | undefined): InetPrefix {
  if (to !== 'default') return to;
  return new InetPrefix(InetAddress.parse(near?.family === 6 ? '::' : '0.0.0.0'), 0);
}
