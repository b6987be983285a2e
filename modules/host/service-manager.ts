import type { Callout, Counter, Log } from '../../core/index.js';

/** Delay before a retry when the manager's queue is full, in milliseconds. */
const RETRY_MS = 100;

/** Sends a datagram. @returns undefined if it was sent, else the errno's name */
export type SendDatagram = (text: string) => string | undefined;

/** What a ServiceManager works with. */
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

/**
 * Notifies the service manager that started this process: sd_notify(3). A no-op without one (NOTIFY_SOCKET is not set).
 *
 * A message never blocks. If a busy manager cannot take it now, the latest value of each variable is kept and sent again
 * shortly. A manager that is gone costs one log line a minute.
 */
export class ServiceManager implements Disposable {
  readonly #options: ServiceManagerOptions;
  #send: SendDatagram | undefined;
  /** Says nothing while a predecessor is the service's main process. */
  quiet = false;
  readonly #unsent = new Map<string, string>();
  readonly #retry: Callout;

  constructor(options: ServiceManagerOptions) {
    this.#options = options;
    this.#send = options.send;
    this.#retry = options.callout('service manager', () => this.#flush());
  }

  /** Whether there is a service manager to notify. */
  get present(): boolean {
    return this.#send !== undefined;
  }

  /** The daemon is up, or has reloaded; `Type=notify` units wait for this. */
  ready(status?: string): void {
    this.#notify({ READY: '1', ...(status !== undefined && { STATUS: status }) });
  }

  /** One line for `systemctl status`. */
  status(text: string): void {
    this.#notify({ STATUS: text });
  }

  /** The configuration is being reloaded; call `ready` afterwards. `Type=notify-reload` needs the time. */
  reloading(): void {
    const microseconds = Math.round(this.#options.monotonic() * 1000);
    this.#notify({ RELOADING: '1', MONOTONIC_USEC: String(microseconds) });
  }

  /** Another process is the service's main process from now on. */
  succeeded(pid: number): void {
    this.#notify({ MAINPID: String(pid) });
  }

  stopping(): void {
    this.#notify({ STOPPING: '1' });
  }

  /** The process is well: sd_watchdog_enabled(3). */
  watchdog(): void {
    this.#notify({ WATCHDOG: '1' });
  }

  /** Makes every method a no-op: a reload under way may still hold this object. */
  [Symbol.dispose](): void {
    this.#send = undefined;
    this.#retry.stop();
  }

  #notify(variables: Readonly<Record<string, string>>): void {
    if (!this.present || this.quiet) return;
    for (const [name, value] of Object.entries(variables)) {
      // A line break would start another variable.
      this.#unsent.set(name, value.replace(/\s+/g, ' '));
    }
    this.#flush();
  }

  #flush(): void {
    const { failed, log } = this.#options;
    const text = [...this.#unsent].map(([name, value]) => `${name}=${value}`).join('\n');
    const error = this.#send?.(text);
    if (error === 'EAGAIN') {
      this.#retry.reset(RETRY_MS);
      return;
    }
    this.#retry.stop();
    this.#unsent.clear();
    if (error === undefined) return;
    failed.add();
    log.limited('notify').warning(`the service manager at NOTIFY_SOCKET did not take a message: ${error}`);
  }
}
