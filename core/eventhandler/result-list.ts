/**
 * @module
 * Lists with a result: what their handlers return is an answer. The handlers are registered and called as those of any
 * list, and fail as they do; `undefined` is no answer.
 */
import { CarpetError } from '../errors.js';
import { Answers, type Inquiry, type ResultKind } from './inquiry.js';

/** How a list makes its result. */
export interface ResultOptions<K extends ResultKind = ResultKind> {
  readonly result: K;
  /**
   * Whether a handler that fails ends the dispatch, which throws its EventHandlerError. Default: the others are asked as
   * if it had no answer. It is reported in either case.
   */
  readonly failClosed?: boolean;
}

/** What an invocation gives. `Answer` is what a handler may answer, `First` the type of the event's first argument. */
export type ResultOf<K extends ResultKind, Answer, First> = K extends 'bail'
  ? Answer | undefined
  : K extends 'collect'
    ? Answer[]
    : First | Answer;

/** One invocation: takes the answers, and makes the result of them. */
interface Poll {
  readonly taken: Inquiry['taken'];
  readonly result: () => unknown;
}

const POLLS: Record<ResultKind, (args: unknown[]) => Poll> = {
  bail() {
    let first: unknown;
    const taken = (answer: unknown): boolean => {
      first = answer;
      return false;
    };
    return { taken, result: () => first };
  },
  collect() {
    const answers: unknown[] = [];
    const taken = (answer: unknown): boolean => {
      answers.push(...(answer instanceof Answers ? answer.all : [answer]));
      return true;
    };
    return { taken, result: () => answers };
  },
  waterfall(args) {
    // The dispatch calls each handler with what this array holds then.
    const taken = (answer: unknown): boolean => {
      args[0] = answer;
      return true;
    };
    return { taken, result: () => args[0] };
  },
};

/** The list whose handlers are asked, as far as it is needed here. */
interface AskedList<A extends unknown[]> {
  readonly name: string;
  ask(args: A, inquiry: Inquiry): void;
  askAsync(args: A, inquiry: Inquiry): Promise<void>;
}

/**
 * A list with a result, made by {@link EventHandlerRegistry.defineList}. It is invoked here: the registry's `invoke` calls
 * all handlers of the list and drops what they return.
 */
export class ResultList<A extends unknown[] = unknown[], Result = unknown> {
  readonly kind: ResultKind;
  readonly failClosed: boolean;
  readonly #list: AskedList<A>;

  /** @internal Lists are made by their registry: `defineList`. */
  constructor(list: AskedList<A>, { result, failClosed = false }: ResultOptions) {
    this.#list = list;
    this.kind = result;
    this.failClosed = failClosed;
  }

  get name(): string {
    return this.#list.name;
  }

  /**
   * Asks the handlers in order. An async one cannot answer at once, and counts as failed.
   * @throws EventHandlerError of a handler that fails, if the list fails closed
   */
  invoke(...args: A): Result {
    const { taken, result } = POLLS[this.kind](args);
    this.#list.ask(args, { kind: this.kind, taken, failClosed: this.failClosed });
    return result() as Result;
  }

  /** As `invoke`, and waits for each handler's answer before it asks the next. Rejects where `invoke` throws. */
  async invokeAsync(...args: A): Promise<Result> {
    const { taken, result } = POLLS[this.kind](args);
    await this.#list.askAsync(args, { kind: this.kind, taken, failClosed: this.failClosed });
    return result() as Result;
  }
}

/** Who has defined a list with a result, and may undefine it. */
export interface Definer {
  /** Whether another one's definition goes soon: it may then be another one than this. */
  readonly succeeds: (other: Definer) => boolean;
}

/** Whoever calls the registry itself: it is not told when they have gone. */
const FOR_GOOD: Definer = { succeeds: () => false };

/** The lists of a registry that have a result, while they are defined. */
export class ResultLists {
  readonly #lists = new Map<string, Map<Definer, ResultList>>();

  /** @throws CarpetError EEXIST when the list is defined with another result */
  define(list: AskedList<unknown[]>, options: ResultOptions, by: Definer = FOR_GOOD): ResultList {
    const wanted = new ResultList(list, options);
    const definitions = this.#lists.get(list.name) ?? new Map<Definer, ResultList>();
    const same = (found: ResultList): boolean =>
      found.kind === wanted.kind && found.failClosed === wanted.failClosed;
    const other = [...definitions].find(([definer, found]) => !same(found) && !by.succeeds(definer));
    if (other !== undefined)
      throw new CarpetError(
        'EEXIST',
        `${list.name}: defined with ${wordsOf(other[1])}, and now with ${wordsOf(wanted)}: ` +
          'define it once, and export the list',
      );
    const defined = [...definitions.values()].find(same) ?? wanted;
    this.#lists.set(list.name, definitions.set(by, defined));
    return defined;
  }

  /** Forgets one definition: without any, the list can be defined with another result. */
  undefine(name: string, by: Definer): void {
    const definitions = this.#lists.get(name);
    definitions?.delete(by);
    if (definitions?.size === 0) this.#lists.delete(name);
  }
}

function wordsOf({ kind, failClosed }: ResultList): string {
  return `result ${kind}, failClosed ${failClosed}`;
}
