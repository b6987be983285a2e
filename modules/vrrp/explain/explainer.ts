/**
 * Explains advertisements of VRRP that somebody saw: whether a receiver on the same link would take them, if not, why, and
 * what differs between the hosts of one virtual router. A running one judges by link/receiver.ts, with the same checksums
 * below it. Nothing here throws, whatever the packets are, and memory is bounded however many they are.
 *
 * @module
 */
import { placeFaults, type SeenOnLink } from '../../vip/index.js';
import { VRRP_CHECKSUMS, type VrrpChecksum } from '../wire/checksum.js';
import { VRRP_PRIORITY_OWNER } from '../wire/header.js';
import { type SeenVrrpWords, VrrpMastership } from './mastership.js';
import { type ReadVrrp, readVrrp } from './read.js';

/** Virtual routers that are told apart: an attacker has 255 numbers and 4096 VLANs. */
const MAX_GROUPS = 1024;

/** What is wrong with an advertisement of VRRP, or different from another host's. */
export type VrrpFaultKind =
  | 'truncated'
  | 'malformed'
  | 'wrong checksum'
  | 'wrong ttl'
  | 'other version'
  | 'other interval'
  | 'other addresses'
  | 'other authentication';

/** A {@link VrrpFaultKind} in the operator's words. */
export interface VrrpFault {
  readonly kind: VrrpFaultKind;
  /** The cause and, where there is one, the remedy; no capital, no full stop. */
  readonly text: string;
}

/** What an advertisement of VRRP is, and whether receivers would take it. */
export interface VrrpExplanation {
  /** Undefined for one that cannot be read. */
  readonly words: SeenVrrpWords | undefined;
  /** The rule that its checksum keeps; undefined: none, or it cannot be said. */
  readonly rule: VrrpChecksum | undefined;
  readonly checksum: 'valid' | 'invalid' | 'unchecked';
  /** The worst first. */
  readonly faults: readonly VrrpFault[];
  /** What is worth knowing about one that is taken. */
  readonly notes: readonly string[];
}

/** A virtual router in a VLAN, as far as it was seen. */
export interface SeenVrrpGroup {
  readonly vrid: number;
  readonly family: 4 | 6;
  readonly vlans: readonly number[];
  readonly mastership: VrrpMastership;
}

interface Group extends SeenVrrpGroup {
  /** The host that the others are compared with: the first, while it says the same. */
  reference: { source: string; read: ReadVrrp } | undefined;
}

/** What an explainer was given to compare with. */
export interface VrrpExplainerKnowledge {
  /** The number of a virtual router. */
  readonly vrid?: number | undefined;
  /** Its addresses, as texts without prefix length. */
  readonly addresses?: readonly string[] | undefined;
}

/** Explains packets in the order in which they were seen. */
export class VrrpExplainer {
  readonly #groups = new Map<string, Group>();
  readonly #knowledge: VrrpExplainerKnowledge;
  readonly #masterships = (): number => this.#groups.size;

  constructor(knowledge: VrrpExplainerKnowledge = {}) {
    this.#knowledge = knowledge;
  }

  /** The virtual routers seen, in the order in which they were. */
  get groups(): readonly SeenVrrpGroup[] {
    return [...this.#groups.values()];
  }

  explain(packet: SeenOnLink): VrrpExplanation {
    const read = readVrrp(packet);
    if (read === 'truncated')
      return unreadable('truncated', 'the capture has cut it short: capture with -s 0');
    if ('malformed' in read) return unreadable('malformed', `${read.malformed}: every host ignores it`);
    const { words, checksum: rule } = read;
    const faults: VrrpFault[] = placeFaults(packet);
    if (rule === undefined)
      faults.unshift({
        kind: 'wrong checksum',
        text: `by all of ${VRRP_CHECKSUMS.length} rules: it was damaged or altered on the way`,
      });
    const checksum = rule === undefined ? 'invalid' : 'valid';
    if (faults.length > 0) return { words, rule, checksum, faults, notes: [] };
    const group = this.#group(packet, read.vrid);
    const differences = this.#differences(group, packet, read);
    group.mastership.heard(packet.source, words, packet.time);
    return { words, rule, checksum, faults: differences, notes: notesOf(packet, read) };
  }

  #differences(group: Group, { source }: SeenOnLink, read: ReadVrrp): VrrpFault[] {
    const name = source.toString();
    const faults: VrrpFault[] = [];
    const { vrid, addresses: given = [] } = this.#knowledge;
    // The number is one router over IPv4 and another over IPv6.
    const addresses = given.filter((address) => address.includes(':') === (group.family === 6));
    const isOurs = vrid === read.vrid && addresses.length > 0;
    if (isOurs) faults.push(...listFaults(read.words, addresses, 'the list given'));
    const { reference } = group;
    if (reference === undefined || reference.source === name) {
      group.reference = { source: name, read };
      return faults;
    }
    const theirs = reference.read;
    const other = reference.source;
    const { version, interval } = read.words;
    if (version !== theirs.words.version)
      faults.push({
        kind: 'other version',
        text: `${other} speaks version ${theirs.words.version}: the two do not hear each other; set the version alike on all hosts`,
      });
    else if (version === 2 && interval !== theirs.words.interval)
      faults.push({
        kind: 'other interval',
        text: `${other} advertises every ${theirs.words.interval / 1000} s: with version 2 both ignore the other`,
      });
    if (read.authentication !== theirs.authentication)
      faults.push({
        kind: 'other authentication',
        text: `${read.authentication}, and ${other} has ${theirs.authentication}: set it alike on all hosts`,
      });
    if (!isOurs) faults.push(...listFaults(read.words, theirs.words.addresses, other));
    return faults;
  }

  #group({ vlans, family }: SeenOnLink, vrid: number): Group {
    const place = `${vlans.join('.')} ${family} ${vrid}`;
    const known = this.#groups.get(place);
    if (known !== undefined) return known;
    const mastership = new VrrpMastership(this.#masterships);
    const group: Group = { vrid, family, vlans, mastership, reference: undefined };
    const [oldest] = this.#groups.keys();
    if (oldest !== undefined && this.#groups.size === MAX_GROUPS) this.#groups.delete(oldest);
    this.#groups.set(place, group);
    return group;
  }
}

function unreadable(kind: 'truncated' | 'malformed', text: string): VrrpExplanation {
  return { words: undefined, rule: undefined, checksum: 'unchecked', faults: [{ kind, text }], notes: [] };
}

/** Sets: the order is free. */
function listFaults({ addresses }: SeenVrrpWords, wanted: readonly string[], whose: string): VrrpFault[] {
  const lacks = wanted.filter((address) => !addresses.includes(address));
  const more = addresses.filter((address) => !wanted.includes(address));
  if (lacks.length === 0 && more.length === 0) return [];
  const parts = [
    ...(lacks.length > 0 ? [`it lacks ${lacks.join(', ')}`] : []),
    ...(more.length > 0 ? [`it names ${more.join(', ')} too`] : []),
  ];
  const text = `${parts.join(', and ')}, compared with ${whose}: give all hosts the same addresses; a keepalived up to 2.3.2 ignores it`;
  return [{ kind: 'other addresses', text }];
}

const RULES: Readonly<Record<VrrpChecksum, string | undefined>> = {
  'pseudo-header': undefined,
  rfc9568: "its checksum covers the message alone, as RFC 9568 has it: keepalived's and FRR's do not",
  'old-unicast': 'its checksum is that of a keepalived up to 1.3.6',
};

function notesOf({ family }: SeenOnLink, { words, checksum, authentication }: ReadVrrp): string[] {
  const rule = checksum !== undefined && family === 4 && words.version === 3 ? RULES[checksum] : undefined;
  return [
    ...(rule === undefined ? [] : [rule]),
    ...(words.priority === VRRP_PRIORITY_OWNER ? ['it owns the addresses'] : []),
    ...(authentication === 'none' ? [] : [AUTHENTICATIONS[authentication]]),
  ];
}

const AUTHENTICATIONS = {
  password: 'with a password in clear text',
  hmac: "with keepalived's HMAC, which is not checked",
  AH: 'with an authentication header, which is not checked',
} as const;
