/**
 * What was on the wire, and when: tcpdump writes pcap into a pipe, this reads it. The stamps are the kernel's
 * (nanoseconds of wall-clock time, taken when the frame passed), so they do not suffer from a busy test process.
 */
import { type Frame, parseFrame } from './frame.js';
import type { Namespace } from './namespace.js';
import type { Program } from './program.js';
import { elapse, waitFor } from './wait.js';

const FILE_HEADER = 24;
const RECORD_HEADER = 16;
const MAGIC_NANOSECONDS = 0xa1b23c4d; // pcap-savefile(5), in the byte order of the machine: little endian here

export class Capture {
  /** Everything captured so far, oldest first. */
  readonly frames: Frame[] = [];
  private pending = Buffer.alloc(0);
  private headerSeen = false;
  private program!: Program;

  private constructor() {}

  static async start(namespace: Namespace, ifname: string, filter: string): Promise<Capture> {
    const capture = new Capture();
    const tcpdump = ['tcpdump', '-i', ifname, '-n', '-p', '-U', '--immediate-mode', '-Z', 'root'];
    // The ring has slots of the snapshot length, by default 64 KiB each: a burst of some dozen frames would be lost.
    tcpdump.push('-s', '2048', '-B', '16384');
    const output = ['--time-stamp-precision=nano', '-w', '-', ...filter.split(' ').filter(Boolean)];
    capture.program = namespace.spawn([...tcpdump, ...output], { onBytes: (bytes) => capture.read(bytes) });
    await capture.program.waitForLine(/listening on/, 5000);
    return capture;
  }

  /** Frames for which `test` holds, oldest first. */
  where(test: (frame: Frame) => boolean): Frame[] {
    return this.frames.filter(test);
  }

  /** The first frame from index `from` on for which `test` holds, waited for until the deadline. */
  waitFor(what: string, deadlineMs: number, test: (frame: Frame) => boolean, from = 0): Promise<Frame> {
    const seen = (): string => this.frames.slice(from).map(String).join('\n');
    return waitFor(what, deadlineMs, () => this.frames.slice(from).find(test), seen);
  }

  /** Gives what is still on its way the time to arrive, then ends tcpdump. */
  async stop(): Promise<Frame[]> {
    await elapse(50);
    await this.program.end('SIGINT');
    return this.frames;
  }

  private read(bytes: Uint8Array): void {
    this.pending = Buffer.concat([this.pending, bytes]);
    if (!this.headerSeen) {
      if (this.pending.length < FILE_HEADER) return;
      if (this.pending.readUInt32LE(0) !== MAGIC_NANOSECONDS)
        throw new Error('tcpdump wrote an unknown format');
      this.headerSeen = true;
      this.pending = this.pending.subarray(FILE_HEADER);
    }
    while (this.pending.length >= RECORD_HEADER) {
      const length = this.pending.readUInt32LE(8);
      if (this.pending.length < RECORD_HEADER + length) return;
      const time = this.pending.readUInt32LE(0) * 1000 + this.pending.readUInt32LE(4) / 1e6;
      const frame = this.pending.subarray(RECORD_HEADER, RECORD_HEADER + length);
      this.frames.push(parseFrame(time, Uint8Array.from(frame)));
      this.pending = this.pending.subarray(RECORD_HEADER + length);
    }
  }
}
