import type { StandardSchemaV1 } from '@standard-schema/spec';

/** Whether a verb only looks, or changes something: an unprivileged user may call the first kind only. */
export type VerbAccess = 'read' | 'write';

/** Who calls. A call from within the process has no user. */
export interface VerbCaller {
  /** The user's number, as the operating system vouches for it. */
  readonly uid?: number;
  readonly pid?: number;
}

/** What a running call knows besides its input. */
export interface VerbCall {
  readonly caller: VerbCaller;
  /** Aborts when the caller has gone, or the verb's module is unloaded. */
  readonly signal: AbortSignal;
  /** What the caller takes: data, or the verb's text. A verb answers the same in either case. */
  readonly form?: 'json' | 'text';
}

interface VerbDescription<I> {
  /** Lower-case words joined by dots: `kldload`, `carp.demote`. The first word is usually the module's name. */
  readonly name: string;
  /** One line for a list of verbs, without a full stop. */
  readonly summary: string;
  readonly access: VerbAccess;
  /** What the call takes: any Standard Schema of an object. Without one the verb takes nothing. */
  readonly input?: StandardSchemaV1<unknown, I>;
  /**
   * The input's members that a command line gives by their place. The last may end in `...` and takes all the rest,
   * as a list.
   */
  readonly positional?: readonly string[];
}

/** Answers once. */
export interface AnswerVerb<I, O> extends VerbDescription<I> {
  readonly stream?: false;
  /** @returns something that JSON can hold */
  run(input: I, call: VerbCall): O | Promise<O>;
  /** The answer for people, in lines. Default: JSON, indented. */
  text?(output: O): string;
  /**
   * The media type of `text`, where that is a format of its own for programs (`application/openmetrics-text`). The text
   * is then the answer unless JSON is asked for.
   */
  readonly contentType?: string;
}

/** Answers with one item after another, until the caller leaves or the items end. */
export interface StreamVerb<I, T> extends VerbDescription<I> {
  readonly stream: true;
  /** Each item is something that JSON can hold. The generator is returned from when the caller leaves. */
  run(input: I, call: VerbCall): AsyncIterable<T>;
  /** One item for people, in lines. Default: JSON in one line. */
  text?(item: T): string;
}

/** Something that a kernel or one of its modules can be asked to do while it runs. */
export type Verb<I = unknown, O = unknown> = AnswerVerb<I, O> | StreamVerb<I, O>;

/** What a list of verbs shows of one. */
export interface VerbInfo {
  readonly name: string;
  readonly summary: string;
  readonly access: VerbAccess;
  readonly stream: boolean;
  readonly positional: readonly string[];
  readonly input: StandardSchemaV1 | undefined;
  /** As in {@link AnswerVerb}. */
  readonly contentType: string | undefined;
  /** The module that offers it; undefined for one that no scope holds. */
  readonly module: string | undefined;
}
