/**
 * All schedules of a world up to a depth, by a depth-first search: each run departs from the one before at its last decision
 * that has an alternative left, and goes on without faults. A state that was seen before, with as many decisions left, is
 * not gone on with.
 *
 * Of the run at hand the search keeps what the world was like before each decision, and goes back to that instead of making
 * all decisions before it again. That loses nothing as long as a world that goes back is as it was; of every so many
 * departures one is made by its decisions, which must lead to the same. A violation is told by its decisions alone.
 *
 * What must hold at any time is checked after every step. What must hold after a quiet time is checked of each run: from its
 * last fault on nothing goes wrong, and by the bound one MASTER is left, the best if hosts preempt, and nothing changes any
 * more. A run that meets a state seen before knows from it when that goes on to be quiet.
 *
 * @module
 */
import { setImmediate as turn } from 'node:timers/promises';
import { Choices } from './choices.js';
import { Fingerprints } from './fingerprint.js';
import type { ExploreSettings } from './settings.js';
import type { ExploredWorld, WorldState } from './world.js';

/** docs/carp.md: one master remains within so many dead times. */
const BOUND_DEAD_TIMES = 2;

/** What is known of a state. */
interface Seen {
  /** Decisions that were left. */
  left: number;
  /** Ms from it to the last change of a state, if nothing goes wrong; `NONE`; undefined: its run is not over. */
  quietIn: number | undefined;
  /** State changes in its run until it. */
  changes: number;
}

/** A schedule that breaks a rule. */
export interface Violation {
  readonly what: string;
  /** The decisions that lead to it. */
  readonly path: readonly number[];
  readonly journal: readonly string[];
}

/** What a search found. */
export interface Exploration {
  readonly states: number;
  readonly runs: number;
  readonly steps: number;
  readonly deepest: number;
  /** Whether there is no schedule left. */
  readonly complete: boolean;
  /** The longest that it took to be quiet after the last fault, in ms. */
  readonly slowest: number;
  readonly violation: Violation | undefined;
  /** States of which one text was held against two worlds. */
  readonly compared: number;
}

export interface SearchLimits {
  /** Called now and then. @returns whether to go on */
  readonly goOn?: (progress: Omit<Exploration, 'complete' | 'violation'>) => boolean;
  /** Of every so many states that were seen before, one is gone on with, and must go on as the other did; default: none. */
  readonly compareEvery?: number;
}

const LOOK_EVERY = 256;
/** No state changes any more. One may also change within the same instant. */
const NONE = -1;
/** What two worlds with one fingerprint may differ by in time, since that rounds. */
const MAX_DIFFERENCE_MS = 63;

/** A step that makes decisions, from which other runs may depart. */
interface Branch {
  /** Decisions before it. */
  readonly made: number;
  readonly state: WorldState;
}

/** A state that a run has entered first. */
interface Entered {
  readonly at: number;
  readonly seen: Seen;
}

/** The search through one world's schedules. */
export class Search {
  readonly #world: ExploredWorld;
  readonly #settings: ExploreSettings;
  readonly #limits: SearchLimits;
  readonly #fingerprints: Fingerprints;
  readonly #choices: Choices;
  readonly #seen = new Map<string, Seen>();
  /** Those of the run at hand. */
  readonly #branches: Branch[] = [];
  readonly #bound: number;
  /** How long after the bound a change would still come. */
  readonly #horizon: number;
  #runs = 0;
  #steps = 0;
  #slowest = 0;
  #deepest = 0;
  #met = 0;
  #compared = 0;

  /** @param world made */
  constructor(world: ExploredWorld, limits: SearchLimits = {}) {
    this.#world = world;
    this.#settings = world.settings;
    this.#limits = limits;
    const deadTime = 3000 + (Math.max(...world.settings.skews) * 1000) / 256;
    this.#bound = BOUND_DEAD_TIMES * deadTime;
    this.#horizon = deadTime + 1000;
    this.#fingerprints = new Fingerprints(world.settings, deadTime);
    this.#choices = new Choices([], world.settings.depth);
  }

  async run(): Promise<Exploration> {
    const choices = this.#choices;
    this.#world.begin(choices);
    for (;;) {
      const violation = this.#play() ?? this.#depart();
      if (violation !== undefined)
        return { ...this.#progress, complete: false, violation: this.#tell(violation, choices.path) };
      const looks = ++this.#runs % LOOK_EVERY === 0;
      // What announcements promise to do when they end waits for this turn, and is kept until then.
      if (looks) await turn();
      const stops = looks && this.#limits.goOn?.(this.#progress) === false;
      const complete = this.#branches.length === 0;
      if (stops || complete) return { ...this.#progress, complete, violation: undefined };
    }
  }

  get #progress(): Omit<Exploration, 'complete' | 'violation'> {
    return {
      states: this.#seen.size,
      runs: this.#runs,
      steps: this.#steps,
      deepest: this.#deepest,
      slowest: this.#slowest,
      compared: this.#compared,
    };
  }

  /** The rest of one run. @returns what it breaks */
  #play(): string | undefined {
    const world = this.#world;
    const choices = this.#choices;
    const entered: Entered[] = [];
    let expected: number | undefined;
    while (choices.left > 0 || world.now < world.faultAt + this.#bound + this.#horizon) {
      if (world.violation !== undefined) return world.violation;
      let state: WorldState | undefined;
      if (choices.isNew && expected === undefined) {
        state = world.capture();
        const { seen, isNew } = this.#enter(state);
        if (isNew) entered.push({ at: world.now, seen });
        else if (seen.quietIn === undefined) return this.#comeBack(entered, seen);
        else if (this.#compares()) expected = this.#quietAt(seen.quietIn);
        else return this.#end(entered, this.#quietAt(seen.quietIn), seen.quietIn !== NONE);
      }
      if (expected !== undefined && world.now >= world.faultAt + this.#bound + this.#horizon) break;
      this.#step(state);
    }
    const { changedAt } = world;
    if (expected !== undefined && Math.abs(changedAt - expected) > MAX_DIFFERENCE_MS)
      return `two worlds with one fingerprint differ: quiet at ${changedAt}, and not at ${expected}`;
    return this.#end(entered, changedAt) ?? this.#settled();
  }

  /** One step. @param state what the world is like, if other runs are to depart from it */
  #step(state: WorldState | undefined): void {
    this.#steps++;
    const { made } = this.#choices;
    this.#world.step();
    if (state !== undefined && this.#choices.made > made) this.#branches.push({ made, state });
  }

  /** Goes back to the last step with a decision that has an alternative left. @returns what is wrong with that */
  #depart(): string | undefined {
    const changed = this.#choices.advance() ?? -1;
    while ((this.#branches.at(-1)?.made ?? -1) > changed) this.#branches.pop();
    const branch = this.#branches.at(-1);
    if (branch === undefined) return undefined;
    if (this.#compares()) return this.#retrace(branch);
    this.#world.resume(branch.state);
    this.#choices.rewind(branch.made);
    return undefined;
  }

  /** Comes to a state by its decisions: that must be what was kept of it. */
  #retrace({ state }: Branch): string | undefined {
    const world = this.#world;
    this.#choices.rewind(0);
    world.begin(this.#choices);
    for (let i = 0; i < state.steps; i++) world.step();
    const [kept, come] = [state, world.capture()].map((each) => this.#fingerprints.of(each));
    return kept === come
      ? undefined
      : `a state that was kept differs from what its decisions lead to: ${kept}, and ${come}`;
  }

  /** @returns what is known of the present state, and whether that is new, or was seen with fewer decisions left */
  #enter(state: WorldState): { readonly seen: Seen; readonly isNew: boolean } {
    const { left, depth } = this.#choices;
    const key = digest(this.#fingerprints.of(state));
    const known = this.#seen.get(key);
    if (known !== undefined && known.left >= left) return { seen: known, isNew: false };
    this.#deepest = Math.max(this.#deepest, depth - left);
    const seen: Seen = { left, quietIn: undefined, changes: state.changes };
    this.#seen.set(key, seen);
    return { seen, isNew: true };
  }

  #compares(): boolean {
    const every = this.#limits.compareEvery;
    if (every === undefined || ++this.#met % every !== 0) return false;
    this.#compared++;
    return true;
  }

  /** A run comes back to where it was, with nothing going wrong: it does so for ever. */
  #comeBack(entered: readonly Entered[], seen: Seen): string | undefined {
    if (seen.changes !== this.#world.changes) return 'it changes for ever, though nothing goes wrong';
    return this.#end(entered, this.#world.changedAt) ?? this.#settled();
  }

  #quietAt(quietIn: number): number {
    return quietIn === NONE ? this.#world.changedAt : this.#world.now + quietIn;
  }

  /**
   * The run is quiet from `quietAt` on.
   *
   * @param changes whether a state changes between now and then
   * @returns what is wrong with that
   */
  #end(entered: readonly Entered[], quietAt: number, changes = false): string | undefined {
    for (const { at, seen } of entered)
      seen.quietIn = changes || this.#world.changes > seen.changes ? quietAt - at : NONE;
    const took = quietAt - this.#world.faultAt;
    this.#slowest = Math.max(this.#slowest, took);
    return took > this.#bound ? `it is not quiet ${Math.round(took)} ms after the last fault` : undefined;
  }

  #settled(): string | undefined {
    const { masters, living } = this.#world;
    if (living.length > 0 && masters.length !== 1) return `${masters.length} MASTERs are left`;
    if (!this.#settings.preempt || living.length === 0) return undefined;
    const best = Math.min(...living.map(({ advskew }) => advskew));
    return masters[0]!.advskew === best ? undefined : `${masters[0]!.name} is left, and is not the best`;
  }

  /** The run again, with its story. */
  #tell(found: string, path: readonly number[]): Violation {
    const world = this.#world;
    world.journal = [];
    world.begin(new Choices(path, path.length));
    while (world.violation === undefined && world.now < world.faultAt + this.#bound + this.#horizon)
      world.step();
    const what = world.violation ?? this.#late() ?? this.#settled() ?? found;
    const { journal } = world;
    world.journal = undefined;
    return { what, path, journal };
  }

  #late(): string | undefined {
    const { changedAt, faultAt } = this.#world;
    const took = Math.round(changedAt - faultAt);
    return took > this.#bound ? `it is not quiet ${took} ms after the last fault` : undefined;
  }
}

/** 106 bits: two states of a million have the same once in 10^20 searches. */
function digest(text: string): string {
  let [a, b, c, d] = [0x811c9dc5, 0x9e3779b1, 0x85ebca6b, 0xc2b2ae35];
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    a = Math.imul(a ^ code, 0x01000193);
    b = Math.imul(b ^ code, 0x5bd1e995) ^ (b >>> 13);
    c = Math.imul(c ^ code, 0x27d4eb2f) ^ (c >>> 15);
    d = Math.imul(d ^ code, 0x165667b1) ^ (d >>> 11);
  }
  return String.fromCharCode(
    a & 0xffff,
    (a >>> 16) & 0xffff,
    b & 0xffff,
    b >>> 16,
    c & 0xffff,
    c >>> 16,
    d & 0xffff,
    d >>> 16,
  );
}
