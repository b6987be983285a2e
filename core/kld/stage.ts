import type { HandlerHandle } from '../eventhandler/handle.js';

/** A name that only one of two versions can have: a sysctl's, a verb's. */
export interface Seat {
  /** The new version takes it. */
  readonly take: () => void;
  /** The version before has it again. */
  readonly giveBack: () => void;
}

/** The scope of the version at work, as far as the new one needs it. */
interface Predecessor {
  holds(thing: object): boolean;
}

/**
 * What a new version of a module acquires while the one before is at work: its handlers are not called yet, and a name
 * that the other has too waits. {@link enter} changes places at once; {@link leave} changes them back.
 */
export class Stage {
  readonly #handlers = new Set<HandlerHandle>();
  readonly #seats = new Map<object, Seat>();
  #predecessor: Predecessor | undefined;
  #entered = false;

  constructor(predecessor: Predecessor) {
    this.#predecessor = predecessor;
  }

  /** Whether the new version is at work: what it acquires from now on is its own. */
  get entered(): boolean {
    return this.#entered;
  }

  /** Whether a sysctl or a verb is the other version's, and will be this one's. */
  mayReplace(thing: object): boolean {
    return !this.#entered && !this.#seats.has(thing) && this.holds(thing);
  }

  /** Whether the other version holds a thing now. */
  holds(thing: object): boolean {
    return this.#predecessor?.holds(thing) === true;
  }

  /** Keeps a handler from being called before this version enters. */
  mute(handler: HandlerHandle): void {
    this.#handlers.add(handler);
    handler.divert(nothing);
  }

  /** @param thing the other version's. @returns gives the wait up */
  wait(thing: object, seat: Seat): () => void {
    this.#seats.set(thing, seat);
    return () => void this.#seats.delete(thing);
  }

  /** The new version is at work from now on. */
  enter(): void {
    this.#entered = true;
    for (const handler of this.#handlers) handler.restore();
    for (const seat of this.#seats.values()) seat.take();
  }

  /** The predecessor is at work again. */
  leave(): void {
    if (!this.#entered) return;
    for (const handler of this.#handlers) handler.divert(nothing);
    for (const seat of this.#seats.values()) seat.giveBack();
  }

  /** There is no way back: the predecessor is forgotten. */
  finish(): void {
    this.#predecessor = undefined;
    this.#handlers.clear();
    this.#seats.clear();
  }
}

function nothing(): void {}
