/** VRRP's wire format against what keepalived and FRR sent, and against each rule of a receiver. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { InetAddress } from '../../../modules/ifnet/index.js';
import { protocolOf } from '../../../modules/vip/index.js';
import { VrrpAdvertisement } from '../../../modules/vrrp/wire/advertisement.js';
import { AH_LEN, ahHeader, openAh, signAh } from '../../../modules/vrrp/wire/ah.js';
import {
  hasList,
  inspect,
  listOf,
  type VrrpRefusal,
  type VrrpWords,
} from '../../../modules/vrrp/wire/inspect.js';
import { fromHex, identityOf, toHex, type VrrpVector, vectors } from './support/vectors.js';

const ETHERNET = 14;

/** As a receiver judges it that has the same number, version, authentication and unicast peer. */
function judge(vector: VrrpVector, payload = payloadOf(vector)): VrrpWords | VrrpRefusal {
  if (payload === undefined) return 'badauth';
  const destination = InetAddress.parse(vector.dst);
  const { version, vrid, family, auth } = identityOf(vector);
  return inspect(
    { family, source: InetAddress.parse(vector.src), destination, ttl: vector.ttl, payload },
    { version, vrid, minTtl: destination.isMulticast ? 255 : 0, auth },
  );
}

/** What is behind the IP header, and behind the authentication header. */
function payloadOf(vector: VrrpVector): Uint8Array | undefined {
  const { packet, proto, auth } = vector;
  if (proto !== 51) return fromHex(packet.payload);
  return openAh(datagramOf(vector), new TextEncoder().encode(auth!.key));
}

function datagramOf({ packet }: VrrpVector): Uint8Array {
  const frame = fromHex(packet.frame);
  const length = (frame[ETHERNET + 2]! << 8) | frame[ETHERNET + 3]!;
  return frame.slice(ETHERNET, ETHERNET + length);
}

const named = (why: string): VrrpVector => vectors.find((vector) => vector.why.startsWith(why))!;

describe('an advertisement of the vectors', () => {
  for (const [i, vector] of vectors.entries()) {
    it(`${i} is ${vector.valid ? 'accepted' : 'refused'}: ${vector.why}`, () => {
      const verdict = judge(vector);
      assert.equal(typeof verdict === 'object', vector.valid, JSON.stringify(verdict));
      if (typeof verdict !== 'object') return;
      const { priority, interval_cs, addresses } = vector;
      assert.deepEqual([verdict.priority, verdict.interval], [priority, interval_cs]);
      const packet = { family: identityOf(vector).family, payload: payloadOf(vector)! };
      const list = fromHex(addresses.map((text) => toHex(InetAddress.parse(text).bytes)).join(''));
      assert.deepEqual(listOf(packet), list);
      assert.ok(hasList(packet, list));
      const end = list.length - 1;
      const [lower, higher] = [-1, 1].map((by) => list.with(end, list[end]! + by)) as [
        Uint8Array,
        Uint8Array,
      ];
      for (const other of [list.subarray(0, end), Uint8Array.of(...list, 0), higher, lower])
        assert.equal(hasList(packet, other), false, String(other));
    });
  }

  const captured = vectors.filter(({ kind, valid }) => kind === 'captured' && valid);

  for (const vector of [...captured, named('keepalived >= 2.4.0 auth_hmac')]) {
    it(`is encoded to the same bytes: ${vector.source}, ${vector.why}`, () => {
      const { src, dst, auth, priority, interval_cs } = vector;
      const way = { source: InetAddress.parse(src), destination: InetAddress.parse(dst) };
      const sequence =
        auth?.seconds === undefined
          ? undefined
          : { seconds: auth.seconds, fraction: auth.subsec!, counter: auth.counter! };
      const built = new VrrpAdvertisement(identityOf(vector)).build(priority, interval_cs, way, sequence);
      const bytes = vector.proto === 51 ? wrapped(vector, built) : built;
      assert.equal(toHex(bytes), vector.packet.payload);
    });
  }

  function wrapped(vector: VrrpVector, message: Uint8Array): Uint8Array {
    const datagram = datagramOf(vector);
    const sequence = new DataView(datagram.buffer).getUint32(20 + 8);
    datagram.set(ahHeader(InetAddress.parse(vector.src).bytes, sequence), 20);
    datagram.set(message, 20 + AH_LEN);
    signAh(datagram, new TextEncoder().encode(vector.auth!.key));
    return datagram.slice(20);
  }

  it('with AH is refused when one octet of it or of the advertisement is another', () => {
    const vector = vectors.find(({ proto }) => proto === 51)!;
    const datagram = datagramOf(vector);
    const key = new TextEncoder().encode(vector.auth!.key);
    for (let i = 20; i < datagram.length; i++) {
      const altered = datagram.slice();
      altered[i]! ^= 1;
      assert.equal(openAh(altered, key), undefined, `octet ${i}`);
    }
    datagram[1] = 0;
    assert.ok(openAh(datagram, key), 'a router may change the TOS');
  });

  it('with a trailer is refused when one octet is another, or without the key', () => {
    const vector = named('keepalived >= 2.4.0 auth_hmac');
    const bytes = fromHex(vector.packet.payload);
    for (let i = 0; i < bytes.length; i++) {
      const altered = bytes.slice();
      altered[i]! ^= 1;
      assert.equal(typeof judge(vector, altered), 'string', `octet ${i}`);
    }
    assert.equal(judge({ ...vector, auth: null }, bytes), 'badauth');
    assert.equal(judge(vector, bytes.slice(0, 12)), 'badauth');
  });
});

describe('a receiver', () => {
  const valid = named('v3 IPv4, one address, checksum over');
  const reasons: [string, VrrpRefusal][] = [
    ['wrong checksum under both rules', 'badsum'],
    ['checksum field zero', 'badsum'],
    ['TTL 254', 'badttl'],
    ['type 2', 'badtype'],
    ['version 4', 'badver'],
    ['address count 0', 'badcount'],
    ['interval 0', 'badinterval'],
    ['four octets too many', 'badlen'],
    ['six octets', 'badlen'],
    ['v2 PASS, octets after the NUL', 'badauth'],
    ['v2 auth type 3', 'badauth'],
    ['v2 without the eight', 'badlen'],
    ['a CARP advertisement', 'carp'],
    ['quirk: version 2 over IPv6', 'badver'],
  ];
  for (const [why, refusal] of reasons) {
    it(`names the cause: ${why}: ${refusal}`, () => assert.equal(judge(named(why)), refusal));
  }

  it('names the rule that a checksum keeps', () => {
    const rule = (why: string) => (judge(named(why)) as VrrpWords).checksum;
    assert.equal(rule('v3 IPv4, one address, checksum over'), 'pseudo-header');
    assert.equal(rule('v3 IPv4 by RFC 9568'), 'rfc9568');
    assert.equal(rule('v3 IPv4 unicast with old_unicast_checksum'), 'old-unicast');
    assert.equal(rule('corner'), 'pseudo-header');
    assert.equal(rule('v2, no authentication'), 'pseudo-header');
  });

  it('refuses another number and the other version', () => {
    const payload = fromHex(valid.packet.payload);
    const packet = {
      family: 4,
      source: InetAddress.parse(valid.src),
      destination: InetAddress.parse(valid.dst),
      ttl: 255,
      payload,
    } as const;
    assert.equal(inspect(packet, { version: 3, vrid: 62, minTtl: 255 }), 'badvrid');
    assert.equal(inspect(packet, { version: 2, vrid: 61, minTtl: 255 }), 'badver');
    assert.equal(
      typeof inspect({ ...packet, ttl: undefined }, { version: 3, vrid: 61, minTtl: 255 }),
      'object',
    );
  });

  it('gives no verdict by chance: every shorter piece of a packet is refused', () => {
    for (const vector of vectors.filter(
      ({ proto, valid: fine, addresses }) => proto === 112 && fine && addresses.length < 10,
    )) {
      const payload = fromHex(vector.packet.payload);
      // A message without its trailer is whole.
      const lengths = [...payload.keys()].filter((n) => vector.auth?.key_id === undefined || n !== 12);
      for (const length of lengths)
        assert.equal(typeof judge(vector, payload.subarray(0, length)), 'string', vector.why);
    }
  });
});

describe('protocol 112', () => {
  it('is CARP or VRRP by version, length and the octet of the count', () => {
    for (const vector of vectors.filter(({ proto }) => proto === 112)) {
      const payload = fromHex(vector.packet.payload);
      const found = protocolOf(vector.family === 'ipv4' ? 4 : 6, payload);
      if (vector.source === 'CARP format') assert.equal(found, 'carp');
      else if (vector.valid) assert.equal(found, 'vrrp', vector.why);
      else assert.notEqual(found, 'carp', vector.why);
    }
    const carp = fromHex(vectors.find(({ source }) => source === 'CARP format')!.packet.payload);
    assert.equal(protocolOf(6, carp), 'carp');
    assert.equal(protocolOf(4, carp.subarray(0, 7)), undefined);
  });
});
