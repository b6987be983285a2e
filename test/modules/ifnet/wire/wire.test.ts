import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  ARPOP_REQUEST,
  ETHERTYPE_ARP,
  ETHERTYPE_IPV6,
  encodeArp,
  encodeEthernet,
  encodeIpv4,
  encodeIpv6,
  encodeNeighbour,
  internetChecksum,
  lladdrKey,
  ND_NA_FLAG_OVERRIDE,
  ND_NEIGHBOR_ADVERT,
  parseArp,
  parseEthernet,
  parseIpv4,
  parseIpv6,
  parseNeighbour,
  solicitedNode,
  validIcmp6,
} from '../../../../modules/ifnet/wire/index.js';

const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'));
const toHex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const frames = fc.uint8Array({ maxLength: 120 });

test('the checksum of the example in RFC 1071 section 3', () => {
  assert.equal(internetChecksum(hex('0001 f203 f4f5 f6f7')), 0xffff - 0xddf2);
});

test('a checksum put into the data makes the whole sum to zero', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 2, maxLength: 99 }), (bytes) => {
      bytes.fill(0, 0, 2);
      const sum = internetChecksum(bytes);
      bytes.set([sum >> 8, sum & 0xff]);
      assert.equal(internetChecksum(bytes), 0);
    }),
  );
});

// Captured from Linux 6.18: a veth with arp_notify=1 set administratively up.
const LINUX_GARP =
  'ffffffffffff 020000000033 0806 0001 0800 06 04 0001 020000000033 0a580003 000000000000 0a580003';

test('an ARP request as Linux announces an address, both ways', () => {
  const own = hex('020000000033');
  const address = hex('0a580003');
  const arp = encodeArp({
    operation: ARPOP_REQUEST,
    senderLladdr: own,
    senderAddress: address,
    targetLladdr: new Uint8Array(6),
    targetAddress: address,
  });
  const frame = encodeEthernet(new Uint8Array(6).fill(0xff), own, ETHERTYPE_ARP, arp);
  assert.equal(toHex(frame), LINUX_GARP.replaceAll(' ', ''));
  const parsed = parseArp(parseEthernet(frame)!.payload)!;
  assert.equal(toHex(parsed.senderAddress), '0a580003');
  assert.equal(parsed.operation, ARPOP_REQUEST);
});

test('ARP ignores the padding of a short frame, and refuses other hardware', () => {
  const arp = hex(LINUX_GARP).subarray(14);
  const padded = new Uint8Array(46);
  padded.set(arp);
  assert.ok(parseArp(padded));
  padded[1] = 6;
  assert.equal(parseArp(padded), undefined);
  assert.equal(parseArp(arp.subarray(0, 27)), undefined);
});

test('a neighbour advertisement: 86 bytes with a checksum that holds', () => {
  const own = hex('020000000003');
  const address = hex('fd00 0000 0000 0000 0000 0000 0000 0064');
  const all = hex('ff02 0000 0000 0000 0000 0000 0000 0001');
  const na = encodeNeighbour(
    { type: ND_NEIGHBOR_ADVERT, flags: ND_NA_FLAG_OVERRIDE, target: address, lladdr: own },
    address,
    all,
  );
  const ip = { source: address, destination: all, nextHeader: 58, hopLimit: 255, trafficClass: 0 };
  const frame = encodeEthernet(hex('333300000001'), own, ETHERTYPE_IPV6, encodeIpv6(ip, na));
  assert.equal(frame.length, 86);
  assert.equal(toHex(frame.subarray(14, 22)), '6000000000203aff');
  const packet = parseIpv6(frame.subarray(14))!;
  assert.ok(validIcmp6(packet.payload, packet.source, packet.destination));
  const message = parseNeighbour(packet.payload)!;
  assert.equal(toHex(message.target), toHex(address));
  assert.equal(toHex(message.lladdr!), '020000000003');
  assert.equal(message.flags, 0x20);
  packet.payload[9] = packet.payload[9]! ^ 1;
  assert.equal(validIcmp6(packet.payload, packet.source, packet.destination), false);
});

test('neighbour messages with broken options are refused', () => {
  const na = encodeNeighbour(
    { type: ND_NEIGHBOR_ADVERT, flags: 0, target: new Uint8Array(16), lladdr: hex('020000000003') },
    new Uint8Array(16),
    new Uint8Array(16),
  );
  assert.equal(parseNeighbour(na.with(25, 0)), undefined, 'an option of length 0');
  assert.equal(parseNeighbour(na.with(25, 2)), undefined, 'an option that is longer than the packet');
  assert.equal(parseNeighbour(na.with(8, 0xff)), undefined, 'a multicast target');
  assert.equal(parseNeighbour(na.with(1, 1)), undefined, 'a code that is not 0');
  assert.equal(parseNeighbour(na.subarray(0, 23)), undefined, 'too short');
});

test('an IPv4 packet round trip, and each header field that must hold', () => {
  const header = {
    source: hex('0a000001'),
    destination: hex('e0000012'),
    protocol: 112,
    ttl: 255,
    tos: 0x10,
    id: 7,
  };
  const packet = encodeIpv4(header, hex('21010007'));
  assert.equal(toHex(packet.subarray(0, 10)), '45100018000740 00ff70'.replaceAll(' ', ''));
  const parsed = parseIpv4(packet)!;
  assert.deepEqual(
    { ...parsed, payload: toHex(parsed.payload) },
    {
      ...header,
      fragment: false,
      headerLength: 20,
      payload: '21010007',
    },
  );
  assert.equal(parseIpv4(packet.with(8, 254)), undefined, 'a wrong checksum');
  assert.equal(parseIpv4(packet.with(0, 0x65)), undefined, 'a wrong version');
  assert.equal(parseIpv4(packet.with(3, 25)), undefined, 'longer than the frame');
  const padded = new Uint8Array(46);
  padded.set(packet);
  assert.equal(parseIpv4(padded)!.payload.length, 4);
});

test('the IP header of an advertisement captured from ucarp is encoded to the same bytes', () => {
  const captured = hex(
    '4510 0038 2f76 4000 ff70 616f 0a4d0001 e0000012 210100070001feaa042f51696d4f7440f68182200f7d1af8502e6f549f89e2d0895b3ad3',
  );
  const parsed = parseIpv4(captured)!;
  assert.equal(parsed.payload.length, 36);
  assert.equal(toHex(encodeIpv4(parsed, parsed.payload)), toHex(captured));
});

test('solicited-node groups and keys of link-layer addresses', () => {
  assert.equal(
    toHex(solicitedNode(hex('fd000000000000000000000000abcdef'))),
    'ff0200000000000000000001ffabcdef',
  );
  assert.equal(lladdrKey(hex('ffffffffffff')), 2 ** 48 - 1);
  assert.equal(lladdrKey(hex('00010000000001'), 1), 2 ** 40 + 1);
});

test('no parser throws, whatever the bytes', () => {
  const parsers = [parseArp, parseEthernet, parseIpv4, parseIpv6, parseNeighbour];
  fc.assert(
    fc.property(frames, (bytes) => {
      for (const parse of parsers) parse(bytes);
      validIcmp6(bytes, new Uint8Array(16), new Uint8Array(16));
    }),
    { numRuns: 2000 },
  );
});

test('what is parsed of a broadcast frame is what was encoded', () => {
  fc.assert(
    fc.property(frames, fc.integer({ min: 0, max: 0xffff }), (payload, type) => {
      const frame = parseEthernet(
        encodeEthernet(new Uint8Array(6).fill(255), hex('020000000001'), type, payload),
      )!;
      assert.equal(frame.type, type);
      assert.deepEqual(frame.payload, payload);
    }),
  );
});
