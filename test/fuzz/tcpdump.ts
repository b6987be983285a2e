import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';

const MAGIC = 0xa1b2c3d4;
const FILE_HEADER = 24;
const PACKET_HEADER = 16;
const LINKTYPE_ETHERNET = 1;
const MAX_OUTPUT = 64 * 1024 * 1024;

/** What tcpdump prints of each frame, which has a byte at least, on one line each: `-e -v`, without names, protocol 112 as CARP. */
export function tcpdump(frames: readonly Uint8Array[]): string[] {
  const { stdout, status, stderr } = spawnSync('tcpdump', ['-nevvtttt', '-T', 'carp', '-r', '-'], {
    input: capture(frames),
    encoding: 'latin1',
    maxBuffer: MAX_OUTPUT,
    env: { ...process.env, TZ: 'UTC' },
  });
  assert.equal(status, 0, stderr);
  // A frame begins with its time; what goes on in another line is indented, or has none.
  const lines = stdout.split(/^(?=1970-01-01 00:)/m).map((text) => text.replaceAll(/\s+/g, ' '));
  assert.equal(lines.length, frames.length, 'one text for each frame');
  return lines;
}

/** A file of pcap(5). The number of a frame is its time in seconds. */
function capture(frames: readonly Uint8Array[]): Buffer {
  const header = Buffer.alloc(FILE_HEADER);
  header.writeUInt32LE(MAGIC, 0);
  header.writeUInt16LE(2, 4);
  header.writeUInt16LE(4, 6);
  header.writeUInt32LE(0xffff, 16);
  header.writeUInt32LE(LINKTYPE_ETHERNET, 20);
  const packets = frames.flatMap((frame, i) => {
    const head = Buffer.alloc(PACKET_HEADER);
    head.writeUInt32LE(i, 0);
    head.writeUInt32LE(frame.length, 8);
    head.writeUInt32LE(frame.length, 12);
    return [head, frame];
  });
  return Buffer.concat([header, ...packets]);
}
