import type { Callout, Counter, EventHandlerList, Log } from '../../core/index.js';

/** Polling interval if the device does not notify, in milliseconds. */
const CHECK_INTERVAL_MS = 1000;

/** The part of a vmclock page (linux/vmclock-abi.h) that tells one life of the guest from the next. */
export interface VmClockReading {
  /** Changes when the guest's clocks were disrupted: by live migration, or by loading a snapshot. */
  readonly disruptionMarker: bigint;
  /** Changes when the guest was loaded from a snapshot; undefined if the hypervisor does not count that. */
  readonly vmGenerationCounter: bigint | undefined;
  /** Whether the hypervisor notifies the guest of updates. */
  readonly notifies: boolean;
}

/** A vmclock device. */
export interface VmClock {
  /** @throws if it cannot be read now */
  read(): VmClockReading;
  /** Calls `changed` after each update, until `read` is called. @returns undefined if the driver cannot do that */
  watch(changed: () => void): Disposable | undefined;
}

/** What a VmGenerationWatch works with. */
export interface VmGenerationWatchOptions {
  readonly vmClock: VmClock;
  readonly list: EventHandlerList<[]>;
  readonly count: Counter;
  readonly callout: (name: string, fn: () => void) => Callout;
  readonly log: Log;
}

/**
 * Invokes vm_generation_event when this virtual machine was migrated, cloned, or restored from a snapshot: at once if the
 * hypervisor notifies the guest, else within a second.
 */
export class VmGenerationWatch implements Disposable {
  readonly #options: VmGenerationWatchOptions;
  readonly #callout: Callout;
  #watch: Disposable | undefined;
  #last: VmClockReading;

  /** @throws if the clock page cannot be read */
  constructor(options: VmGenerationWatchOptions) {
    this.#options = options;
    this.#last = options.vmClock.read();
    this.#callout = options.callout('vm generation', () => this.#check());
    if (this.#last.notifies) this.#watch = options.vmClock.watch(() => this.#check());
    if (this.#watch === undefined) this.#callout.reset(CHECK_INTERVAL_MS);
  }

  [Symbol.dispose](): void {
    this.#watch?.[Symbol.dispose]();
    this.#watch = undefined;
    this.#callout.stop();
  }

  #check(): void {
    const reading = this.#read();
    if (this.#watch === undefined) this.#callout.reset(CHECK_INTERVAL_MS);
    if (reading === undefined) return;
    const last = this.#last;
    this.#last = reading;
    const isLoaded = reading.vmGenerationCounter !== last.vmGenerationCounter;
    if (!isLoaded && reading.disruptionMarker === last.disruptionMarker) return;
    this.#options.count.add();
    this.#options.log.notice(
      isLoaded ? 'this machine was loaded from a snapshot' : 'this machine was migrated: its clocks jumped',
    );
    this.#options.list.invoke();
  }

  /** A device that notifies but cannot be read would call back for ever: from then on it is polled. */
  #read(): VmClockReading | undefined {
    try {
      return this.#options.vmClock.read();
    } catch (error) {
      this.#options.log.limited('vmclock').warning(`the vmclock device is not readable: ${String(error)}`);
      this.#watch?.[Symbol.dispose]();
      this.#watch = undefined;
      return undefined;
    }
  }
}
