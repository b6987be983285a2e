/**
 * @module
 * What the kernel and a module's thread say to each other. All of it is values: nothing is shared, and nothing that the
 * thread sends is taken for more than it is.
 */
import type { MessagePort } from 'node:worker_threads';
import type {
  Json,
  LogLevel,
  ModuleEnd,
  ResultKind,
  VerbAccess,
  VerbCall,
  VerbCaller,
} from '../../core/index.js';

/** What a thread is started with. */
export interface ThreadData {
  /** The only way to the kernel; the thread keeps it from the module. */
  readonly port: MessagePort;
  /** URL or package of the file that exports the module. */
  readonly location: string;
  /** The module's name, if it is known: the file may export several. */
  readonly module: string | undefined;
  /** The kernel's name. */
  readonly kernel: string;
  /** The thread's nice value. */
  readonly nice: number;
}

/** What a thread finds in its file. */
export interface Description {
  readonly name: string;
  readonly depends: readonly string[];
  readonly secrets: readonly string[];
  readonly offers: readonly string[];
  /** The lifecycle methods that the module has. */
  readonly methods: readonly string[];
  readonly follows: boolean;
  readonly reload: 'beside' | 'after';
}

/** What a thread finds that was asked for the files too. */
export interface FileDescription extends Description {
  /** The URLs of its file, and of what that imports from its folder and below; none for a package. */
  readonly files: readonly string[];
}

/** An error as a value. */
export interface Failure {
  readonly code: string;
  readonly message: string;
  readonly module?: string | undefined;
  readonly stack?: string | undefined;
}

/** An event for the handlers of one priority. */
export interface EventMessage {
  readonly type: 'event';
  readonly list: string;
  readonly priority: number;
  readonly args: unknown[];
  /** To be answered when the handlers have ended. */
  readonly id?: number;
  /** Which argument is a Veto. */
  readonly veto?: number;
  /** How the list makes a result of what its handlers answer; the answer to the event is an {@link Asked} then. */
  readonly asked?: { readonly kind: ResultKind; readonly failClosed: boolean };
}

/** What the handlers of an event answer. */
export interface Asked {
  /** Why they refuse. */
  readonly reason?: string | undefined;
  /** In a list with a result: the answers that count. */
  readonly answers?: readonly unknown[];
}

/** Events that follow each other, of one list and priority: a burst crosses in half the time so. */
export interface RunMessage {
  readonly type: 'events';
  readonly list: string;
  readonly priority: number;
  /** The arguments of each. */
  readonly all: unknown[][];
}

/** A sysctl that the module made. */
export interface SysctlMessage {
  readonly type: 'sysctl';
  readonly name: string;
  readonly kind: 'int' | 'bool' | 'string' | 'enum' | 'counter';
  readonly description: string;
  readonly value: unknown;
  readonly default: unknown;
  readonly readonly: boolean;
  /** Writing adds to the value. */
  readonly cumulative?: boolean;
  readonly min?: number;
  readonly max?: number;
  readonly values?: readonly string[];
}

/** A verb that the module offers. */
export interface VerbMessage {
  readonly type: 'verb';
  readonly name: string;
  readonly summary: string;
  readonly access: VerbAccess;
  readonly stream: boolean;
  readonly positional: readonly string[];
  readonly contentType?: string | undefined;
  /** Whether it makes a text of its answers. */
  readonly hasText: boolean;
  /** What it takes: JSON Schema, written out. Absent for one that takes nothing. */
  readonly schema?: string | undefined;
}

/** A verb is to be carried out. The answer to it is that of the verb; of a stream it says that `verb-next` may be asked. */
export interface VerbRunMessage {
  readonly type: 'verb-run';
  readonly id: number;
  readonly name: string;
  readonly input: unknown;
  readonly caller: VerbCaller;
  readonly form: VerbCall['form'];
}

/** What a stream has next. */
export interface VerbItem {
  readonly done: boolean;
  readonly item?: unknown;
}

/** The answer to what was asked with a number; both ends ask. */
export type Answer =
  | {
      readonly type: 'answer';
      readonly id: number;
      readonly value: unknown;
      /** The value stands for something that is disposed of in the kernel; its number. */
      readonly lent?: number;
    }
  | { readonly type: 'failure'; readonly id: number; readonly error: Failure };

/** To the thread. */
export type ToWorker =
  | EventMessage
  | RunMessage
  | Answer
  | { readonly type: 'describe'; readonly id: number; readonly files: boolean }
  | {
      readonly type: 'start';
      readonly id: number;
      readonly settings: unknown;
      readonly state: Json | undefined;
      /** Of each dependency, the methods that it offers. */
      readonly offers: Readonly<Record<string, readonly string[]>>;
    }
  | { readonly type: 'stop'; readonly id: number; readonly end: ModuleEnd }
  | { readonly type: 'call'; readonly id: number; readonly method: string; readonly args: readonly unknown[] }
  | VerbRunMessage
  /** A {@link VerbItem} is wanted of the stream that was begun with the number `of`. */
  | { readonly type: 'verb-next'; readonly id: number; readonly of: number }
  /** The caller has left the verb that was begun with the number `of`. */
  | { readonly type: 'verb-end'; readonly of: number }
  /** Was written outside; `kept`: to the thread before. Either way the value that it has then is to be reported. */
  | { readonly type: 'set-sysctl'; readonly name: string; readonly value: unknown; readonly kept?: boolean }
  | { readonly type: 'ping' }
  /** The kernel has dealt with what the thread sent last, and takes more. */
  | { readonly type: 'more' };

/** From the thread. */
export type FromWorker =
  | Answer
  | SysctlMessage
  | VerbMessage
  | { readonly type: 'sysctl-gone' | 'verb-gone'; readonly name: string }
  | { readonly type: 'sysctl-values'; readonly values: Readonly<Record<string, unknown>> }
  | { readonly type: 'listen' | 'leave'; readonly list: string; readonly priority: number }
  /** The module invokes a list; with a number, it waits for the handlers. */
  | {
      readonly type: 'invoke';
      readonly list: string;
      readonly args: readonly unknown[];
      readonly id?: number;
      readonly veto?: number;
    }
  /** The module calls what another one offers. */
  | {
      readonly type: 'offer';
      readonly id: number;
      readonly module: string;
      readonly method: string;
      readonly args: readonly unknown[];
    }
  /** The module disposes of what it got from an offer. */
  | { readonly type: 'give-back'; readonly lent: number }
  | {
      readonly type: 'sysctl-access';
      readonly id: number;
      readonly name: string;
      readonly write?: { readonly value: unknown };
    }
  | {
      readonly type: 'log';
      readonly level: LogLevel;
      readonly module: string;
      readonly message: string;
      readonly fields?: Readonly<Record<string, unknown>> | undefined;
    }
  /** A handler of `event` failed, or a callout or a task. */
  | {
      readonly type: 'fault';
      readonly kind: 'handler' | 'callout' | 'task';
      readonly owner: string | undefined;
      readonly event: string;
      readonly name: string;
      readonly priority: number;
      readonly cause: Failure;
    }
  /** The handlers of so many events have been called. */
  | { readonly type: 'handled'; readonly count: number }
  /** Its last words: the thread ends by an error that it could not handle. */
  | { readonly type: 'uncaught'; readonly error: Failure }
  | { readonly type: 'pong' };

/** Verbs of one module. */
export const MAX_VERBS = 100;
/** Characters of one verb's schema: every front end gets those of all verbs. */
export const MAX_SCHEMA = 16 * 1024;

/** Bytes of one message of a thread: reading it holds up the kernel. */
export const MAX_MESSAGE_BYTES = 64 * 1024;
