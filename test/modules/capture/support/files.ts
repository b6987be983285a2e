/** Capture files in memory, in every dialect of the two formats. */
import { encodeEthernet, encodeIpv4, encodeIpv6, InetAddress } from '../../../../modules/ifnet/index.js';

/** A packet of a file to be made. */
export interface FilePacket {
  /** ms since 1970 */
  readonly time: number;
  readonly bytes: Uint8Array;
  /** As sent, if it was cut. */
  readonly original?: number;
}

export interface FileOptions {
  readonly little?: boolean;
  /** Stamps in nanoseconds; else in microseconds. */
  readonly nano?: boolean;
  readonly linkType?: number;
}

/** A file as `tcpdump -w` writes it. */
export function pcapFile(packets: readonly FilePacket[], options: FileOptions = {}): Buffer {
  const { little = true, nano = false, linkType = 1 } = options;
  const words = (...values: number[]): Buffer => bytesOf(little, values);
  const head = words(
    nano ? 0xa1b23c4d : 0xa1b2c3d4,
    little ? 0x00040002 : 0x00020004,
    0,
    0,
    262_144,
    linkType,
  );
  return Buffer.concat([
    head,
    ...packets.flatMap(({ time, bytes, original = bytes.length }) => {
      const seconds = Math.floor(time / 1000);
      const fraction = Math.round((time - seconds * 1000) * (nano ? 1e6 : 1e3));
      return [words(seconds, fraction, bytes.length, original), bytes];
    }),
  ]);
}

/** A block of a pcapng file, padded. */
export function block(little: boolean, type: number, body: Uint8Array): Buffer {
  const padded = Buffer.concat([body, Buffer.alloc((4 - (body.length % 4)) % 4)]);
  const length = padded.length + 12;
  return Buffer.concat([bytesOf(little, [type, length]), padded, bytesOf(little, [length])]);
}

export function sectionHeader(little = true): Buffer {
  return block(
    little,
    0x0a0d0d0a,
    bytesOf(little, [0x1a2b3c4d, little ? 1 : 0x00010000, 0xffffffff, 0xffffffff]),
  );
}

/** @param resolution if_tsresol; 6 unless given */
export function interfaceBlock(little = true, linkType = 1, resolution?: number): Buffer {
  const start = bytesOf(little, [little ? linkType : linkType << 16, 262_144]);
  const option = bytesOf(little, [little ? 0x00010009 : 0x00090001]);
  const options = resolution === undefined ? [] : [option, Buffer.of(resolution, 0, 0, 0), Buffer.alloc(4)];
  return block(little, 1, Buffer.concat([start, ...options]));
}

/** @param units of a stamp in a millisecond */
export function enhancedPacket(
  { time, bytes, original = bytes.length }: FilePacket,
  little = true,
  index = 0,
  units = 1e3,
): Buffer {
  const stamp = Math.round(time * units);
  const words = [index, Math.floor(stamp / 2 ** 32), stamp % 2 ** 32, bytes.length, original];
  return block(little, 6, Buffer.concat([bytesOf(little, words), bytes]));
}

/** A file as Wireshark writes it. */
export function pcapngFile(
  packets: readonly FilePacket[],
  { little = true, nano = false, linkType = 1 }: FileOptions = {},
): Buffer {
  return Buffer.concat([
    sectionHeader(little),
    interfaceBlock(little, linkType, nano ? 9 : undefined),
    ...packets.map((packet) => enhancedPacket(packet, little, 0, nano ? 1e6 : 1e3)),
  ]);
}

/** A packet of protocol 112 in a frame of its own. */
export function carpFrame(
  payload: Uint8Array,
  { source = '10.88.0.2', destination, ttl = 255, lladdr = [0, 0, 0x5e, 0, 1, 1] }: CarpFrameOptions = {},
): Uint8Array {
  const from = InetAddress.parse(source);
  const to = InetAddress.parse(destination ?? (from.family === 4 ? '224.0.0.18' : 'ff02::12'));
  const group = from.family === 4 ? [1, 0, 0x5e, 0, 0, 0x12] : [0x33, 0x33, 0, 0, 0, 0x12];
  const ends = { source: from.bytes, destination: to.bytes };
  const packet =
    from.family === 4
      ? encodeIpv4({ ...ends, protocol: 112, ttl, tos: 0x10, id: 7 }, payload)
      : encodeIpv6({ ...ends, nextHeader: 112, hopLimit: ttl, trafficClass: 0 }, payload);
  return encodeEthernet(
    Uint8Array.from(group),
    Uint8Array.from(lladdr),
    from.family === 4 ? 0x0800 : 0x86dd,
    packet,
  );
}

export interface CarpFrameOptions {
  readonly source?: string;
  readonly destination?: string;
  readonly ttl?: number;
  readonly lladdr?: readonly number[];
}

/** The frame with 802.1Q tags, the outermost first. */
export function tagged(frame: Uint8Array, ...vlans: number[]): Uint8Array {
  const tags = vlans.flatMap((vlan) => [0x81, 0, vlan >> 8, vlan & 0xff]);
  return Uint8Array.from([...frame.subarray(0, 12), ...tags, ...frame.subarray(12)]);
}

function bytesOf(little: boolean, values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  values.forEach((value, i) => {
    if (little) bytes.writeUInt32LE(value, i * 4);
    else bytes.writeUInt32BE(value, i * 4);
  });
  return bytes;
}
