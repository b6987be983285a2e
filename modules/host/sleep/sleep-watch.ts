import type { Callout, Counter, EventHandlerList, Log } from '../../../core/index.js';
import type { AcpiSleepState } from './sleep-state.js';

/** How long after an attempt the next one is made, in milliseconds. */
const RECONNECT_INTERVAL_MS = 5000;
/** What the inhibitor is listed with, in `systemd-inhibit --list`. */
const WHY = 'handlers of power_suspend';

/** Delays a sleep until it is disposed of, or the manager's patience ends (InhibitDelayMaxSec, 5 s by default). */
export type Inhibitor = Disposable;

/** What the manager of sleep reports. */
export interface SleepListener {
  /** The machine is about to sleep, or is awake again. */
  prepareForSleep(begins: boolean): void;
  /** It was started again, and has forgotten its inhibitors. */
  restarted(): void;
  /** It cannot be heard any more. */
  lost(error: Error): void;
}

/** A connection to the manager of sleep. */
export interface SleepManager extends Disposable {
  inhibit(why: string): Promise<Inhibitor>;
}

/** What a SleepWatch works with. */
export interface SleepWatchOptions {
  readonly connect: (events: SleepListener) => Promise<SleepManager>;
  /** The state that a sleep of this machine is. */
  readonly sleepState: () => AcpiSleepState;
  readonly suspend: EventHandlerList<[]>;
  readonly sleep: EventHandlerList<[state: AcpiSleepState]>;
  readonly wakeup: EventHandlerList<[state: AcpiSleepState]>;
  readonly count: Counter;
  readonly callout: (name: string, fn: () => void) => Callout;
  /** The kernel's clock, in milliseconds. */
  readonly now: () => number;
  readonly log: Log;
}

/**
 * Invokes power_suspend and acpi_sleep_event before the machine sleeps, and acpi_wakeup_event after it. A lock at the
 * manager holds the sleep up until the handlers are done, each awaited; it is taken again after the wake-up.
 */
export class SleepWatch implements Disposable {
  readonly #options: SleepWatchOptions;
  readonly #callout: Callout;
  #manager: SleepManager | undefined;
  /** The lock for the next sleep. */
  #inhibitor: Inhibitor | undefined;
  /** The lock that holds a sleep up while its handlers run. */
  #delaying: Inhibitor | undefined;
  #state: AcpiSleepState = 3;
  #asleep = false;
  #connectedAt = Number.NEGATIVE_INFINITY;
  #disposed = false;

  constructor(options: SleepWatchOptions) {
    this.#options = options;
    this.#callout = options.callout('sleep manager', () => void this.#reconnect());
  }

  /** Connects, and takes the lock. @throws what `connect` and `inhibit` reject with */
  async start(): Promise<void> {
    const manager = await this.#options.connect({
      prepareForSleep: (begins) => void (begins ? this.#fallAsleep() : this.#wakeUp()),
      restarted: () => void this.#lock(),
      lost: (error) => this.#lost(error),
    });
    if (this.#disposed) return manager[Symbol.dispose]();
    this.#manager = manager;
    this.#connectedAt = this.#options.now();
    await this.#takeLock(manager);
  }

  [Symbol.dispose](): void {
    this.#disposed = true;
    this.#callout.stop();
    this.#disconnect();
  }

  async #fallAsleep(): Promise<void> {
    this.#asleep = true;
    this.#giveUpDelay();
    const inhibitor = this.#inhibitor;
    this.#delaying = inhibitor;
    this.#inhibitor = undefined;
    this.#state = this.#options.sleepState();
    this.#options.count.add();
    this.#options.log.notice('the machine is about to sleep');
    try {
      await this.#options.suspend.invokeAsync();
      await this.#options.sleep.invokeAsync(this.#state);
    } finally {
      // After a wake-up the lock of the moment may be another sleep's.
      if (this.#delaying === inhibitor) this.#giveUpDelay();
    }
  }

  /** A handler that does not end must not delay every sleep to come. */
  #giveUpDelay(): void {
    this.#delaying?.[Symbol.dispose]();
    this.#delaying = undefined;
  }

  async #wakeUp(): Promise<void> {
    if (!this.#asleep) return;
    this.#asleep = false;
    this.#giveUpDelay();
    this.#options.log.notice('the machine is awake');
    this.#options.wakeup.invoke(this.#state);
    await this.#lock();
  }

  async #lock(): Promise<void> {
    try {
      if (this.#manager !== undefined) await this.#takeLock(this.#manager);
    } catch (error) {
      const text = `a sleep of the machine will not wait for handlers: ${String(error)}`;
      if (!this.#disposed) this.#options.log.limited('inhibit').warning(text);
    }
  }

  async #takeLock(manager: SleepManager): Promise<void> {
    const inhibitor = await manager.inhibit(WHY);
    this.#inhibitor?.[Symbol.dispose]();
    this.#inhibitor = undefined;
    // Given up meanwhile, or a sleep has begun that would only wait for it.
    if (this.#manager !== manager || this.#asleep) inhibitor[Symbol.dispose]();
    else this.#inhibitor = inhibitor;
  }

  #lost(error: Error): void {
    this.#disconnect();
    this.#options.log.limited('lost').warning(`no news of sleep until logind is back: ${String(error)}`);
    if (!this.#disposed) this.#callout.reset(this.#asleep ? RECONNECT_INTERVAL_MS : this.#untilNextAttempt);
  }

  /** At once, after a connection that has lasted: what ended it may be over. */
  get #untilNextAttempt(): number {
    return Math.max(0, this.#connectedAt + RECONNECT_INTERVAL_MS - this.#options.now());
  }

  async #reconnect(): Promise<void> {
    // The news of a wake-up may be lost: handlers that gave something away for the sleep must not wait for it for ever.
    void this.#wakeUp();
    try {
      await this.start();
      this.#options.log.notice('connected to logind again');
    } catch {
      this.#disconnect();
      if (!this.#disposed) this.#callout.reset(RECONNECT_INTERVAL_MS);
    }
  }

  #disconnect(): void {
    this.#giveUpDelay();
    this.#inhibitor?.[Symbol.dispose]();
    this.#inhibitor = undefined;
    this.#manager?.[Symbol.dispose]();
    this.#manager = undefined;
  }
}
