import { constants } from 'node:os';
import type { Log } from '../../core/index.js';

const ENDING = ['SIGTERM', 'SIGINT'] as const;
type EndingSignal = (typeof ENDING)[number] | 'SIGHUP';

/** What the signals do. */
export interface SignalActions {
  /** Takes the kernel down. Called once. */
  shutdown(): void;
  /** Reloads the configuration. @returns false if nothing reloads: SIGHUP then ends the process, as by default */
  reload(): boolean;
}

/**
 * SIGTERM and SIGINT end the kernel in order; a second one ends the process at once, by that signal, so that its
 * parent sees how it died. SIGHUP asks for a reload. While this lives, these signals do nothing else.
 */
export class Signals implements Disposable {
  readonly #actions: SignalActions;
  readonly #log: Log;
  #ending = false;
  readonly #onEnding = (signal: NodeJS.Signals): void => this.#end(signal as EndingSignal);
  readonly #onHangup = (): void => {
    if (this.#ending) return;
    if (!this.#actions.reload()) this.#end('SIGHUP');
  };

  constructor(actions: SignalActions, log: Log) {
    this.#actions = actions;
    this.#log = log;
    for (const signal of ENDING) process.on(signal, this.#onEnding);
    process.on('SIGHUP', this.#onHangup);
  }

  [Symbol.dispose](): void {
    for (const signal of ENDING) process.off(signal, this.#onEnding);
    process.off('SIGHUP', this.#onHangup);
  }

  #end(signal: EndingSignal): void {
    if (this.#ending) return this.#endAtOnce(signal);
    this.#ending = true;
    this.#log.notice(`${signal}: shutting down; a second one ends at once`);
    this.#actions.shutdown();
  }

  /** Without a listener the signal has its default action again, except for a container's process 1: that ignores it. */
  #endAtOnce(signal: EndingSignal): void {
    this.#log.warning(`${signal} again: ending at once`);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
    process.exit(128 + constants.signals[signal]);
  }
}
