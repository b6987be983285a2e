/** Captured packets: from a file of tcpdump or Wireshark, or from an interface of this host. */
export { CaptureError } from './errors.js';
export { CaptureReader } from './file/reader.js';
export { type CapturedIp, capturedIp } from './ip-header.js';
export { LINKTYPE_ETHERNET, type LinkFrame, linkFrame } from './link-layer.js';
export { LinuxTap, type TapOptions } from './linux/tap.js';
export type { CapturedPacket } from './packet.js';
