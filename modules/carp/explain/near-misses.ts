import { InetAddress, InetPrefix } from '../../ifnet/index.js';
import { CARP_KEY_LEN, type CarpDigestInput } from '../wire/digest.js';
import type { Fault } from './explanation.js';

/** Longer lists are not tried in all their parts, only without one address or two. */
const MAX_WHOLE_LIST = 10;
/** Parts of a list that are tried. */
const MAX_PARTS = 4096;
const MAX_VHID = 255;
const NEWLINE = 10;
const CARRIAGE_RETURN = 13;
const SPACE = 32;
/** Where people think of IPv4 networks, and of IPv6 ones. */
const USUAL_LENGTHS = { 4: [24, 16, 8], 6: [64, 48] } as const;

/** What the digest was computed with, and what is known about the sender. */
export interface Presumed {
  readonly vhid: number;
  readonly key: Uint8Array;
  /** The addresses given, each with the length of its network. */
  readonly prefixes: readonly InetPrefix[];
  readonly source: InetAddress;
  /** Of the sender's frame. */
  readonly lladdr: Uint8Array | undefined;
  /** Addresses that the sender's link-layer address was seen to announce. */
  readonly announced: readonly InetAddress[];
}

/** Settings that a sender may have instead, and what that would mean. */
export interface NearMiss {
  readonly input: CarpDigestInput;
  readonly fault: Fault;
}

/**
 * What the sender may have done otherwise, the likeliest first: an address fewer, an address of another network, an address
 * more that it is known to have, a slip in the password, another vhid. An address that appears nowhere cannot be guessed.
 */
export function* nearMisses(presumed: Presumed): Generator<NearMiss> {
  yield* fewer(presumed);
  yield* elsewhere(presumed);
  yield* more(presumed);
  yield* slips(presumed);
  yield* otherVhids(presumed);
  yield* hashedLladdr(presumed);
}

function* fewer(presumed: Presumed): Generator<NearMiss> {
  const { prefixes } = presumed;
  let left = MAX_PARTS;
  for (const missing of absences(prefixes.length)) {
    if (left-- === 0) return;
    const gone = prefixes.filter((_, i) => missing.includes(i)).map(({ address }) => address);
    const text = `the sender's list lacks ${listed(gone)}: give all hosts the same addresses`;
    const rest = prefixes.filter((_, i) => !missing.includes(i));
    yield miss(
      presumed,
      { addresses: rest.map(({ address }) => address) },
      { kind: 'other addresses', text },
    );
  }
}

/** Sets of places that may be missing from a list of so many, small sets first. */
function* absences(length: number): Generator<readonly number[]> {
  const largest = length <= MAX_WHOLE_LIST ? length : 2;
  for (let size = 1; size <= largest; size++) yield* combinations(length, size, 0);
}

function* combinations(length: number, size: number, from: number): Generator<readonly number[]> {
  if (size === 0) yield [];
  for (let first = from; size > 0 && first <= length - size; first++)
    for (const rest of combinations(length, size - 1, first + 1)) yield [first, ...rest];
}

/** One address with its host part in another network: the sender's own, or what stands for the whole network. */
function* elsewhere(presumed: Presumed): Generator<NearMiss> {
  const { prefixes, source } = presumed;
  for (const [i, prefix] of prefixes.entries()) {
    const { address } = prefix;
    const lengths = new Set([prefix.length, ...USUAL_LENGTHS[address.family]]);
    const moved = [...lengths].flatMap((length) => {
      const there = source.family === address.family ? [transplanted(address, source, length)] : [];
      const { network, broadcast } = new InetPrefix(address, length);
      return [...there, network, broadcast].filter((other) => other !== undefined);
    });
    for (const other of moved) {
      if (other.equals(address)) continue;
      const addresses = prefixes.map((each, j) => (i === j ? other : each.address));
      const text = `the sender has ${other} where ${prefix} was given: compare address and prefix on both hosts`;
      yield miss(presumed, { addresses }, { kind: 'wrong prefix', text });
    }
  }
}

/** The host bits of `address` in the network of `net`. */
function transplanted(address: InetAddress, net: InetAddress, length: number): InetAddress {
  return InetAddress.from(
    address.bytes.map((byte, i) => {
      const mask = (0xff00 >> Math.max(0, Math.min(8, length - 8 * i))) & 0xff;
      return (net.bytes[i]! & mask) | (byte & ~mask);
    }),
  );
}

function* more(presumed: Presumed): Generator<NearMiss> {
  const { prefixes, source, announced, vhid } = presumed;
  const given = prefixes.map(({ address }) => address);
  const known = [...announced, source, automaticLinkLocal(vhid)].filter(
    (address, i, all) =>
      !given.some((each) => each.equals(address)) && all.findIndex((each) => each.equals(address)) === i,
  );
  const announcedToo = announced.filter((address) => known.includes(address));
  const additions = [
    ...known.map((address) => [address]),
    ...(announcedToo.length > 1 ? [announcedToo] : []),
  ];
  for (const added of additions) {
    const text = `the sender also has ${listed(added)}, which the list given lacks`;
    yield miss(presumed, { addresses: [...given, ...added] }, { kind: 'other addresses', text });
    for (const [i, replaced] of given.entries())
      yield miss(
        presumed,
        { addresses: [...given.filter((_, j) => i !== j), ...added] },
        { kind: 'other addresses', text: `the sender has ${listed(added)} instead of ${replaced}` },
      );
  }
}

/** The address that OpenBSD gives a carp interface by itself. */
function automaticLinkLocal(vhid: number): InetAddress {
  return InetAddress.from([0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0x02, 0x00, 0x5e, 0xff, 0xfe, 0x00, 0x01, vhid]);
}

function* slips(presumed: Presumed): Generator<NearMiss> {
  const { key } = presumed;
  const trimmed = key.filter((byte, i) => byte !== SPACE || (i > 0 && i < key.length - 1));
  const kinds: readonly (readonly [Uint8Array, string])[] = [
    [Uint8Array.of(...key, NEWLINE), "the sender's ends with a newline"],
    [Uint8Array.of(...key, CARRIAGE_RETURN), "the sender's ends with a carriage return"],
    [Uint8Array.of(...key, SPACE), "the sender's ends with a space"],
    [key.subarray(0, CARP_KEY_LEN - 1), 'the sender cuts it to 19 characters, as BSD does'],
    [trimmed, "the sender's lacks the space at its beginning or end"],
    [new Uint8Array(0), 'the sender has none'],
    [key.map(upper), "the sender's is in capitals"],
    [key.map(lower), "the sender's is in small letters"],
  ];
  for (const [other, text] of kinds)
    if (other.length <= CARP_KEY_LEN) yield miss(presumed, { key: other }, { kind: 'wrong password', text });
}

function upper(byte: number): number {
  return byte >= 0x61 && byte <= 0x7a ? byte - 0x20 : byte;
}

function lower(byte: number): number {
  return byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte;
}

function* otherVhids(presumed: Presumed): Generator<NearMiss> {
  for (let vhid = 1; vhid <= MAX_VHID; vhid++) {
    const text = `it was signed as vhid ${vhid}: the number was altered on the way`;
    if (vhid !== presumed.vhid) yield miss(presumed, { vhid }, { kind: 'other vhid', text });
  }
}

/** OpenBSD hashes a link-layer address that was set by hand. */
function* hashedLladdr(presumed: Presumed): Generator<NearMiss> {
  const { lladdr } = presumed;
  const text =
    'the sender hashes its link-layer address: an OpenBSD whose lladdr was set by hand; set lladdr here';
  if (lladdr !== undefined) yield miss(presumed, { lladdr }, { kind: 'wrong digest', text });
}

interface Changes {
  readonly vhid?: number;
  readonly key?: Uint8Array;
  readonly addresses?: readonly InetAddress[];
  readonly lladdr?: Uint8Array;
}

function miss(presumed: Presumed, changes: Changes, fault: Fault): NearMiss {
  const { vhid = presumed.vhid, key = presumed.key, lladdr } = changes;
  const addresses = changes.addresses ?? presumed.prefixes.map(({ address }) => address);
  const input = { vhid, key, addresses: addresses.map(({ bytes }) => bytes), ...(lladdr && { lladdr }) };
  return { input, fault };
}

function listed(addresses: readonly InetAddress[]): string {
  return addresses.join(' and ');
}
