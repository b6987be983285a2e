/** Datagrams from raw sockets, as packets. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { InetAddress, type IpPacket } from '../../../../modules/ifnet/index.js';
import { controlMessage, int, ipv4, Reception, sockaddrIn6 } from './support/raw-packets.js';

const IPPROTO_IP = 0;
const IPPROTO_IPV6 = 41;
const IP_PKTINFO = 8;
const IPV6_PKTINFO = 50;
const IPV6_HOPLIMIT = 52;

const PAYLOAD = Uint8Array.of(0x21, 1, 2, 3, 4, 5, 6, 7);
const PEER = InetAddress.parse('fe80::1').bytes;
const GROUP = InetAddress.parse('ff02::12').bytes;

/** struct in6_pktinfo. */
const pktinfo = (address: Uint8Array, index: number) => Buffer.concat([address, int(index)]);

/** With addresses as text, and only what is there. */
function plain(packet: IpPacket | undefined): unknown {
  if (packet === undefined) return undefined;
  const { source, destination, ttl, arrivedAt, ...rest } = packet;
  return {
    ...rest,
    source: source.toString(),
    ...(destination && { destination: destination.toString() }),
    ...(ttl !== undefined && { ttl }),
    ...(arrivedAt !== undefined && { arrivedAt }),
  };
}

/** SCM_TIMESTAMPNS: struct timespec of the wall clock. */
function stamp(ms: number): Buffer {
  const timespec = Buffer.alloc(16);
  timespec.writeBigInt64LE(BigInt(Math.floor(ms / 1000)));
  timespec.writeBigInt64LE(BigInt(Math.round((ms % 1000) * 1e6)), 8);
  return controlMessage(1, 35, timespec);
}

describe("a packet's arrival", () => {
  const WALL = 1_800_000_000_000;
  const NOW = 7000;
  /** @param age ms since it arrived, by the kernel's stamp */
  const arrivedAt = (age: number) => {
    const datagram = { bytes: ipv4({ payload: PAYLOAD }), control: stamp(WALL - age) };
    return new Reception().at(NOW, WALL).read(4, datagram).packet?.arrivedAt;
  };

  it('is on the clock of the reader, however far that is from the wall clock', () => {
    assert.equal(arrivedAt(0), NOW);
    assert.equal(arrivedAt(2.5), NOW - 2.5);
    assert.equal(arrivedAt(500), NOW - 500);
  });

  it('is the moment of reading if the wall clock was set since', () => {
    assert.equal(arrivedAt(-0.5), NOW);
    assert.equal(arrivedAt(500.5), NOW);
    assert.equal(arrivedAt(3_600_000), NOW);
  });

  it('stands among the control messages of IPv6', () => {
    const control = Buffer.concat([
      stamp(WALL - 3),
      controlMessage(IPPROTO_IPV6, IPV6_PKTINFO, pktinfo(GROUP, 7)),
      controlMessage(IPPROTO_IPV6, IPV6_HOPLIMIT, int(255)),
    ]);
    const datagram = { bytes: PAYLOAD, name: sockaddrIn6(PEER), control };
    const { packet, index } = new Reception().at(NOW, WALL).read(6, datagram);
    assert.equal(packet?.arrivedAt, NOW - 3);
    assert.equal(packet.ttl, 255);
    assert.equal(index, 7);
  });

  it('is not told without a stamp, or with one that is cut off', () => {
    const bytes = ipv4({ payload: PAYLOAD });
    for (const control of [Buffer.alloc(0), controlMessage(1, 35, new Uint8Array(15))]) {
      assert.equal(new Reception().at(NOW, WALL).read(4, { bytes, control }).packet?.arrivedAt, undefined);
    }
  });
});

describe('an IPv4 packet', () => {
  const read = (bytes: Uint8Array) => new Reception().read(4, { bytes }).packet;

  it('has source, destination, TTL, and the payload behind its header', () => {
    const expected = {
      family: 4,
      source: '192.0.2.1',
      destination: '224.0.0.18',
      ttl: 254,
      payload: PAYLOAD,
    };
    assert.deepEqual(plain(read(ipv4({ ttl: 254, payload: PAYLOAD }))), expected);
    for (const words of [6, 15]) {
      assert.deepEqual(plain(read(ipv4({ ttl: 254, words, payload: PAYLOAD }))), expected, 'with options');
    }
  });

  it('ends where its header says, not with what the link added', () => {
    const padded = ipv4({ payload: new Uint8Array(26).fill(9), total: 24 });
    assert.deepEqual(read(padded)?.payload, new Uint8Array(4).fill(9));
    assert.deepEqual(read(ipv4({}))?.payload, new Uint8Array(0));
  });

  it('may fill its slot to the last byte', () => {
    const payload = new Uint8Array(Reception.SIZE - 20).fill(9);
    assert.deepEqual(read(ipv4({ payload }))?.payload, payload);
  });

  for (const [what, bytes] of [
    ['empty', new Uint8Array(0)],
    ['shorter than a header', ipv4({}).subarray(0, 19)],
    ['of a header length less than five words', ipv4({ words: 4, payload: PAYLOAD })],
    ['of a header length of none', ipv4({ words: 0, payload: PAYLOAD })],
    ['shorter than its header says that the header is', ipv4({ words: 8, total: 31 })],
    ['of a header that is cut off', ipv4({ words: 8, total: 32 }).subarray(0, 28)],
    ['shorter than its header says', ipv4({ payload: PAYLOAD, total: 29 })],
    ['of all the length there is', ipv4({ payload: PAYLOAD, total: 0xffff })],
    ['of no length', ipv4({ payload: PAYLOAD, total: 0 })],
    ['longer than its slot', ipv4({ payload: new Uint8Array(Reception.SIZE) })],
  ] as const) {
    it(`is none when ${what}`, () => {
      assert.equal(read(bytes), undefined);
    });
  }
});

describe('an IPv6 packet', () => {
  const read = (control: Uint8Array, bytes = PAYLOAD) =>
    plain(new Reception().read(6, { bytes, name: sockaddrIn6(PEER), control }).packet);
  const bare = { family: 6, source: 'fe80::1', payload: PAYLOAD };

  it('has its source from the socket address, the rest from control messages', () => {
    const control = Buffer.concat([
      controlMessage(IPPROTO_IPV6, IPV6_PKTINFO, pktinfo(GROUP, 7)),
      controlMessage(IPPROTO_IPV6, IPV6_HOPLIMIT, int(255)),
    ]);
    assert.deepEqual(read(control), { ...bare, destination: 'ff02::12', ttl: 255 });
  });

  it('does without them', () => {
    assert.deepEqual(read(new Uint8Array(0)), bare);
    assert.deepEqual(read(new Uint8Array(0), new Uint8Array(0)), { ...bare, payload: new Uint8Array(0) });
  });

  it('is none when longer than its slot', () => {
    assert.equal(read(new Uint8Array(0), new Uint8Array(Reception.SIZE + 1)), undefined);
  });

  for (const [what, control] of [
    ['of another level', controlMessage(IPPROTO_IP, IPV6_HOPLIMIT, int(9))],
    ['of another type', controlMessage(IPPROTO_IPV6, IPV6_HOPLIMIT + 1, int(9))],
    ['too short for a hop limit', controlMessage(IPPROTO_IPV6, IPV6_HOPLIMIT, new Uint8Array(3))],
    ['too short for an address', controlMessage(IPPROTO_IPV6, IPV6_PKTINFO, new Uint8Array(15))],
    ['of no length', controlMessage(IPPROTO_IPV6, IPV6_HOPLIMIT, int(9), 0)],
    ['shorter than its header', controlMessage(IPPROTO_IPV6, IPV6_HOPLIMIT, int(9), 15)],
    ['longer than there is', controlMessage(IPPROTO_IPV6, IPV6_HOPLIMIT, int(9), 25)],
    ['of all the length there is', controlMessage(IPPROTO_IPV6, IPV6_HOPLIMIT, int(9), 0xffffffff)],
    ['cut off in its length', Uint8Array.of(20, 0, 0)],
    ['cut off in its header', controlMessage(IPPROTO_IPV6, IPV6_HOPLIMIT, int(9)).subarray(0, 12)],
  ] as const) {
    it(`takes nothing from a control message ${what}`, () => {
      assert.deepEqual(read(control), bare);
    });
  }

  it('finds what is behind a control message of odd length', () => {
    const odd = controlMessage(1, 2, new Uint8Array(5).fill(0xff));
    const control = Buffer.concat([odd, controlMessage(IPPROTO_IPV6, IPV6_HOPLIMIT, int(64))]);
    assert.deepEqual(read(control), { ...bare, ttl: 64 });
  });
});

describe('a packet', () => {
  it('owns its bytes: the next read changes nothing of it', () => {
    for (const [family, bytes] of [
      [4, ipv4({ payload: PAYLOAD })],
      [6, PAYLOAD],
    ] as const) {
      const reception = new Reception();
      const control = controlMessage(IPPROTO_IPV6, IPV6_PKTINFO, pktinfo(GROUP, 7));
      const { packet } = reception.read(family, { bytes, name: sockaddrIn6(PEER), control });
      const before = structuredClone(plain(packet));
      reception.read(family, {
        bytes: new Uint8Array(Reception.SIZE).fill(0x45),
        name: new Uint8Array(28).fill(0xee),
        control: new Uint8Array(40).fill(0xee),
      });
      reception.ring.bytes.fill(0xee);
      assert.deepEqual(plain(packet), before);
    }
  });

  it('that was given back is used again, with nothing left of what it was', () => {
    const reception = new Reception().at(7000, 1_800_000_000_000);
    const name = sockaddrIn6(PEER);
    const control = Buffer.concat([
      stamp(1_800_000_000_000 - 3),
      controlMessage(IPPROTO_IPV6, IPV6_PKTINFO, pktinfo(GROUP, 7)),
      controlMessage(IPPROTO_IPV6, IPV6_HOPLIMIT, int(255)),
    ]);
    const first = reception.read(6, { bytes: PAYLOAD, name, control }).packet!;
    const others = [PAYLOAD.slice(1), PAYLOAD.map((byte) => byte + 1), new Uint8Array(0)];
    const [held, ...given] = others.map((bytes, i) => {
      if (i > 0) reception.release(6, first);
      return reception.read(6, { bytes, name: sockaddrIn6(GROUP), control: new Uint8Array(0) }).packet!;
    });
    assert.deepEqual(plain(held), { family: 6, source: 'ff02::12', payload: others[0] });
    assert.deepEqual([held === first, ...given.map((packet) => packet === first)], [false, true, true]);
    assert.deepEqual(plain(first), { family: 6, source: 'ff02::12', payload: others[2] });
  });

  it('has the right addresses, whoever was met before, and the same objects for the same host', () => {
    const hosts = fc.array(fc.tuple(fc.nat(7), fc.nat(7)), { maxLength: 60, size: 'max' });
    fc.assert(
      fc.property(hosts, (pairs) => {
        const reception = new Reception();
        let last: IpPacket | undefined;
        for (const [from, to] of pairs) {
          const [source, destination] = [Uint8Array.of(10, 0, 0, from), Uint8Array.of(10, 0, 1, to)];
          const { packet } = reception.read(4, { bytes: ipv4({ source, destination }) });
          assert.deepEqual(packet?.source.bytes, source);
          assert.deepEqual(packet.destination?.bytes, destination);
          if (last?.source.equals(packet.source)) assert.equal(packet.source, last.source);
          last = packet;
        }
      }),
    );
  });
});

describe('the interface a packet came in by', () => {
  const index = (control: Uint8Array) => new Reception().read(4, { bytes: PAYLOAD, control }).index;

  it('is what the kernel tells in either family, and 0 where it tells nothing', () => {
    assert.equal(index(controlMessage(IPPROTO_IP, IP_PKTINFO, Buffer.concat([int(7), int(8), int(9)]))), 7);
    assert.equal(index(controlMessage(IPPROTO_IPV6, IPV6_PKTINFO, pktinfo(GROUP, 300))), 300);
    assert.equal(index(new Uint8Array(0)), 0);
  });

  it('is not taken from what is too short or of another kind', () => {
    assert.equal(index(controlMessage(IPPROTO_IP, IP_PKTINFO, new Uint8Array(3).fill(1))), 0);
    assert.equal(index(controlMessage(IPPROTO_IPV6, IPV6_PKTINFO, new Uint8Array(19).fill(1))), 0);
    assert.equal(index(controlMessage(IPPROTO_IPV6, IP_PKTINFO, int(7))), 0);
    assert.equal(index(controlMessage(IPPROTO_IP, IPV6_PKTINFO, pktinfo(GROUP, 7))), 0);
  });
});
