import type { Callout, CalloutInfo, Scope } from '../../core/index.js';
import { BEATS, DEBUGGED, type Sighting } from './protocol.js';
import type { LateCallout } from './report.js';

/** How long a report waits for what the thread has seen. */
const SIGHTING_MS = 1_000;

/** A time in which the kernel ran nothing else. */
interface Stall {
  /** The last beat before it. */
  readonly beat: number;
  /** How late the next one was, ms. */
  readonly late: number;
}

export interface HeartbeatServices {
  readonly scope: Scope;
  readonly memory: Int32Array;
  readonly limitMs: number;
  /** Whether a debugger may hold the kernel. */
  readonly debugged: () => boolean;
  /** A stall is over. `worst` is the callout that it made late most. */
  readonly stalled: (ms: number, sighting: Sighting | undefined, worst: LateCallout | undefined) => void;
}

/**
 * The kernel's side of the watch: a callout that beats in shared memory, and measures its own lateness. What the thread
 * saw in a stall and what the stall did to other callouts come together here, in the turn after it or a later one.
 */
export class Heartbeat implements Disposable {
  readonly #services: HeartbeatServices;
  readonly #beatMs: number;
  readonly #beat: Callout;
  readonly #wait: Callout;
  readonly #late: Disposable;
  #stall: Stall | undefined;
  #sighting: Sighting | undefined;
  #worst: LateCallout | undefined;

  constructor(services: HeartbeatServices) {
    const { scope, limitMs } = services;
    this.#services = services;
    this.#beatMs = limitMs / 2;
    this.#beat = scope.callout('beat', (late) => this.#beats(late));
    this.#wait = scope.callout('report', () => this.#report());
    this.#late = scope.clock.followLate(this.#beatMs, (callout, late) => this.#isLate(callout, late));
    this.#beat.reset(this.#beatMs);
  }

  /** What the thread has seen. */
  saw(sighting: Sighting): void {
    this.#sighting = sighting;
    if (this.#stall?.beat === sighting.beat) this.#wait.reset(0);
  }

  [Symbol.dispose](): void {
    this.#beat[Symbol.dispose]();
    this.#wait[Symbol.dispose]();
    this.#late[Symbol.dispose]();
  }

  #beats(late: number): void {
    const { memory, limitMs, debugged } = this.#services;
    const beat = Atomics.add(memory, BEATS, 1);
    Atomics.store(memory, DEBUGGED, debugged() ? 1 : 0);
    this.#beat.reset(this.#beatMs);
    if (late < limitMs) return this.#forget();
    if (this.#stall !== undefined) this.#report();
    this.#stall = { beat, late };
    // The other callouts that are due run first.
    this.#wait.reset(this.#sighting?.beat === beat ? 0 : SIGHTING_MS);
  }

  /** Too short to report. */
  #forget(): void {
    if (this.#stall === undefined) this.#worst = undefined;
  }

  #isLate(callout: CalloutInfo, late: number): void {
    if (callout.owner !== this.#services.scope.name && late > (this.#worst?.late ?? 0))
      this.#worst = { callout, late };
  }

  #report(): void {
    const { stalled } = this.#services;
    const [stall, sighting, worst] = [this.#stall, this.#sighting, this.#worst];
    this.#stall = this.#worst = undefined;
    if (stall !== undefined) stalled(stall.late, sighting?.beat === stall.beat ? sighting : undefined, worst);
  }
}
