import { closeSync, openSync, readdirSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { Libc, Poller } from '../../libc/index.js';
import type { VmClock, VmClockReading } from '../vm-generation-watch.js';

const MAGIC = 0x4b4c4356; // "VCLK"
const VERSION = 1;
/** struct vmclock_abi (linux/vmclock-abi.h): offsets, and the length without and with the last field. */
const DISRUPTION_MARKER = 16;
const FLAGS = 24;
const VM_GENERATION_COUNTER = 104;
const MIN_SIZE = 104;
const SIZE = 112;
const VM_GEN_COUNTER_PRESENT = 1n << 8n;
const NOTIFICATION_PRESENT = 1n << 9n;

/** Parses a vmclock page; undefined if it is none, or of an unknown version. */
export function parseVmClock(page: Buffer): VmClockReading | undefined {
  if (page.length < MIN_SIZE || page.readUInt32LE(0) !== MAGIC || page.readUInt16LE(8) !== VERSION)
    return undefined;
  const flags = page.readBigUInt64LE(FLAGS);
  const counts = (flags & VM_GEN_COUNTER_PRESENT) !== 0n && page.length >= SIZE;
  return {
    disruptionMarker: page.readBigUInt64LE(DISRUPTION_MARKER),
    vmGenerationCounter: counts ? page.readBigUInt64LE(VM_GENERATION_COUNTER) : undefined,
    notifies: (flags & NOTIFICATION_PRESENT) !== 0n,
  };
}

/**
 * Opens the clock page that a hypervisor shares with its guests: /dev/vmclock0 of QEMU, Firecracker and EC2, since Linux
 * 6.13.
 * @returns undefined if the machine lacks one, or if it may not be read
 */
export function openVmClock(folder = '/dev'): (VmClock & Disposable) | undefined {
  for (const name of readdirSync(folder).filter((each) => /^vmclock\d+$/.test(each))) {
    try {
      return new VmClockDevice(join(folder, name));
    } catch {
      // not readable, or of an unknown version: try the next
    }
  }
  return undefined;
}

class VmClockDevice implements VmClock, Disposable {
  readonly #fd: number;
  readonly #page = Buffer.alloc(SIZE);

  constructor(readonly path: string) {
    this.#fd = openSync(path, 'r');
    try {
      this.read();
    } catch (error) {
      closeSync(this.#fd);
      throw error;
    }
  }

  /** The kernel's driver reads a consistent page (its sequence count), or fails with ETIMEDOUT. */
  read(): VmClockReading {
    const length = readSync(this.#fd, this.#page, 0, SIZE, 0);
    const reading = parseVmClock(this.#page.subarray(0, length));
    if (reading === undefined) throw new Error(`${this.path} has an unknown form`);
    return reading;
  }

  /** After an update the device is readable until it is read. */
  watch(changed: () => void): Disposable | undefined {
    try {
      return new Poller(Libc.load(), this.#fd, changed);
    } catch {
      return undefined; // the driver cannot be polled
    }
  }

  [Symbol.dispose](): void {
    closeSync(this.#fd);
  }
}
