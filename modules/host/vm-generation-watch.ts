import type { Callout, Counter, EventHandlerList, Log } from '../../core/index.js';

/** How often to look where nothing notifies, in milliseconds. */
const CHECK_INTERVAL_MS = 1000;

/** What a hypervisor tells its guest in the page of its vmclock device (linux/vmclock-abi.h). */
export interface VmClockReading {
  /** Changes when the guest's clocks were disrupted: by live migration, or a snapshot that was loaded. */
  readonly disruptionMarker: bigint;
  /** Changes when the guest was loaded from a snapshot; undefined where the hypervisor does not count. */
  readonly vmGenerationCounter: bigint | undefined;
  /** Whether the hypervisor notifies the guest of changes. */
  readonly notifies: boolean;
}

export interface VmClock {
  /** @throws when it cannot be read now */
  read(): VmClockReading;
  /** Calls `changed` after each update, until it is read. @returns undefined where the driver cannot do that */
  watch(changed: () => void): Disposable | undefined;
}

export interface VmGenerationWatchOptions {
  readonly vmClock: VmClock;
  readonly list: EventHandlerList<[]>;
  readonly count: Counter;
  readonly callout: (name: string, fn: () => void) => Callout;
  readonly log: Log;
}

/**
 * Invokes vm_generation_event when this virtual machine was migrated, cloned, or put back to a snapshot: at once where
 * the hypervisor notifies, else within a second.
 */
export class VmGenerationWatch implements Disposable {
  readonly #options: VmGenerationWatchOptions;
  readonly #callout: Callout;
  #watch: Disposable | undefined;
  #last: VmClockReading;

  /** @throws when the clock page cannot be read */
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

  /** A device that notified of what it does not let us read would call for ever: from then on it is looked at. */
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
