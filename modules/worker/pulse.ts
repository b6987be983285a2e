import type { Callout, Clock } from '../../core/index.js';
import type { WorkerLimits } from './options.js';
import type { Thread } from './thread.js';

/** A thread is asked at least so often whether it still runs. */
const MAX_BEAT_MS = 1_000;
/** Until it has said its first word: a busy machine may take long to start a thread. */
const START_MS = 30_000;

export interface PulseServices {
  readonly clock: Clock;
  readonly limits: WorkerLimits;
  /** It has said nothing for so long, ms. */
  readonly stalled: (silence: number) => void;
  /** It has used that share of a core. */
  readonly overloaded: (share: number) => void;
}

/** Asks a thread again and again whether it still runs, and how much of a core it uses. */
export class Pulse implements Disposable {
  readonly #services: PulseServices;
  readonly #beat: Callout;
  readonly #beatMs: number;
  #thread: Thread | undefined;
  #heard = 0;
  #limit = START_MS;
  /** Since when its load is measured; its start does not count. */
  #measured = Number.POSITIVE_INFINITY;

  constructor(services: PulseServices) {
    this.#services = services;
    this.#beat = services.clock.callout('worker pulse', (late) => this.#ask(late));
    this.#beatMs = Math.min(MAX_BEAT_MS, services.limits.stallMs / 4);
  }

  watch(thread: Thread): void {
    this.#thread = thread;
    this.#heard = this.#services.clock.now();
    this.#limit = Math.max(START_MS, this.#services.limits.stallMs);
    this.#measured = Number.POSITIVE_INFINITY;
    this.#beat.reset(this.#beatMs);
  }

  /** Its module has started. */
  settled(): void {
    this.#thread?.load();
    this.#measured = this.#services.clock.now();
  }

  /** Anything that it says is a sign of life. */
  alive(): void {
    this.#heard = this.#services.clock.now();
    this.#limit = this.#services.limits.stallMs;
  }

  rest(): void {
    this.#thread = undefined;
    this.#beat.stop();
  }

  [Symbol.dispose](): void {
    this.rest();
    this.#beat[Symbol.dispose]();
  }

  #ask(late: number): void {
    const { clock, limits, stalled, overloaded } = this.#services;
    const thread = this.#thread;
    if (thread === undefined) return;
    this.#beat.reset(this.#beatMs);
    // While this thread stood still itself, no answer could be read.
    if (late > this.#beatMs) this.#heard += late;
    const now = clock.now();
    if (now - this.#heard > this.#limit) return stalled(now - this.#heard);
    thread.post([{ type: 'ping' }]);
    if (limits.cpu === undefined || now - this.#measured < limits.cpuWindowMs) return;
    this.#measured = now;
    const share = thread.load();
    if (share > limits.cpu) overloaded(share);
  }
}
