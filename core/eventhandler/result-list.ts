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
    const taken = (answer: unknown): boolean =>
      answers.push(...(answer instanceof Answers ? answer.all : [answer])) > 0;
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

/** The lists of a registry that have a result. */
export class ResultLists {
  readonly #lists = new Map<string, ResultList>();

  /** @throws CarpetError EEXIST when the list is defined with another result */
  define(list: AskedList<unknown[]>, options: ResultOptions): ResultList {
    const wanted = new ResultList(list, options);
    const found = this.#lists.get(list.name);
    if (found === undefined) {
      this.#lists.set(list.name, wanted);
      return wanted;
    }
    if (found.kind === wanted.kind && found.failClosed === wanted.failClosed) return found;
    throw new CarpetError(
      'EEXIST',
      `${list.name}: defined with ${wordsOf(found)}, and now with ${wordsOf(wanted)}: ` +
        'define it once, and export the list',
    );
  }
}

function wordsOf({ kind, failClosed }: ResultList): string {
  return `result ${kind}, failClosed ${failClosed}`;
}
