/**
 * @module
 * Signals that come while a command starts. Node needs 50 ms to reach the first statement and carpet some hundred more
 * to load the network and the kernel's modules; without listeners SIGHUP, SIGUSR2 or SIGTERM would kill the process in
 * that time, or, with listeners set one by one, get lost. A service manager, a script that starts and reloads in one
 * breath, or a user with Ctrl-C does send them then.
 */
import { constants } from 'node:os';

const HELD = ['SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGTERM', 'SIGUSR1', 'SIGUSR2'] as const;

/** A signal that {@link HeldSignals} can hold. */
export type HeldSignal = (typeof HELD)[number];

const ENDING: ReadonlySet<HeldSignal> = new Set(['SIGINT', 'SIGQUIT', 'SIGTERM']);

/**
 * Holds signals from its making until they are released, one by one or all together; what came meanwhile is delivered
 * then. A second SIGINT, SIGQUIT or SIGTERM ends the process at once: the user will not wait for a start that hangs.
 */
export class HeldSignals {
  readonly #came = new Set<HeldSignal>();
  readonly #holding = new Set<HeldSignal>(HELD);
  readonly #hold = (signal: NodeJS.Signals): void => this.#note(signal as HeldSignal);

  constructor() {
    for (const signal of HELD) process.on(signal, this.#hold);
  }

  /**
   * Stops holding these signals. One that came meanwhile goes to the listeners that are set by now; without any it has
   * its default effect. No-op for a signal that is not held any more.
   */
  release(...signals: readonly HeldSignal[]): void {
    for (const signal of signals.length > 0 ? signals : HELD) {
      if (!this.#holding.delete(signal)) continue;
      process.off(signal, this.#hold);
      if (!this.#came.has(signal)) continue;
      if (process.listenerCount(signal) > 0) process.emit(signal, signal);
      else process.kill(process.pid, signal);
    }
  }

  #note(signal: HeldSignal): void {
    if (this.#came.has(signal) && ENDING.has(signal)) dieOf(signal);
    this.#came.add(signal);
  }
}

/** Ends this process by the signal, so that its parent sees what ended it. */
export function dieOf(signal: NodeJS.Signals): never {
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
  // Only as the first process of a container, which has no default effects, does it come here.
  process.exit(128 + constants.signals[signal]);
}
