/**
 * Explains advertisements: what each is, whether a receiver with a given password and address list would take it, and if
 * not, why. For captures and for `carpet explain`; a running vhid judges by link/receiver.ts, with the same digest, seal
 * and counters below it. Nothing here throws, whatever the packets are, and memory is bounded however many they are.
 *
 * @module
 */
import { type InetAddress, type InetPrefix, internetChecksum } from '../../ifnet/index.js';
import { placeFaults, protocolOf } from '../../vip/index.js';
import { deadTime } from '../election/interval.js';
import { sequenceOf } from '../seal/format.js';
import { CarpSequence } from '../seal/sequence.js';
import { counterOf } from '../wire/counter.js';
import {
  CARP_ADVERTISEMENT,
  CARP_BOW_OUT,
  CARP_HEADER_LEN,
  CARP_OFF_ADVBASE,
  CARP_OFF_ADVSKEW,
  CARP_OFF_COUNTER,
  CARP_OFF_DEMOTE,
  CARP_OFF_DIGEST,
  CARP_OFF_VHID,
  CARP_VERSION,
} from '../wire/header.js';
import { HmacWork } from '../wire/hmac.js';
import { DigestCheck } from './digest-check.js';
import type { Check, Explanation, Fault, SeenPacket, SeenWords } from './explanation.js';
import { CarpMastership } from './mastership.js';
import { Repeats } from './repeats.js';
import { SealCheck } from './seal-check.js';
import { type CounterWords, claimsSeal, sealedAt } from './seal-claim.js';
import { vrrpPacket } from './vrrp-packet.js';

/** Groups (a vhid in a VLAN) that are told apart: an attacker has 255 vhids and 4096 VLANs. */
const MAX_GROUPS = 1024;
/** Advertisements of one group and family that are remembered: the more groups, the fewer each. */
const MAX_REMEMBERED = 2048;
const MIN_REMEMBERED = 64;
const MAX_REMEMBERED_OF_ALL = 65_536;
/** Senders of one group that are remembered. */
const MAX_SENDERS = 256;
/** Hosts whose announcements are remembered, and addresses of each. */
const MAX_ANNOUNCERS = 256;
const MAX_ANNOUNCED = 8;
/** The ratio that every peer but ucarp has. */
const DEAD_RATIO = 3;
/** By so much a seal may be older than the clock says before that is worth a note. */
const OLD_SEAL_MS = 60_000;

/** What an explainer was given to check with. */
export interface ExplainerKnowledge {
  /** The password's bytes; without it no digest is checked. */
  readonly key?: Uint8Array | undefined;
  /** More passwords that are heard, as the vhid's setting `passwords` has them. */
  readonly heardKeys?: readonly Uint8Array[] | undefined;
  /** The addresses of the vhid with their networks; without any no digest is checked. */
  readonly prefixes: readonly InetPrefix[];
  /** The vhid that they belong to; undefined: all. */
  readonly vhid?: number | undefined;
}

/** A vhid in a VLAN, as far as it was seen. */
export interface SeenGroup {
  readonly vhid: number;
  readonly vlans: readonly number[];
  /** IPv4 and IPv6: a host advertises in each family by itself. */
  readonly mastership: Readonly<Record<4 | 6, CarpMastership>>;
}

interface Group extends SeenGroup {
  readonly repeats: Readonly<Record<4 | 6, Repeats>>;
  readonly sequence: CarpSequence;
  /** Senders whose digest was right, for a guess at who sealed an altered one. */
  readonly senders: Map<string, InetAddress>;
  /** Senders of counters that are no seals: what looks like one does so by chance. */
  readonly unsealed: Set<string>;
}

/** Explains packets in the order in which they were seen. */
export class CarpExplainer {
  readonly #knowledge: ExplainerKnowledge;
  readonly #digests: DigestCheck | undefined;
  /** One for each password. */
  readonly #seals: readonly SealCheck[];
  readonly #groups = new Map<string, Group>();
  /** Numbers of VRRP routers, by VLAN and number. */
  readonly #routers = new Set<string>();
  readonly #announced = new Map<string, InetAddress[]>();

  constructor(knowledge: ExplainerKnowledge) {
    const work = new HmacWork();
    const { key, heardKeys = [], prefixes } = knowledge;
    this.#knowledge = knowledge;
    this.#seals = key === undefined ? [] : [key, ...heardKeys].map((each) => new SealCheck(each, work));
    if (key !== undefined && prefixes.length > 0)
      this.#digests = new DigestCheck({ key, heardKeys, prefixes }, work);
  }

  /** The vhids seen, in the order in which they were. */
  get groups(): readonly SeenGroup[] {
    return [...this.#groups.values()];
  }

  /** A host announced an address as its own, in ARP or neighbour discovery: its list may have it. */
  announced(lladdr: Uint8Array, address: InetAddress): void {
    const name = lladdr.join('.');
    const known = this.#announced.get(name) ?? [];
    if (known.length === MAX_ANNOUNCED || known.some((each) => each.equals(address))) return;
    if (known.length === 0 && this.#announced.size === MAX_ANNOUNCERS) return;
    this.#announced.set(name, [...known, address]);
  }

  /** What a packet of IP protocol 112 is. */
  explain(packet: SeenPacket): Explanation {
    const { payload, length, family } = packet;
    if (packet.fragment) return unreadable('fragment', 'it is a fragment; no implementation sends any');
    if (protocolOf(family, payload) === 'vrrp' || packet.authenticated) return this.#vrrp(packet);
    if (payload.length < CARP_HEADER_LEN && payload.length < length)
      return unreadable('truncated', 'the capture has cut it short: capture with -s 0');
    if (payload.length < CARP_HEADER_LEN || length !== CARP_HEADER_LEN)
      return unreadable(
        'malformed',
        `it has ${length} bytes; CARP has ${CARP_HEADER_LEN}, VRRP another length`,
      );
    const [version, type] = [payload[0]! >> 4, payload[0]! & 15];
    if (version !== CARP_VERSION || type !== CARP_ADVERTISEMENT || payload[CARP_OFF_VHID] === 0)
      return unreadable('malformed', `version ${version}, type ${type}, vhid ${payload[CARP_OFF_VHID]}`);
    return this.#advertisement(packet);
  }

  #vrrp(packet: SeenPacket): Explanation {
    const { id, checksum, text } = vrrpPacket(packet);
    const place = `${packet.vlans.join('.')} ${id}`;
    if (this.#routers.size < MAX_GROUPS) this.#routers.add(place);
    const clashes = this.#groups.has(place) || this.#knowledge.vhid === id;
    const fault: Fault = clashes
      ? {
          kind: 'vrrp clash',
          text: `${text}: it has the number of vhid ${id}, and so its virtual MAC; a keepalived falls silent while it hears the vhid; give one of the two another number`,
        }
      : { kind: 'vrrp', text };
    return {
      words: undefined,
      id,
      checksum,
      digest: 'unchecked',
      seal: 'unchecked',
      faults: [fault],
      notes: [],
    };
  }

  #advertisement(packet: SeenPacket): Explanation {
    const { payload } = packet;
    const view = new DataView(payload.buffer, payload.byteOffset, payload.length);
    const counter = { high: view.getUint32(CARP_OFF_COUNTER), low: view.getUint32(CARP_OFF_COUNTER + 4) };
    const words: SeenWords = {
      vhid: payload[CARP_OFF_VHID]!,
      advbase: payload[CARP_OFF_ADVBASE]!,
      advskew: payload[CARP_OFF_ADVSKEW]!,
      demote: payload[CARP_OFF_DEMOTE]!,
      counter: counterOf(counter.high, counter.low),
    };
    const group = this.#group(packet.vlans, words.vhid);
    const faults: Fault[] = placeFaults(packet);
    const checksum: Check = internetChecksum(payload, 0, CARP_HEADER_LEN) === 0 ? 'valid' : 'invalid';
    const isOurs = this.#knowledge.vhid === undefined || this.#knowledge.vhid === words.vhid;
    const digest = isOurs ? this.#digest(packet, words.vhid) : 'unchecked';
    const seal = isOurs ? this.#seal(group, packet, words, counter) : 'unchecked';
    if (checksum === 'invalid') faults.unshift(checksumFault(digest));
    const notes: string[] = [];
    if (digest === 'invalid') faults.push(this.#whyWrong(packet, words, seal));
    else if (checksum === 'valid') faults.push(...this.#history(group, packet, words, counter, seal, notes));
    if (faults.length === 0) this.#take(group, packet, words, notes);
    return { words, id: words.vhid, checksum, digest, seal, faults, notes };
  }

  #digest({ payload }: SeenPacket, vhid: number): Check {
    if (this.#digests === undefined) return 'unchecked';
    return this.#digests.holds(vhid, counterBytes(payload), digestBytes(payload)) ? 'valid' : 'invalid';
  }

  #seal({ unsealed }: Group, { source, time }: SeenPacket, words: SeenWords, counter: CounterWords): Check {
    const name = source.toString();
    if (!claimsSeal(counter, time)) {
      if (unsealed.size < MAX_SENDERS) unsealed.add(name);
      return 'unchecked';
    }
    if (this.#seals.length === 0) return 'unchecked';
    if (this.#seals.some((each) => each.holds(counter, { ...words, source }))) return 'valid';
    return unsealed.has(name) ? 'unchecked' : 'invalid';
  }

  /** The digest does not fit. */
  #whyWrong(packet: SeenPacket, { vhid }: SeenWords, seal: Check): Fault {
    const { payload, source, lladdr } = packet;
    const announced = (lladdr && this.#announced.get(lladdr.join('.'))) ?? [];
    const sender = { vhid, source, lladdr, announced };
    const found = this.#digests?.explain(counterBytes(payload), digestBytes(payload), sender);
    if (found !== undefined) return found;
    if (seal === 'valid')
      return {
        kind: 'other addresses',
        text: 'the password is right, as its seal shows; the sender has an address that the list given lacks: compare the lists',
      };
    if (seal === 'invalid')
      return { kind: 'wrong password', text: 'neither its seal nor its digest fits the password given' };
    return {
      kind: 'wrong password',
      text: 'or an address that the list given lacks: compare password, vhid and address list on both hosts',
    };
  }

  /** Whether it is new, and as it was sent. */
  #history(
    group: Group,
    packet: SeenPacket,
    words: SeenWords,
    counter: CounterWords,
    seal: Check,
    notes: string[],
  ): Fault[] {
    if (packet.returned === true)
      return [
        { kind: 'looped', text: "this host's own advertisement came back: the network hands frames back" },
      ];
    const repeats = group.repeats[packet.family];
    const counts = repeats.continues(words.counter);
    const repeat = repeats.judge(words, packet);
    if (repeat === 'elsewhere') notes.push('seen at another interface of the capture too');
    else if (repeat !== undefined) return [repeat];
    if (seal === 'valid') return this.#sealedHistory(group, packet, words, counter, notes);
    if (seal === 'invalid' && !counts) {
      if (this.#digests === undefined) {
        notes.push('its seal does not fit the password given, or it was altered');
        return [];
      }
      const said = { ...words, source: packet.source };
      const guess = this.#seals
        .map((each) => each.altered(counter, said, group.senders.values()))
        .find((each) => each !== undefined);
      const what = guess ?? 'advbase, advskew, demotion or sender are not what was sealed';
      return [{ kind: 'altered', text: `${what}; address translation between the hosts does that too` }];
    }
    return [];
  }

  #sealedHistory(
    group: Group,
    { time }: SeenPacket,
    { advbase, advskew }: SeenWords,
    counter: CounterWords,
    notes: string[],
  ): Fault[] {
    const sequence = sequenceOf(counter.high, counter.low);
    const fresh = group.sequence.isFresh(sequence, time, {
      deadTime: deadTime(advbase, advskew, DEAD_RATIO),
    });
    const age = (time - sealedAt(counter)) / 1000;
    if (!fresh)
      return [
        { kind: 'replayed', text: `its seal is ${age.toFixed(1)} s old, and later ones have been heard` },
      ];
    group.sequence.heard(sequence, time);
    notes.push('sealed');
    if (age * 1000 > OLD_SEAL_MS)
      notes.push(
        `its seal is ${age.toFixed(0)} s old: replayed, or the clock of its sender or of this capture is wrong`,
      );
    return [];
  }

  #take(group: Group, packet: SeenPacket, words: SeenWords, notes: string[]): void {
    const { source, family, time } = packet;
    group.mastership[family].heard(source, words, time);
    if (group.senders.size < MAX_SENDERS) group.senders.set(source.toString(), source);
    if (words.advbase === CARP_BOW_OUT && words.advskew === CARP_BOW_OUT)
      notes.push('a bow-out: its sender leaves, and the others take over at once');
    if (words.demote > 0) notes.push(`demoted by ${words.demote}`);
    const place = `${packet.vlans.join('.')} ${words.vhid}`;
    if (this.#routers.has(place)) notes.push(`a VRRP router has the number ${words.vhid} too`);
    const networks = this.#knowledge.prefixes.filter(
      ({ address, length }) => address.family === family && length < address.bytes.length * 8,
    );
    if (networks.length > 0 && !source.isLinkLocal && !networks.some((network) => network.contains(source)))
      notes.push(
        `its sender is outside ${networks.join(', ')}: compare the prefixes, which the digest does not cover`,
      );
  }

  /** How many advertisements each group may remember. */
  readonly #remembered = (): number => {
    const share = Math.floor(MAX_REMEMBERED_OF_ALL / this.#groups.size);
    return Math.max(MIN_REMEMBERED, Math.min(MAX_REMEMBERED, share));
  };

  readonly #masterships = (): number => 2 * this.#groups.size;

  #group(vlans: readonly number[], vhid: number): Group {
    const place = `${vlans.join('.')} ${vhid}`;
    const known = this.#groups.get(place);
    if (known !== undefined) return known;
    const group: Group = {
      vhid,
      vlans,
      mastership: { 4: new CarpMastership(this.#masterships), 6: new CarpMastership(this.#masterships) },
      repeats: { 4: new Repeats(this.#remembered), 6: new Repeats(this.#remembered) },
      sequence: new CarpSequence(0, 0),
      senders: new Map(),
      unsealed: new Set(),
    };
    const [oldest] = this.#groups.keys();
    if (oldest !== undefined && this.#groups.size === MAX_GROUPS) this.#groups.delete(oldest);
    this.#groups.set(place, group);
    return group;
  }
}

function unreadable(kind: 'fragment' | 'truncated' | 'malformed', text: string): Explanation {
  return {
    words: undefined,
    id: undefined,
    checksum: 'unchecked',
    digest: 'unchecked',
    seal: 'unchecked',
    faults: [{ kind, text }],
    notes: [],
  };
}

function checksumFault(digest: Check): Fault {
  const text =
    digest === 'valid'
      ? 'its digest is right: a field that the digest does not cover was altered or damaged on the way'
      : 'it was damaged on the way, or is not CARP';
  return { kind: digest === 'valid' ? 'altered' : 'wrong checksum', text };
}

function counterBytes(payload: Uint8Array): Uint8Array {
  return payload.subarray(CARP_OFF_COUNTER, CARP_OFF_DIGEST);
}

function digestBytes(payload: Uint8Array): Uint8Array {
  return payload.subarray(CARP_OFF_DIGEST, CARP_HEADER_LEN);
}
