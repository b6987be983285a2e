import { CarpetError } from '../errors.js';
import type { Entry } from './entry.js';
import { HandlerHandle } from './handle.js';

/**
 * Stands for one registration, and is opaque (S30). At the end of the block, `using tag = …` deregisters without
 * waiting, and `await using tag = …` deregisters and waits for the handler's running calls.
 */
export interface EventHandlerTag extends Disposable, AsyncDisposable {}

/** What a tag needs of the list that made it. */
export interface TagOwner {
  readonly name: string;
  deregister(tag: EventHandlerTag | null): Promise<void>;
  deregisterNowait(tag: EventHandlerTag | null): void;
  place(entry: Entry, before: Entry): void;
}

export class Tag implements EventHandlerTag {
  readonly #owner: TagOwner;
  readonly #entry: Entry;

  constructor(owner: TagOwner, entry: Entry) {
    this.#owner = owner;
    this.#entry = entry;
  }

  [Symbol.dispose](): void {
    this.#owner.deregisterNowait(this);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#owner.deregister(this);
  }

  /**
   * The entry that `tag` stands for. In C, a tag that was never assigned would empty the list, and the tag of another
   * list would corrupt it; here both are refused (S12, S19).
   *
   * @throws CarpetError EINVAL
   */
  static entryOf(tag: EventHandlerTag, owner: TagOwner): Entry {
    if (!Tag.#is(tag) || tag.#owner !== owner) throw Tag.refusal(tag, owner.name);
    return tag.#entry;
  }

  /** The handler that `tag` stands for. @throws TypeError if it is no tag */
  static handleOf(tag: EventHandlerTag): HandlerHandle {
    if (!Tag.#is(tag)) throw new TypeError('not a tag');
    return new HandlerHandle(tag.#owner, tag.#entry, tag);
  }

  static isOf(tag: unknown, owner: TagOwner): boolean {
    return Tag.#is(tag) && tag.#owner === owner;
  }

  /** The error for `tag` where the list named `list` expected a tag of its own. */
  static refusal(tag: unknown, list: string): CarpetError {
    const reason = Tag.#is(tag)
      ? `this tag belongs to the list ${tag.#owner.name}${tag.#owner.name === list ? ' of another registry' : ''}`
      : `deregister needs the tag that register returned, or null to remove all; got ${String(tag)}`;
    return new CarpetError('EINVAL', `${list}: ${reason}`);
  }

  static #is(value: unknown): value is Tag {
    return typeof value === 'object' && value !== null && #entry in value;
  }
}
