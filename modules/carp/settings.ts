/**
 * The settings of a vhid: names, units, defaults, limits. docs/carp.md lists them for people.
 *
 * The parsed settings do not include the passwords: they become keys, which only CarpAuthenticator keeps, so that no
 * dump of settings can show it.
 *
 * @module
 */
import * as v from 'valibot';
import { InetAddress } from '../ifnet/index.js';
import {
  about,
  group,
  hostAddress,
  inetPrefix,
  integer,
  isLocal,
  linkAddress,
  milliseconds,
  ofFamily,
  serviceSettings,
  sharedAddress,
  words,
} from '../vip/index.js';
import { CARP_DIALECTS } from './dialect.js';
import { CarpError } from './errors.js';
import { CARP_SEAL_MODES } from './seal/mode.js';
import { CARP_KEY_LEN } from './wire/digest.js';
import { CARP_BOW_OUT } from './wire/header.js';

/** INADDR_CARP_GROUP and its IPv6 counterpart. One object for all vhids, to compare with each packet's destination. */
const CARP_GROUP = InetAddress.parse('224.0.0.18');
const CARP_GROUP6 = InetAddress.parse('ff02::12');

const password = v.pipe(
  v.union(
    [v.string(), v.custom<Uint8Array>((given) => given instanceof Uint8Array)],
    'must be a string or bytes',
  ),
  v.description('The shared secret: at most 20 bytes, of which BSD peers use 19.'),
  v.transform((given) => (typeof given === 'string' ? new TextEncoder().encode(given) : given.slice())),
  v.check(
    (key) => key.length <= CARP_KEY_LEN,
    `is longer than ${CARP_KEY_LEN} bytes, the length of CARP's key; BSD peers use only the first 19`,
  ),
);

/** As many passwords are heard beside the one that signs: each costs a digest for every wrong advertisement. */
const MAX_MORE_PASSWORDS = 4;

/** A text, or a mapping, whose `password` a file of settings can name a file for. */
const heardPassword = v.union(
  [
    password,
    v.pipe(
      v.strictObject({ password }),
      v.transform((given) => given.password),
    ),
  ],
  'is neither a password nor a mapping with one',
);

/** The settings that identify a vhid. */
const names = {
  ifname: about(
    'The interface, which may be missing yet.',
    v.pipe(v.string('is not a string'), v.regex(/^[^\s/\p{Cc}]{1,15}$/u, 'is not an interface name')),
  ),
  vhid: about('1 to 255; the same on all hosts that share the addresses.', integer(1, 255)),
};
const identity = v.object(names);

/** One vhid's settings. */
export const vhidSchema = v.pipe(
  v.strictObject(
    {
      ...names,
      password,
      passwords: about(
        'More passwords that are heard, and never signed with: the next one, or the former one, while it is being changed.',
        v.optional(
          v.pipe(
            v.array(heardPassword, 'is not a list of passwords'),
            v.maxLength(MAX_MORE_PASSWORDS, `has more than ${MAX_MORE_PASSWORDS} passwords`),
          ),
          [],
        ),
      ),
      addresses: about(
        'The shared addresses; hashed, so every host must have the same. The prefix length is the one to add them with.',
        v.pipe(
          v.array(sharedAddress, 'is not a list of addresses'),
          v.minLength(1, 'is empty: name at least one address'),
          v.maxLength(1024, 'has more than 1024 addresses'),
        ),
      ),
      advbase: about('Seconds between advertisements.', v.optional(integer(0, 255), 1)),
      advskew: about(
        '1/256 s added to the interval; the lower value is preferred. BSD peers allow 254.',
        v.optional(integer(0, 255), 0),
      ),
      deadRatio: about(
        'A master that is silent for this many advbase is taken for dead. All peers but ucarp know only 3.',
        v.optional(integer(1, 255), 3),
      ),
      preempt: about(
        'Whether to take over from a slower master; default: net.inet.carp.preempt.',
        v.optional(v.boolean('must be true or false')),
      ),
      preemptDelay: about(
        'How long a slower master must be heard before it is preempted, in ms.',
        v.optional(milliseconds, 0),
      ),
      startupDelay: about('How long to stay in INIT after creation, in ms.', v.optional(milliseconds, 0)),
      election: about(
        'Whose rules settle an election.',
        v.optional(v.picklist(CARP_DIALECTS, `is not one of ${CARP_DIALECTS.join(', ')}`), 'auto'),
      ),
      peers: about(
        'Unicast peers; a family without any is reached through its group.',
        v.optional(v.array(hostAddress, 'is not a list of addresses'), []),
      ),
      group: about('The IPv4 multicast group.', v.optional(group(4), CARP_GROUP)),
      group6: about('The IPv6 multicast group.', v.optional(group(6), CARP_GROUP6)),
      broadcast: about(
        'Send IPv4 advertisements in Ethernet broadcast frames, to the group as the IP destination: ucarp -M.',
        v.optional(v.boolean('must be true or false'), false),
      ),
      source: about(
        "Source of IPv4 advertisements; default: the interface's first address that is not shared.",
        v.optional(ofFamily(4)),
      ),
      source6: about(
        'Source of IPv6 advertisements; default: link-local to a group, else the first that is not shared.',
        v.optional(ofFamily(6)),
      ),
      ttl: about(
        'TTL or hop limit of advertisements. BSD and ucarp peers require 255.',
        v.optional(integer(1, 255), 255),
      ),
      minTtl: about(
        'Minimum TTL accepted; default: 255 for groups, 0 for unicast, which may be routed.',
        v.optional(integer(0, 255)),
      ),
      virtualMac: about(
        'Send from the virtual MAC 00:00:5e:00:01:vhid, which no peer requires and anti-spoofing switches drop. `service`: serve the shared addresses from it too.',
        v.optional(v.union([v.boolean(), v.literal('service')], 'must be true, false or "service"'), false),
      ),
      lladdr: about(
        "The link-layer address set by hand on the OpenBSD peers' carp interface: hashed, and used as the virtual MAC.",
        v.optional(linkAddress),
      ),
      allow: about(
        'Accept advertisements from these networks only; empty: from everywhere.',
        v.optional(v.array(inetPrefix, 'is not a list of networks'), []),
      ),
      replay: about(
        'How strictly advertisements are refused whose counter has been seen before.',
        v.optional(
          v.picklist(['off', 'loop', 'window', 'strict'], 'is not one of off, loop, window, strict'),
          'window',
        ),
      ),
      seal: about(
        'Whether advertisements are sealed against being altered and repeated, and whether those of others must be.',
        v.optional(v.picklist(CARP_SEAL_MODES, `is not one of ${CARP_SEAL_MODES.join(', ')}`), 'auto'),
      ),
      ...serviceSettings,
      ignoreLinkState: about(
        'Do not leave MASTER when the cable is unplugged: ucarp -S.',
        v.optional(v.boolean('must be true or false'), false),
      ),
      bowOut: about(
        'Send a bow-out when leaving MASTER by request, so that a peer takes over at once.',
        v.optional(v.boolean('must be true or false'), true),
      ),
      delayedGarp: about(
        'Announce the addresses again with the second advertisement after that of the takeover.',
        v.optional(v.boolean('must be true or false'), true),
      ),
      groups: about(
        "OpenBSD's interface groups whose demotion counters apply to this vhid.",
        v.optional(words, ['carp']),
      ),
      failoverGroup: about(
        'The vhids of one failover group become MASTER, and cease to be, together.',
        v.optional(v.pipe(v.string(), v.nonEmpty('is empty'))),
      ),
    },
    'is not an object of settings',
  ),
  v.check(
    (given) => given.advbase !== CARP_BOW_OUT || given.advskew !== CARP_BOW_OUT,
    'advbase 255 with advskew 255 is the bow-out: use a lower value',
  ),
  v.check(
    (given) => given.virtualMac !== 'service' || isLocal(given.provider),
    'virtualMac service needs the provider netlink or macvlan: no other puts addresses on an interface',
  ),
);

/** What `CarpModule.create` takes: names, defaults and limits in docs/carp.md. */
export type CarpVhidOptions = v.InferInput<typeof vhidSchema>;
/** The options that can change while the vhid runs. */
export type CarpVhidChanges = Partial<Omit<CarpVhidOptions, 'ifname' | 'vhid'>>;
/** The options in force, without the password. */
export type CarpSettings = Readonly<Omit<v.InferOutput<typeof vhidSchema>, 'password' | 'passwords'>>;

/** The bytes of the passwords. */
export interface CarpKeys {
  /** Signs, and is heard. */
  readonly own: Uint8Array;
  /** Heard only. */
  readonly heard: readonly Uint8Array[];
}

/** Checks the options. @throws CarpError ESETTINGS: one line that names the vhid and the setting */
export function parseOptions(options: unknown): { settings: CarpSettings; keys: CarpKeys } {
  const result = v.safeParse(vhidSchema, options);
  if (!result.success) throw new CarpError('ESETTINGS', `${subject(options)}: ${describe(result.issues[0])}`);
  const { password: own, passwords: heard, ...settings } = result.output;
  return { settings, keys: { own, heard } };
}

/** Checks that a vhid could have these options. @throws CarpError ESETTINGS if not */
export function checkVhidOptions(options: unknown): void {
  parseOptions(options);
}

/** `carp 1@eth0`, if the options identify a vhid. */
function subject(options: unknown): string {
  const named = v.safeParse(identity, options);
  return named.success ? `carp ${named.output.vhid}@${named.output.ifname}` : 'carp';
}

/** `addresses[1]: 'x' is not …`. Never the value itself: it may be the password. */
function describe(issue: v.BaseIssue<unknown>): string {
  const path = (issue.path ?? []).map(({ key }) =>
    typeof key === 'number' ? `[${key}]` : `.${String(key)}`,
  );
  const name = path.join('').replace(/^\./, '');
  if (issue.type === 'strict_object' && issue.expected === 'never') return `unknown setting ${name}`;
  if (issue.received === 'undefined') return `${name} is missing`;
  return name === '' ? issue.message : `${name} ${issue.message}`;
}
