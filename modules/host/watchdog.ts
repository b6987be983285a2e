import { type Callout, type Counter, type EventHandlerList, type Log, Veto } from '../../core/index.js';
import type { ServiceManager } from './service-manager.js';

/** What a Watchdog works with. */
export interface WatchdogOptions {
  /** Silence of this length, in milliseconds, makes the service manager restart us. */
  readonly timeout: number;
  readonly manager: ServiceManager;
  readonly list: EventHandlerList<[timeout: number, veto: Veto]>;
  readonly pats: Counter;
  readonly withheld: Counter;
  readonly callout: (name: string, fn: () => void) => Callout;
  readonly log: Log;
}

/**
 * Notifies the service manager's watchdog. Twice in each timeout, as sd_watchdog_enabled(3) advises, watchdog_list is
 * invoked; if no handler vetoes (or throws), the manager is notified. A hung event loop notifies nobody, which is the
 * point.
 */
export class Watchdog implements Disposable {
  readonly #options: WatchdogOptions;
  readonly #callout: Callout;

  constructor(options: WatchdogOptions) {
    this.#options = options;
    this.#callout = options.callout('watchdog', () => this.#pat());
    this.#pat();
  }

  [Symbol.dispose](): void {
    this.#callout.stop();
  }

  #pat(): void {
    const { timeout, manager, list, pats, withheld, log } = this.#options;
    this.#callout.reset(timeout / 2);
    const veto = new Veto();
    list.invoke(timeout, veto);
    if (!veto.vetoed) {
      pats.add();
      manager.watchdog();
      return;
    }
    withheld.add();
    const reason = veto.reason ?? '';
    log.limited('watchdog').error(`not well, the service manager will restart us if it lasts: ${reason}`);
    manager.status(`not well: ${reason}`);
  }
}

/**
 * How long the service manager lets us be silent, in milliseconds: sd_watchdog_enabled(3).
 *
 * @param pid of this process; a variable meant for another one was inherited
 * @returns undefined when it has no watchdog for us
 */
export function watchdogTimeout(env: NodeJS.ProcessEnv, pid: number): number | undefined {
  const { WATCHDOG_USEC: usec, WATCHDOG_PID: wanted } = env;
  if (usec === undefined || (wanted !== undefined && Number(wanted) !== pid)) return undefined;
  const timeout = Number(usec) / 1000;
  return /^\d+$/.test(usec) && timeout > 0 ? timeout : undefined;
}
