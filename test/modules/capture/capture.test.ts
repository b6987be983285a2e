/** Captures are read in both formats, whatever their byte order, however they arrive, and whatever they claim. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  type CapturedPacket,
  CaptureError,
  CaptureReader,
  capturedIp,
  linkFrame,
} from '../../../modules/capture/index.js';
import {
  block,
  carpFrame,
  enhancedPacket,
  type FileOptions,
  interfaceBlock,
  pcapFile,
  pcapngFile,
  sectionHeader,
  tagged,
} from './support/files.js';

const PACKETS = [
  { time: 1_795_000_000_123.5, bytes: Uint8Array.of(1, 2, 3, 4, 5) },
  { time: 1_795_000_001_000, bytes: new Uint8Array(70).fill(7), original: 1500 },
];

/** Reads a file that arrives in pieces of `piece` bytes. */
function read(file: Uint8Array, piece = file.length): CapturedPacket[] {
  const reader = new CaptureReader();
  const packets: CapturedPacket[] = [];
  for (let at = 0; at < file.length; at += piece)
    for (const packet of reader.push(file.subarray(at, at + piece)))
      packets.push({ ...packet, bytes: packet.bytes.slice() });
  reader.end();
  return packets;
}

function refused(file: Uint8Array): string {
  try {
    read(file);
  } catch (error) {
    assert.ok(error instanceof CaptureError && error.code === 'ECAPTURE', String(error));
    return error.message;
  }
  return assert.fail('it was read');
}

describe('a capture file', () => {
  for (const [format, make] of [
    ['pcap', pcapFile],
    ['pcapng', pcapngFile],
  ] as const)
    for (const little of [true, false])
      for (const nano of [true, false])
        it(`${format}, ${little ? 'little' : 'big'} endian, ${nano ? 'nano' : 'micro'}seconds`, () => {
          const options: FileOptions = { little, nano, linkType: 113 };
          for (const piece of [1, 7, 1000]) {
            const packets = read(make(PACKETS, options), piece);
            assert.deepEqual(
              packets.map(({ bytes, linkType, cut }) => [[...bytes], linkType, cut]),
              PACKETS.map(({ bytes, original }) => [[...bytes], 113, original !== undefined]),
            );
            packets.forEach(({ time }, i) =>
              assert.ok(Math.abs(time - PACKETS[i]!.time) < 0.001, String(time)),
            );
          }
        });

  it('of pcapng has sections, interfaces, and blocks that are skipped', () => {
    const [packet] = PACKETS;
    const file = Buffer.concat([
      sectionHeader(true),
      interfaceBlock(true),
      block(true, 0x0bad, Buffer.alloc(500_000)),
      interfaceBlock(true, 101, 0x83),
      enhancedPacket(packet!, true, 0),
      enhancedPacket({ ...packet!, time: 1000 }, true, 1, 8 / 1000),
      block(true, 3, Buffer.from([5, 0, 0, 0, 1, 2, 3, 4, 5])),
      sectionHeader(false),
      interfaceBlock(false),
      enhancedPacket(packet!, false, 0),
    ]);
    const packets = read(file, 1000);
    assert.deepEqual(
      packets.map(({ interface: ifp, linkType, bytes }) => [ifp, linkType, bytes.length]),
      [
        [0, 1, 5],
        [1, 101, 5],
        [0, 1, 5],
        [2, 1, 5],
      ],
    );
    assert.deepEqual([packets[1]!.time, packets[3]!.time], [1000, packet!.time]);
  });

  it('is refused, with the place, when it lies', () => {
    assert.match(refused(Buffer.from('hello, world')), /neither pcap nor pcapng/);
    assert.match(refused(Buffer.alloc(0)), /too short/);
    const file = pcapFile(PACKETS);
    assert.match(refused(file.subarray(0, -1)), /^byte 45: the file ends within a packet$/);
    file.writeUInt32LE(0xffffffff, 24 + 8);
    assert.match(refused(file), /^byte 24: a packet of 4294967295 bytes; the file is damaged$/);
    const ng = (...blocks: Buffer[]): Buffer => Buffer.concat([sectionHeader(), ...blocks]);
    assert.match(refused(ng(enhancedPacket(PACKETS[0]!))), /interface 0, which is not described/);
    const late = enhancedPacket({ ...PACKETS[0]!, time: 8.65e15 });
    assert.match(refused(ng(interfaceBlock(true), late)), /a packet of a time that no calendar has/);
    assert.match(refused(ng(Buffer.from([1, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0]))), /a block of 3 bytes/);
    assert.match(
      refused(ng(Buffer.from([6, 0, 0, 0, 0, 0, 0, 0x80, 0, 0, 0, 0]))),
      /a block of 2147483648 bytes/,
    );
    assert.match(
      refused(ng(...Array.from({ length: 4097 }, () => interfaceBlock()))),
      /more than 4096 interfaces/,
    );
    const lying = enhancedPacket(PACKETS[0]!);
    lying.writeUInt32LE(100_000, 8 + 12);
    assert.match(refused(ng(interfaceBlock(), lying)), /a packet of 100000 bytes in a block/);
  });

  it('of any length is read in the memory of one packet', () => {
    const one = pcapFile(
      Array.from({ length: 100 }, () => ({ time: 0, bytes: carpFrame(new Uint8Array(36)) })),
    );
    const reader = new CaptureReader();
    let count = [...reader.push(one)].length;
    const records = one.subarray(24);
    globalThis.gc?.();
    const before = process.memoryUsage().arrayBuffers;
    for (let i = 0; i < 10_000; i++) for (const _ of reader.push(records)) count++;
    assert.equal(count, 1_000_100);
    const grown = process.memoryUsage().arrayBuffers - before;
    assert.ok(grown < 4_000_000, `${grown} bytes more`);
  });
});

describe('the link layer', () => {
  const frame = carpFrame(new Uint8Array(36), { lladdr: [2, 0, 0, 0, 0, 9] });
  const packet = (bytes: Uint8Array, linkType: number): CapturedPacket => ({
    time: 0,
    linkType,
    interface: 0,
    bytes,
    cut: false,
  });
  const source = (bytes: Uint8Array, linkType: number) => {
    const link = linkFrame(packet(bytes, linkType))!;
    return [
      capturedIp(link)?.source.toString(),
      link.vlans.join('.'),
      link.source && [...link.source].at(-1),
    ];
  };
  const ip = frame.subarray(14);

  it('is taken off, of every type that tcpdump gives on IP networks', () => {
    const sll = [0, 4, 0, 1, 0, 6, 2, 0, 0, 0, 0, 9, 0, 0, 8, 0];
    const sll2 = [8, 0, 0, 0, 0, 0, 0, 3, 0, 1, 4, 6, 2, 0, 0, 0, 0, 9, 0, 0];
    assert.deepEqual(source(frame, 1), ['10.88.0.2', '', 9]);
    assert.deepEqual(source(tagged(frame, 10, 4000), 1), ['10.88.0.2', '10.4000', 9]);
    assert.deepEqual(source(Uint8Array.of(...sll, ...ip), 113), ['10.88.0.2', '', 9]);
    assert.deepEqual(source(Uint8Array.of(...sll2, ...ip), 276), ['10.88.0.2', '', 9]);
    for (const [type, head] of [
      [0, [2, 0, 0, 0]],
      [0, [0, 0, 0, 2]],
      [108, [0, 0, 0, 2]],
      [101, []],
      [228, []],
    ] as const)
      assert.deepEqual(
        source(Uint8Array.of(...head, ...ip), type),
        ['10.88.0.2', '', undefined],
        String(type),
      );
    assert.throws(() => linkFrame(packet(frame, 147)), /link type 147 cannot be read/);
  });

  it('of any length gives a packet or none', () => {
    for (const type of [0, 1, 101, 108, 113, 228, 229, 276])
      for (let length = 0; length < frame.length; length++) {
        const link = linkFrame(packet(tagged(frame, 1, 2).subarray(0, length), type));
        if (link !== undefined) capturedIp(link);
      }
  });
});

describe('an IP header', () => {
  const read6 = (bytes: Uint8Array) =>
    capturedIp({ etherType: 0x86dd, payload: bytes, vlans: [], passed: '0' });

  it('of IPv6 may have others behind it', () => {
    const bytes = carpFrame(new Uint8Array(36).fill(9), { source: 'fe80::1' }).slice(14);
    bytes[6] = 0;
    bytes[5] = 36 + 8;
    const longer = Uint8Array.of(...bytes.subarray(0, 40), 112, 0, 1, 4, 0, 0, 0, 0, ...bytes.subarray(40));
    const { protocol, payload, length, fragment } = read6(longer)!;
    assert.deepEqual([protocol, payload.length, length, fragment], [112, 36, 36, false]);
  });

  it('says what was cut off, and whether it is damaged', () => {
    const frame = carpFrame(new Uint8Array(36));
    const read4 = (bytes: Uint8Array) =>
      capturedIp({ etherType: 0x0800, payload: bytes, vlans: [], passed: '0' })!;
    const cut = read4(frame.subarray(14, 44));
    assert.deepEqual([cut.payload.length, cut.length, cut.headerHolds], [10, 36, true]);
    const bent = frame.slice(14);
    bent[8] = 7;
    assert.deepEqual([read4(bent).headerHolds, read4(bent).ttl], [false, 7]);
    assert.equal(read4(Uint8Array.of(...frame.subarray(14), 0, 0, 0, 0)).payload.length, 36);
  });
});
