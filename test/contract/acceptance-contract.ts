/**
 * An address that accepts no packets, on any driver: echo requests to it stay unanswered and sockets hear nothing, while ARP
 * and neighbour discovery go on (RFC 9568 section 6.4.3).
 */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import {
  broadcastLladdr,
  checksummed6,
  ETHERTYPE_ARP,
  ETHERTYPE_IP,
  ETHERTYPE_IPV6,
  encodeArp,
  encodeEthernet,
  encodeIpv4,
  encodeIpv6,
  encodeNeighbour,
  type Ifnet,
  IfnetModule,
  InetAddress,
  InetPrefix,
  IPPROTO_ICMP,
  IPPROTO_ICMPV6,
  internetChecksum,
  ND_NEIGHBOR_ADVERT,
  ND_NEIGHBOR_SOLICIT,
  parseArp,
  parseEthernet,
  parseIpv4,
  parseIpv6,
} from '../../modules/ifnet/index.js';
import type { DriverBed, DriverFixture } from './ifnet-contract.js';

const ip = (text: string): InetAddress => InetAddress.parse(text);
const PEER4 = ip('10.77.0.2');
const PEER6 = ip('fd77::2');
const PEER_LINK = ip('fe80::2');

/** Registers the suite for one driver. */
export function acceptanceContract(fixture: DriverFixture): void {
  describe(`an address that accepts nothing, on the ${fixture.name} driver`, { skip: fixture.skip }, () => {
    let bed: DriverBed;
    let ifp: Ifnet;
    let sequence = 0;

    beforeEach(async () => {
      bed = await fixture.setup();
      ifp = bed.kernel.get(IfnetModule).byName('eth0')!;
      for (const prefix of [
        '10.77.0.100/24',
        '10.77.0.101/24',
        'fd77::100/64',
        'fd77::101/64',
        'fe80::77:1/64',
      ])
        ifp.addAddress(InetPrefix.parse(prefix), { nodad: true });
      // So that an answer needs no question first; an address of IPv6 answers a moment after it was added.
      const introduced = () => {
        askArp('10.77.0.1');
        for (const target of ['fd77::101', 'fe80::77:1']) solicit(target);
        return ['fd77::101', 'fe80::77:1'].every((target) => advertised(target));
      };
      await bed.until(introduced, 'its neighbour');
      await bed.settle();
    });
    afterEach(() => bed.close());

    function ether(type: number, payload: Uint8Array): void {
      bed.inject(encodeEthernet(ifp.lladdr, bed.peerLladdr, type, payload));
    }

    function askArp(target: string): void {
      const arp = encodeArp({
        operation: 1,
        senderLladdr: bed.peerLladdr,
        senderAddress: PEER4.bytes,
        targetLladdr: new Uint8Array(6),
        targetAddress: ip(target).bytes,
      });
      bed.inject(encodeEthernet(broadcastLladdr(), bed.peerLladdr, ETHERTYPE_ARP, arp));
    }

    /** Straight to the address, as a neighbour does that looks whether the host is still there. */
    function solicit(target: string): void {
      const source = ip(target).isLinkLocal ? PEER_LINK : PEER6;
      const { bytes } = ip(target);
      const message = encodeNeighbour(
        { type: ND_NEIGHBOR_SOLICIT, flags: 0, target: bytes, lladdr: bed.peerLladdr },
        source.bytes,
        bytes,
      );
      ether(ETHERTYPE_IPV6, packet6(source, bytes, message));
    }

    /** Whether it has answered a solicitation, in the frames from there on. */
    function advertised(target: string, from = 0): boolean {
      return bed.seen.slice(from).some((bytes) => {
        const frame = parseEthernet(bytes);
        const payload = frame?.type === ETHERTYPE_IPV6 ? parseIpv6(frame.payload)?.payload : undefined;
        return (
          payload?.[0] === ND_NEIGHBOR_ADVERT && InetAddress.from(payload.slice(8, 24)).equals(ip(target))
        );
      });
    }

    function packet6(source: InetAddress, destination: Uint8Array, payload: Uint8Array): Uint8Array {
      const header = {
        source: source.bytes,
        destination,
        nextHeader: IPPROTO_ICMPV6,
        hopLimit: 255,
        trafficClass: 0,
      };
      return encodeIpv6(header, payload);
    }

    function ping(target: string): number {
      const destination = ip(target).bytes;
      const id = ++sequence;
      if (destination.length === 16) {
        const source = ip(target).isLinkLocal ? PEER_LINK : PEER6;
        const echo = checksummed6(Uint8Array.of(128, 0, 0, 0, 7, 7, 0, id), source.bytes, destination);
        ether(ETHERTYPE_IPV6, packet6(source, destination, echo));
        return id;
      }
      const echo = Uint8Array.of(8, 0, 0, 0, 7, 7, 0, id);
      const sum = internetChecksum(echo);
      echo.set([sum >> 8, sum & 0xff], 2);
      const header = { source: PEER4.bytes, destination, protocol: IPPROTO_ICMP, ttl: 64, tos: 0, id };
      ether(ETHERTYPE_IP, encodeIpv4(header, echo));
      return id;
    }

    function isReply(bytes: Uint8Array, id: number): boolean {
      const frame = parseEthernet(bytes);
      if (frame?.type === ETHERTYPE_IP) {
        const { payload } = parseIpv4(frame.payload)!;
        return payload[0] === 0 && payload[7] === id;
      }
      if (frame?.type !== ETHERTYPE_IPV6) return false;
      const { payload } = parseIpv6(frame.payload)!;
      return payload[0] === 129 && payload[7] === id;
    }

    /** Pings these addresses, and sees exactly the `expected` of them answer. */
    async function answer(targets: readonly string[], expected: readonly string[]): Promise<void> {
      const ids = targets.map(ping);
      const found = () => targets.filter((_, i) => bed.seen.some((frame) => isReply(frame, ids[i]!)));
      await bed.until(() => found().length >= expected.length, `answers of ${expected.join(' ')}`);
      await bed.settle();
      assert.deepEqual(found(), expected);
    }

    const ALL = ['10.77.0.100', '10.77.0.101', 'fd77::100', 'fd77::101', 'fe80::77:1'];

    it('answers no ping until it accepts again, and the other addresses do', async () => {
      await answer(ALL, ALL);
      for (const address of ['10.77.0.100', 'fd77::100', 'fe80::77:1']) ifp.setAccepting(ip(address), false);
      await answer(ALL, ['10.77.0.101', 'fd77::101']);
      ifp.setAccepting(ip('fd77::100'), true);
      await answer(ALL, ['10.77.0.101', 'fd77::100', 'fd77::101']);
      ifp.setAccepting(ip('10.77.0.100'), true);
      ifp.setAccepting(ip('fe80::77:1'), true);
      await answer(ALL, ALL);
    });

    it('can be said twice, and is undone at once', async () => {
      for (const accepting of [false, false, true, true]) ifp.setAccepting(ip('10.77.0.100'), accepting);
      await answer(['10.77.0.100'], ['10.77.0.100']);
    });

    it('is said of an address before it is there, and holds when it comes', async () => {
      ifp.setAccepting(ip('10.77.0.102'), false);
      ifp.addAddress(InetPrefix.parse('10.77.0.102/24'));
      await answer(['10.77.0.102'], []);
    });

    it('answers ARP requests', async () => {
      ifp.setAccepting(ip('10.77.0.100'), false);
      askArp('10.77.0.100');
      const reply = () =>
        bed.seen.some((bytes) => {
          const frame = parseEthernet(bytes);
          const arp = frame?.type === ETHERTYPE_ARP ? parseArp(frame.payload) : undefined;
          return arp?.operation === 2 && InetAddress.from(arp.senderAddress).equals(ip('10.77.0.100'));
        });
      await bed.until(reply, 'an ARP reply');
    });

    for (const address of ['fd77::100', 'fe80::77:1']) {
      it(`answers neighbour solicitations for ${address}`, async () => {
        ifp.setAccepting(ip(address), false);
        const before = bed.seen.length;
        solicit(address);
        await bed.until(() => advertised(address, before), 'an advertisement');
      });
    }

    it('gives sockets nothing', async () => {
      const heard: string[] = [];
      ifp.openIp({ family: 4, protocol: 112, input: ({ destination }) => heard.push(String(destination)) });
      const send = (target: string) => {
        const header = {
          source: PEER4.bytes,
          destination: ip(target).bytes,
          protocol: 112,
          ttl: 255,
          tos: 0,
          id: 1,
        };
        ether(ETHERTYPE_IP, encodeIpv4(header, Uint8Array.of(1)));
      };
      ifp.setAccepting(ip('10.77.0.100'), false);
      send('10.77.0.100');
      send('10.77.0.1');
      await bed.until(() => heard.length > 0, 'a packet');
      assert.deepEqual(heard, ['10.77.0.1']);
    });

    it('of an interface that has gone can accept again, and cannot refuse', async () => {
      await bed.create('eth9', '10.79.0.1/24');
      const module = bed.kernel.get(IfnetModule);
      await bed.until(() => module.byName('eth9') !== undefined, 'eth9');
      const other = module.byName('eth9')!;
      other.setAccepting(ip('10.79.0.1'), false);
      await bed.destroy('eth9');
      await bed.until(() => !other.attached, 'its departure');
      assert.throws(() => other.setAccepting(ip('10.79.0.1'), false), { code: 'ENXIO' });
      other.setAccepting(ip('10.79.0.1'), true);
      other.setAccepting(ip('10.79.0.1'), true);
    });
  });
}
