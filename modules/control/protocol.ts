/**
 * @module
 * What the kernel and the server say to each other. The server runs in a thread of its own (an address space of its
 * own, as far as Node has one): it parses what strangers send, and holds their connections; the kernel's thread only
 * carries out verbs, a few at a time. Every message is a plain value.
 *
 * The kernel answers each `call` with one `answer`, or with `item`s and then one `end`. It sends no more items than
 * the server has asked for with `more`, so that a reader who does not read costs the kernel nothing.
 */
import type { VerbAccess } from '../../core/index.js';
import type { JsonSchema } from '../json-schema/index.js';

/** Who is at the other end of a connection, as the kernel of the operating system says. */
export interface Peer {
  readonly pid: number;
  readonly uid: number;
  readonly gid: number;
}

/** A verb as the server knows it: enough to route, to check rights, and to describe it. */
export interface OfferedVerb {
  readonly name: string;
  readonly summary: string;
  readonly access: VerbAccess;
  readonly stream: boolean;
  readonly positional: readonly string[];
  readonly input: JsonSchema | undefined;
  /** The media type of its text, if that is not for people. */
  readonly contentType: string | undefined;
  /** The module that offers it. */
  readonly module: string | undefined;
}

/** How the answer is wanted: for programs, or for people. */
export type AnswerForm = 'json' | 'text';

/** The trailer field with the problem that ended a stream of text, as JSON, percent-encoded. */
export const PROBLEM_TRAILER = 'problem';

/** From the server to the kernel. */
export type ServerMessage =
  /** It runs, and listens as soon as it knows the verbs. */
  | { readonly type: 'started' }
  /** It takes over the descriptors of its listeners, and closes them at its end. */
  | { readonly type: 'listening' }
  | {
      readonly type: 'call';
      readonly id: number;
      readonly verb: string;
      readonly input: unknown;
      readonly form: AnswerForm;
      readonly peer: Peer;
      /** How many callers it was sent for, at least 1: those who ask for the same in one turn share a call. */
      readonly callers: number;
    }
  /** The caller left. */
  | { readonly type: 'cancel'; readonly id: number }
  /** Room for `count` more items of a stream. */
  | { readonly type: 'more'; readonly id: number; readonly count: number }
  /** A client was cut off. */
  | { readonly type: 'cutOff'; readonly uid: number; readonly why: string }
  /** No connection is left. */
  | { readonly type: 'idle' };

/** A mistake in the manner of RFC 9457, without the members that say nothing here. */
export interface Problem {
  readonly status: number;
  readonly title: string;
  readonly detail: string;
  /** carpet's own code of the error, if it has one. */
  readonly code?: string;
}

/** From the kernel to the server. */
export type KernelMessage =
  | { readonly type: 'verbs'; readonly verbs: readonly OfferedVerb[] }
  /** To all calls that asked for the same. */
  | { readonly type: 'answer'; readonly ids: readonly number[]; readonly body: string }
  | { readonly type: 'refusal'; readonly ids: readonly number[]; readonly problem: Problem }
  | { readonly type: 'item'; readonly id: number; readonly body: string }
  | { readonly type: 'end'; readonly id: number; readonly problem?: Problem }
  | { readonly type: 'stop' };

/** What the server's thread is started with. */
export interface ServerOptions {
  readonly kernel: { readonly name: string; readonly version: string; readonly pid: number };
  readonly listeners: readonly Listener[];
  readonly limits: ServerLimits;
}

/** A listening Unix socket, opened by the kernel's side. */
export interface Listener {
  readonly fd: number;
  /** Whether it takes verbs that change something. */
  readonly writes: boolean;
  /** The group whose members may change something, besides root and the kernel's own user. */
  readonly group: number | undefined;
}

export interface ServerLimits {
  readonly connections: number;
  /** Of one user who is not root. */
  readonly connectionsPerUser: number;
  /** Calls that the kernel has not answered yet. */
  readonly calls: number;
  /** Of one user who is not root. */
  readonly callsPerUser: number;
  /** Bytes of a request's body. */
  readonly body: number;
  /** Milliseconds without a connection after which the server's thread ends. */
  readonly idleMs: number;
}
