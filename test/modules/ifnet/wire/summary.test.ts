import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  ARPOP_REPLY,
  ARPOP_REQUEST,
  allNodes6,
  broadcastLladdr,
  ETHERTYPE_ARP,
  ETHERTYPE_IP,
  ETHERTYPE_IPV6,
  encodeArp,
  encodeEthernet,
  encodeIpv4,
  encodeIpv6,
  encodeNeighbour,
  InetAddress,
  IPPROTO_ICMP,
  IPPROTO_ICMPV6,
  ND_NA_FLAG_OVERRIDE,
  ND_NA_FLAG_SOLICITED,
  ND_NEIGHBOR_ADVERT,
  ND_NEIGHBOR_SOLICIT,
  solicitedNode,
  summarizeFrame,
} from '../../../../modules/ifnet/index.js';

const LLADDR = Uint8Array.of(2, 0, 0, 0, 0, 1);
const ip = (text: string): Uint8Array => InetAddress.parse(text).bytes;

function framed(type: number, payload: Uint8Array): string {
  return summarizeFrame(encodeEthernet(broadcastLladdr(), LLADDR, type, payload));
}

function arp(operation: number, sender: string, target: string): string {
  const addresses = { senderAddress: ip(sender), targetAddress: ip(target) };
  const packet = { operation, ...addresses, senderLladdr: LLADDR, targetLladdr: new Uint8Array(6) };
  return framed(ETHERTYPE_ARP, encodeArp(packet));
}

function ipv4(protocol: number, payload: Uint8Array): string {
  const header = { source: ip('10.0.0.1'), destination: ip('224.0.0.18'), protocol, ttl: 255, tos: 0, id: 1 };
  return framed(ETHERTYPE_IP, encodeIpv4(header, payload));
}

function ipv6(nextHeader: number, payload: Uint8Array): string {
  const header = {
    source: ip('fd00::1'),
    destination: allNodes6(),
    nextHeader,
    hopLimit: 255,
    trafficClass: 0,
  };
  return framed(ETHERTYPE_IPV6, encodeIpv6(header, payload));
}

function nd(type: number, flags: number, lladdr?: Uint8Array): string {
  const message = { type, flags, target: ip('fd00::2'), lladdr };
  return ipv6(IPPROTO_ICMPV6, encodeNeighbour(message, ip('fd00::1'), allNodes6()));
}

test('ARP says who asks for whom, and who is where', () => {
  assert.equal(arp(ARPOP_REQUEST, '10.0.0.1', '10.0.0.2'), 'ARP who-has 10.0.0.2 tell 10.0.0.1');
  assert.equal(arp(ARPOP_REPLY, '10.0.0.1', '10.0.0.2'), 'ARP reply 10.0.0.1 is-at 02:00:00:00:00:01');
  assert.equal(
    arp(ARPOP_REQUEST, '10.0.0.1', '10.0.0.1'),
    'ARP announcement 10.0.0.1 is-at 02:00:00:00:00:01',
  );
  assert.equal(arp(7, '10.0.0.1', '10.0.0.2'), 'ARP operation 7');
  assert.equal(framed(ETHERTYPE_ARP, new Uint8Array(5)), 'ARP, malformed');
});

test('a CARP advertisement shows vhid, advbase, advskew and demotion, whichever of them are equal', () => {
  const advertisement = new Uint8Array(36);
  advertisement.set([0x21, 1, 2, 7, 3, 4]);
  const fields = 'vhid 1 advbase 4 advskew 2 demotion 3';
  assert.equal(ipv4(112, advertisement), `CARP 10.0.0.1 > 224.0.0.18 ${fields}`);
  assert.equal(ipv6(112, advertisement), `CARP fd00::1 > ff02::1 ${fields}`);
  const vrrp = Uint8Array.of(0x21, 9, 100, 1, 0, 1, 0xba, 0x52, 10, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0);
  assert.equal(ipv4(112, vrrp), 'IP 10.0.0.1 > 224.0.0.18 protocol 112, 20 bytes');
});

test('neighbour discovery and echo have their words', () => {
  assert.equal(nd(ND_NEIGHBOR_SOLICIT, 0), 'ND fd00::1 > ff02::1 who-has fd00::2');
  assert.equal(
    nd(ND_NEIGHBOR_ADVERT, ND_NA_FLAG_SOLICITED | ND_NA_FLAG_OVERRIDE, LLADDR),
    'ND fd00::1 > ff02::1 advertisement fd00::2 is-at 02:00:00:00:00:01 solicited override',
  );
  assert.equal(nd(ND_NEIGHBOR_ADVERT, 0), 'ND fd00::1 > ff02::1 advertisement fd00::2');
  assert.equal(ipv4(IPPROTO_ICMP, Uint8Array.of(8, 0, 0, 0)), 'ICMP 10.0.0.1 > 224.0.0.18 echo request');
  assert.equal(ipv4(IPPROTO_ICMP, Uint8Array.of(0, 0, 0, 0)), 'ICMP 10.0.0.1 > 224.0.0.18 echo reply');
  assert.equal(ipv6(IPPROTO_ICMPV6, Uint8Array.of(129, 0)), 'ICMP6 fd00::1 > ff02::1 echo reply');
  assert.equal(ipv6(IPPROTO_ICMPV6, new Uint8Array(0)), 'ICMP6 fd00::1 > ff02::1 type missing');
  assert.notDeepEqual(solicitedNode(ip('fd00::2')), allNodes6());
});

test('what is unknown or broken is named all the same', () => {
  assert.equal(ipv4(17, new Uint8Array(3)), 'IP 10.0.0.1 > 224.0.0.18 protocol 17, 3 bytes');
  assert.equal(framed(0x88b5, new Uint8Array(2)), 'ethertype 0x88b5, 16 bytes');
  assert.equal(framed(ETHERTYPE_IP, new Uint8Array(3)), 'IPv4, malformed');
  assert.equal(framed(ETHERTYPE_IPV6, new Uint8Array(3)), 'IPv6, malformed');
  assert.equal(summarizeFrame(new Uint8Array(9)), 'truncated frame, 9 bytes');
});

test('any bytes give one line', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(ETHERTYPE_ARP, ETHERTYPE_IP, ETHERTYPE_IPV6, 0x1234),
      fc.uint8Array({ maxLength: 100 }),
      (type, payload) => {
        assert.match(framed(type, payload), /^[^\n]+$/);
        assert.match(summarizeFrame(payload), /^[^\n]+$/);
      },
    ),
  );
});
