import { SOL_SOCKET } from '../../libc/index.js';

/** SO_TIMESTAMPNS, and the type of the control message that it brings: socket(7). */
export const SO_TIMESTAMPNS = 35;
/** PACKET_AUXDATA of packet(7), and the type of its control message. */
export const PACKET_AUXDATA = 8;
/** Level of the options of packet sockets. */
export const SOL_PACKET = 263;
/** Room for a time stamp and the auxiliary data: two headers of 16 bytes, 16 and 20 bytes of data. */
export const CONTROL_LEN = 80;

const HEADER = 16;
const VLAN_VALID = 0x10;

/** What the kernel says about a packet beside its bytes. */
export interface PacketControl {
  /** When it arrived, in ms since 1970. */
  readonly time: number | undefined;
  /** The VLAN tag that was taken off it. */
  readonly vlan: number | undefined;
}

/** Reads the control messages of a packet: cmsg(3), on 64-bit little-endian Linux. */
export function readControl(control: Buffer): PacketControl {
  let time: number | undefined;
  let vlan: number | undefined;
  for (let at = 0; at + HEADER <= control.length; ) {
    const length = Number(control.readBigUInt64LE(at));
    if (length < HEADER || at + length > control.length) break;
    const level = control.readInt32LE(at + 8);
    const type = control.readInt32LE(at + 12);
    const data = control.subarray(at + HEADER, at + length);
    if (level === SOL_SOCKET && type === SO_TIMESTAMPNS && data.length >= 16)
      time = Number(data.readBigInt64LE(0)) * 1000 + Number(data.readBigInt64LE(8)) / 1e6;
    // struct tpacket_auxdata: status, length, snapshot length (32 bits each), two offsets and the tag (16 bits each).
    if (level === SOL_PACKET && type === PACKET_AUXDATA && data.length >= 18)
      vlan = data.readUInt32LE(0) & VLAN_VALID ? data.readUInt16LE(16) & 0xfff : undefined;
    at += (length + 7) & ~7;
  }
  return { time, vlan };
}
