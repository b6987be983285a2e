/**
 * @module
 * Names what holds up the kernel's thread, as Linux's soft lockup detector does for a processor.
 *
 *     kernel: Heartbeat -- shared memory --> thread: Watch -- inspector, in this process --> the kernel's stack
 *        ^                                                                                      |
 *        +------------------------------------ Sighting <---------------------------------------+
 *
 * The kernel beats twice within the limit. When the thread sees no beat for as long as the limit, it stops the kernel's
 * thread for some milliseconds, reads its stack, and asks the frame of the dispatch which handler it is calling: so
 * dispatches write down nothing. No port is opened, and nothing is attached while the kernel beats.
 */
import { url } from 'node:inspector';
import { type Counter, inject, Kernel, Log, Module, Scope, type SysctlInt } from '../../core/index.js';
import { Heartbeat } from './heartbeat.js';
import { PLACES, type Sighting } from './protocol.js';
import { type LateCallout, nameOf, reportOf } from './report.js';
import { WatchThread } from './watch-thread.js';

/** What goes on while the kernel is watched. */
interface Watch {
  readonly limitMs: number;
  readonly scope: Scope;
}

/** Reports handlers, callouts and other code that hold up everything else, with their stack. */
@Module({ name: 'softlockup' })
export class SoftlockupModule {
  readonly #kernel: Kernel;
  readonly #log: Log;
  readonly #scope: Scope;
  readonly #threshold: SysctlInt;
  readonly #stalls: Counter;
  #watch: Watch | undefined;

  constructor(@inject(Kernel) kernel: Kernel, @inject(Log) log: Log, @inject(Scope) scope: Scope) {
    this.#kernel = kernel;
    this.#log = log;
    this.#scope = scope;
    this.#threshold = scope.sysctl.int('kern.softlockup.threshold', {
      description: 'code that holds up the kernel for as long is reported, in milliseconds; 0: none is',
      value: 500,
      min: 0,
      max: 60_000,
    });
    this.#stalls = scope.sysctl.counter('kern.softlockup.stalls', 'how often the kernel was held up');
  }

  start(): void {
    this.#scope.own(this.#threshold.onChange((limitMs, former) => this.#change(limitMs, former)));
    this.#begin(this.#threshold.value);
  }

  /** @throws Error where there is no thread: the former threshold stays in force */
  #change(limitMs: number, former: number): void {
    // It is put back.
    if (limitMs === (this.#watch?.limitMs ?? 0)) return;
    try {
      this.#begin(limitMs);
    } catch (error) {
      this.#threshold.value = former;
      throw error;
    }
  }

  /** The former watch ends once there is the next. */
  #begin(limitMs: number): void {
    const former = this.#watch;
    this.#watch = limitMs === 0 ? undefined : { limitMs, scope: this.#watching(limitMs) };
    void former?.scope.close();
  }

  /** @throws Error where there is no thread */
  #watching(limitMs: number): Scope {
    const scope = this.#scope.child('watch');
    const memory = new SharedArrayBuffer(PLACES * Int32Array.BYTES_PER_ELEMENT);
    const heartbeat = scope.own(
      new Heartbeat({
        scope,
        memory: new Int32Array(memory),
        limitMs,
        debugged: () => url() !== undefined,
        stalled: (ms, sighting, worst) => this.#report(ms, sighting, worst),
      }),
    );
    const saw = (sighting: Sighting): void => heartbeat.saw(sighting);
    try {
      scope.own(new WatchThread({ memory, limitMs }, saw, this.#log));
    } catch (error) {
      void scope.close();
      throw error;
    }
    return scope;
  }

  #report(ms: number, sighting: Sighting | undefined, worst: LateCallout | undefined): void {
    this.#stalls.add();
    const { dispatch, stack = [] } = sighting ?? {};
    const log = dispatch?.owner === undefined ? this.#log : this.#kernel.log.child(dispatch.owner);
    log
      .limited(`stall ${sighting === undefined ? '' : nameOf(dispatch)}`)
      .warning(() => reportOf(ms, sighting, worst), {
        ...dispatch,
        ms: Math.round(ms),
        ...(stack.length > 0 && { stack }),
        ...(worst && { late: { ...worst.callout, ms: Math.round(worst.late) } }),
      });
  }
}
