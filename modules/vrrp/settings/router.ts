/**
 * The settings of a virtual router: names, units, defaults, limits. docs/vrrp.md lists them for people. The parsed
 * settings do not include the secrets, so that no dump of settings can show them.
 *
 * @module
 */
import * as v from 'valibot';
import {
  about,
  hostAddress,
  integer,
  milliseconds,
  putsInPlace,
  serviceSettings,
  sharedAddress,
  words,
} from '../../vip/index.js';
import { VrrpError } from '../errors.js';
import type { VrrpAuth } from '../wire/advertisement.js';
import { VRRP_CHECKSUMS } from '../wire/checksum.js';
import { VRRP_MAX_INTERVAL_CS, VRRP2_MAX_INTERVAL_S } from '../wire/header.js';
import { ifname, key, name, password, yesOrNo } from './values.js';

/** As many addresses as an advertisement can count. */
const MAX_ADDRESSES = 255;
const MAX_ROUTES = 1024;
const SECOND_MS = 1000;
const CENTISECOND_MS = 10;

const list = v.array(sharedAddress, 'is not a list of addresses');

const settings = v.strictObject(
  {
    ifname: about('The interface, which may be missing yet.', ifname),
    vrid: about(
      '1 to 255; the same on all hosts that share the addresses, and no vhid of CARP.',
      integer(1, 255),
    ),
    version: about(
      '3, of RFC 9568, for IPv4 and IPv6; 2, of RFC 3768, for IPv4 and old peers.',
      v.optional(v.picklist([2, 3], 'is not 2 or 3'), 3),
    ),
    priority: about(
      'The highest is preferred; 255: this host owns the addresses.',
      v.optional(integer(1, 255), 100),
    ),
    addresses: about(
      'The shared addresses, of one family; every host should have the same. The prefix length is the one to add them with.',
      v.pipe(
        list,
        v.minLength(1, 'is empty: name at least one address'),
        v.maxLength(MAX_ADDRESSES, `has more than ${MAX_ADDRESSES} addresses`),
      ),
    ),
    excluded: about(
      "More shared addresses, of both families, which the advertisements leave out: keepalived's virtual_ipaddress_excluded.",
      v.optional(v.pipe(list, v.maxLength(MAX_ROUTES, `has more than ${MAX_ROUTES} addresses`)), []),
    ),
    interval: about(
      'Milliseconds between advertisements: whole centiseconds up to 40950, or in version 2 whole seconds up to 255000.',
      v.optional(milliseconds, SECOND_MS),
    ),
    downAdverts: about(
      'A master that misses so many advertisements is taken for dead; the RFC has 3.',
      v.optional(integer(1, 100), 3),
    ),
    preempt: about('Whether to replace a master of a lower priority.', v.optional(yesOrNo, true)),
    preemptDelay: about(
      'How long a lower priority must be heard before it is preempted, in ms.',
      v.optional(milliseconds, 0),
    ),
    startupDelay: about('How long to stay in INIT after creation, in ms.', v.optional(milliseconds, 0)),
    checksum: about(
      'What the checksum of version 3 over IPv4 covers when sent: a pseudo-header too, as with keepalived and FRR; rfc9568: the message alone. Both are accepted.',
      v.optional(v.picklist(VRRP_CHECKSUMS, `is not one of ${VRRP_CHECKSUMS.join(', ')}`), 'pseudo-header'),
    ),
    password: about(
      'Of version 2, 1 to 8 bytes, sent in clear text: it keeps mistakes out, not attackers.',
      v.optional(password),
    ),
    hmac: about(
      "A key of keepalived 2.4's auth_hmac, which authenticates the advertisements.",
      v.optional(
        v.strictObject({
          id: v.optional(integer(1, 255), 1),
          key: about('64 to 128 hexadecimal digits.', key),
        }),
      ),
    ),
    addressList: about(
      'What becomes of advertisements with another list of addresses: `log` and accept them, or `drop` them.',
      v.optional(v.picklist(['log', 'drop'], 'is not log or drop'), 'log'),
    ),
    peers: about(
      'Unicast peers, as keepalived has them; without any the group is used.',
      v.optional(v.array(hostAddress, 'is not a list of addresses'), []),
    ),
    source: about(
      "Source of the advertisements; default: the interface's first address that is not shared, over IPv6 the link-local one.",
      v.optional(hostAddress),
    ),
    ttl: about('TTL or hop limit of advertisements to unicast peers.', v.optional(integer(1, 255), 255)),
    minTtl: about(
      'Minimum TTL accepted from unicast peers; default: any, since they may be routed.',
      v.optional(integer(0, 255), 0),
    ),
    virtualMac: about(
      "Send from the virtual router MAC, and serve the addresses from it: the RFC's way. Off: keepalived's usual one.",
      v.optional(yesOrNo, true),
    ),
    accept: about(
      'Whether a MASTER that is not their owner accepts packets addressed to the addresses. Off: it forwards and answers ARP, and drops pings and connections to them, as RFC 9568 has it by default.',
      v.optional(yesOrNo, true),
    ),
    ...serviceSettings,
    ignoreLinkState: about('Do not leave MASTER when the cable is unplugged.', v.optional(yesOrNo, false)),
    bowOut: about(
      'Send priority 0 when leaving MASTER by request, so that a peer takes over at once.',
      v.optional(yesOrNo, true),
    ),
    groups: about('Groups whose demotion applies to this virtual router.', v.optional(words, ['vrrp'])),
    failoverGroup: about(
      'Virtual routers, and vhids, of one failover group become MASTER, and cease to be, together: a sync group.',
      v.optional(name),
    ),
  },
  'is not an object of settings',
);

type Checked = v.InferOutput<typeof settings>;

/** What two settings say together, each with the setting that a message names. */
const RULES: readonly [holds: (given: Checked) => boolean, path: keyof Checked, message: string][] = [
  [
    ({ addresses }) => new Set(addresses.map(({ address }) => address.family)).size < 2,
    'addresses',
    'are of both families: make two virtual routers, or name the others in excluded',
  ],
  [
    ({ addresses, excluded }) => {
      const all = [...addresses, ...excluded].map(({ address }) => address.toString());
      return new Set(all).size === all.length;
    },
    'addresses',
    'names an address twice',
  ],
  [
    ({ version, addresses }) => version === 3 || addresses[0]?.address.family === 4,
    'version',
    '2 is for IPv4: leave it out',
  ],
  [
    ({ version, interval }) =>
      version === 2
        ? interval % SECOND_MS === 0 && interval >= SECOND_MS && interval <= VRRP2_MAX_INTERVAL_S * SECOND_MS
        : interval % CENTISECOND_MS === 0 &&
          interval >= CENTISECOND_MS &&
          interval <= VRRP_MAX_INTERVAL_CS * CENTISECOND_MS,
    'interval',
    'is not a multiple of 10 ms up to 40950, or with version 2 of 1000 ms up to 255000',
  ],
  [({ version, password: secret }) => secret === undefined || version === 2, 'password', 'needs version 2'],
  [
    ({ password: secret, hmac }) => secret === undefined || hmac === undefined,
    'hmac',
    'cannot be beside a password',
  ],
  [
    ({ peers, addresses }) => peers.every(({ family }) => family === addresses[0]?.address.family),
    'peers',
    'are of another family than the addresses',
  ],
  [
    ({ source, addresses }) => source === undefined || source.family === addresses[0]?.address.family,
    'source',
    'is of another family than the addresses',
  ],
  [
    (given) => given.accept || putsInPlace(given),
    'accept',
    'cannot be off for addresses that something else puts in place (manageAddresses, provider)',
  ],
];

/** One virtual router's settings. */
export const routerSchema = v.pipe(
  settings,
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed) return;
    const given = dataset.value;
    // Without an address nothing can be said of its family.
    if (given.addresses.length === 0) return;
    for (const [holds, path, message] of RULES) {
      if (holds(given)) continue;
      addIssue({
        message,
        path: [{ type: 'object', origin: 'value', input: given, key: path, value: given[path] }],
      });
    }
  }),
);

/** What `VrrpModule.create` takes: names, defaults and limits in docs/vrrp.md. */
export type VrrpRouterOptions = v.InferInput<typeof routerSchema>;
/** The options that can change while the virtual router runs. */
export type VrrpRouterChanges = Partial<Omit<VrrpRouterOptions, 'ifname' | 'vrid'>>;
/** As checked, with the secrets. */
export type VrrpRouterConfig = v.InferOutput<typeof routerSchema>;
/** The options in force, without the secrets. */
export type VrrpSettings = Readonly<Omit<VrrpRouterConfig, 'password' | 'hmac'>>;

/** Checks the options. @throws VrrpError ESETTINGS: one line that names the virtual router and the setting */
export function parseOptions(options: unknown): { settings: VrrpSettings; auth: VrrpAuth | undefined } {
  const result = v.safeParse(routerSchema, options);
  if (!result.success) throw new VrrpError('ESETTINGS', `${subject(options)}: ${describe(result.issues[0])}`);
  const { password: secret, hmac, ...rest } = result.output;
  return { settings: rest, auth: authOf(secret, hmac) };
}

function authOf(secret: Uint8Array | undefined, hmac: VrrpRouterConfig['hmac']): VrrpAuth | undefined {
  if (secret !== undefined) return { type: 'pass', password: secret };
  return hmac === undefined ? undefined : { type: 'hmac', key: hmac };
}

/** `vrrp 7@eth0`, if the options identify a virtual router. */
function subject(options: unknown): string {
  const named = v.safeParse(v.object({ ifname, vrid: integer(1, 255) }), options);
  return named.success ? `vrrp ${named.output.vrid}@${named.output.ifname}` : 'vrrp';
}

/** `addresses[1]: 'x' is not …`. Never the value itself: it may be a secret. */
function describe(issue: v.BaseIssue<unknown>): string {
  const path = (issue.path ?? []).map(({ key: at }) =>
    typeof at === 'number' ? `[${at}]` : `.${String(at)}`,
  );
  const named = path.join('').replace(/^\./, '');
  if (issue.type === 'strict_object' && issue.expected === 'never') return `unknown setting ${named}`;
  if (issue.received === 'undefined') return `${named} is missing`;
  return named === '' ? issue.message : `${named} ${issue.message}`;
}
