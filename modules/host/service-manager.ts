/**
 * What this process tells the service manager that started it: sd_notify(3). Without one (NOTIFY_SOCKET is not set)
 * everything here does nothing.
 *
 * A message is never waited for. What a busy manager cannot take now is kept, the latest value of each variable, and
 * sent again shortly; a manager that is gone costs one log line a minute.
 */
import type { Callout, Counter, Log } from '../../core/index.js';

/** How soon to try again when the manager's queue is full, in milliseconds. */
const RETRY = 100;

/** Sends a datagram. @returns undefined when it was sent, else the errno's name */
export type SendDatagram = (text: string) => string | undefined;

export interface ServiceManagerOptions {
  /** Undefined without a service manager. */
  readonly send: SendDatagram | undefined;
  /** Messages that could not be sent. */
  readonly failed: Counter;
  /** CLOCK_MONOTONIC, in milliseconds. */
  readonly monotonic: () => number;
  readonly callout: (name: string, fn: () => void) => Callout;
  readonly log: Log;
}

export class ServiceManager implements Disposable {
  readonly #options: ServiceManagerOptions;
  #send: SendDatagram | undefined;
  readonly #unsent = new Map<string, string>();
  readonly #retry: Callout;

  constructor(options: ServiceManagerOptions) {
    this.#options = options;
    this.#send = options.send;
    this.#retry = options.callout('service manager', () => this.#flush());
  }

  /** Whether somebody listens. */
  get present(): boolean {
    return this.#send !== undefined;
  }

  /** The daemon is up, or has finished reloading; `Type=notify` units wait for it. */
  ready(status?: string): void {
    this.#notify({ READY: '1', ...(status !== undefined && { STATUS: status }) });
  }

  /** One line for `systemctl status`. */
  status(text: string): void {
    this.#notify({ STATUS: text });
  }

  /** The configuration is being read again; `ready` follows. `Type=notify-reload` wants the time. */
  reloading(): void {
    const microseconds = Math.round(this.#options.monotonic() * 1000);
    this.#notify({ RELOADING: '1', MONOTONIC_USEC: String(microseconds) });
  }

  stopping(): void {
    this.#notify({ STOPPING: '1' });
  }

  /** All is well: sd_watchdog_enabled(3). */
  watchdog(): void {
    this.#notify({ WATCHDOG: '1' });
  }

  /** From now on it does nothing: somebody may still hold it, a reload for one. */
  [Symbol.dispose](): void {
    this.#send = undefined;
    this.#retry.stop();
  }

  #notify(variables: Readonly<Record<string, string>>): void {
    if (!this.present) return;
    for (const [name, value] of Object.entries(variables)) {
      // A line break would begin another variable.
      this.#unsent.set(name, value.replace(/\s+/g, ' '));
    }
    this.#flush();
  }

  #flush(): void {
    const { failed, log } = this.#options;
    const text = [...this.#unsent].map(([name, value]) => `${name}=${value}`).join('\n');
    const error = this.#send?.(text);
    if (error === 'EAGAIN') {
      this.#retry.reset(RETRY);
      return;
    }
    this.#retry.stop();
    this.#unsent.clear();
    if (error === undefined) return;
    failed.add();
    log.limited('notify').warning(`the service manager at NOTIFY_SOCKET did not take a message: ${error}`);
  }
}
