import { writeSync } from 'node:fs';
import { BEATS, DEBUGGED, NEVER, type Sighting, type WatchData } from '../protocol.js';
import { nameOf, placeOf } from '../report.js';
import { Look } from './look.js';

/**
 * A kernel that stands still for as long may never go on to report it: what it does is written to stderr, before a
 * service manager's watchdog ends it (2 s).
 */
const STUCK_MS = 1_500;
const STDERR = 2;

/**
 * Looks at the kernel when it has not beaten for as long as the limit. Its time is the machine's own: this thread has no
 * kernel, and watches one whose clock stands still.
 */
export class Watch {
  readonly #memory: Int32Array;
  readonly #limitMs: number;
  readonly #pollMs: number;
  readonly #saw: (sighting: Sighting) => void;
  #beat = -1;
  #since = performance.now();
  #due = 0;
  #look: Look | undefined;
  #sighting: Sighting | undefined;

  constructor({ memory, limitMs }: WatchData, saw: (sighting: Sighting) => void) {
    this.#memory = new Int32Array(memory);
    this.#limitMs = limitMs;
    this.#pollMs = limitMs / 2;
    this.#saw = saw;
  }

  /** Watches until the thread is ended. */
  run(): void {
    for (;;) {
      this.#due = performance.now() + this.#pollMs;
      // A look needs the event loop; without one, waiting in memory costs a fraction of what a timer does.
      if (this.#look !== undefined) break;
      Atomics.wait(this.#memory, NEVER, 0, this.#pollMs);
      this.#poll();
    }
    setTimeout(() => {
      this.#poll();
      this.run();
    }, this.#pollMs);
  }

  get #current(): number {
    return Atomics.load(this.#memory, BEATS);
  }

  #poll(): void {
    const now = performance.now();
    const beat = this.#current;
    const starved = now - this.#due >= this.#limitMs;
    if (starved) this.#saw({ beat: this.#beat, starved, stack: [] });
    if (starved || beat !== this.#beat) return this.#restart(beat, now);
    if (now - this.#since < this.#limitMs || Atomics.load(this.#memory, DEBUGGED) !== 0) return;
    this.#look ??= new Look(
      () => this.#current === beat,
      ({ dispatch, stack }) => this.#found({ beat, dispatch, stack }),
    );
    if (now - this.#since >= STUCK_MS) this.#cry(now - this.#since);
  }

  #restart(beat: number, now: number): void {
    this.#beat = beat;
    this.#since = now;
    this.#look?.end();
    this.#look = this.#sighting = undefined;
  }

  #found(sighting: Sighting): void {
    this.#sighting = sighting;
    this.#saw(sighting);
  }

  /** Once for each stall. */
  #cry(ms: number): void {
    const sighting = this.#sighting;
    if (sighting === undefined) return;
    this.#sighting = undefined;
    const { dispatch } = sighting;
    const line = `${nameOf(dispatch)} has held up the kernel for ${Math.round(ms)} ms${placeOf(sighting)}\n`;
    try {
      writeSync(STDERR, line);
    } catch {
      // Nobody reads it: that is no reason to watch no longer.
    }
  }
}
