import type { Readable, Writable } from 'node:stream';

/** What a child's standard descriptors are. */
export interface ChildStdio {
  /** `pipe`: `Child.input`; `null`: /dev/null; `inherit`: those of this process. */
  readonly input: 'pipe' | 'null' | 'inherit';
  /** Both outputs, one pipe for both, so that their lines stay in order. */
  readonly output: 'pipe' | 'null' | 'inherit';
}

/** Whose rights a child has. */
export interface ChildUser {
  readonly uid: number;
  readonly gid: number;
}

/** A program and what it gets. */
export interface ChildOptions extends ChildStdio {
  /** Looked for in PATH unless it has a slash. */
  readonly file: string;
  /** Behind the file itself. */
  readonly args: readonly string[];
  /** The whole environment; default: that of this process. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  /** Its folder; default: that of this process. */
  readonly cwd?: string | undefined;
  /** Whether it gets a session and process group of its own, which signals then reach as a whole. */
  readonly session: boolean;
  /** As whom it runs, without the other groups that this process is in; default: as this process. */
  readonly user?: ChildUser | undefined;
}

/** How a child ended: with a code, by a signal, or by an error because it could not be started. */
export interface ChildEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly error?: { readonly code?: string | undefined; readonly message: string };
}

/** A program that was started, or is about to be. */
export interface Child {
  readonly file: string;
  readonly args: readonly string[];
  /** Undefined until it runs, and for good when it cannot be started. */
  readonly pid: number | undefined;
  /** With `input: 'pipe'`. Its errors are to be heard: a program may end without reading. */
  readonly input: Writable | undefined;
  /** With `output: 'pipe'`. It may stay open when the child has ended: a process in the background holds it. */
  readonly output: Readable | undefined;
  /** Resolves when the child itself has ended; never rejects. */
  readonly ended: Promise<ChildEnd>;
  /** Whether its process, or with `session` one of its group, exists. */
  readonly alive: boolean;
  /** Signals it, or with `session` its group, as soon as it runs; no-op when that is gone. */
  signal(signal: NodeJS.Signals): void;
  /** Lets this process end before it. */
  unref(): void;
}

/** Published on {@link CHILD_CHANNEL} when a child runs that node:child_process did not start. */
export interface ChildMessage {
  readonly child: Child & { readonly pid: number };
}

/** The name to give to `channel` of node:diagnostics_channel. */
export const CHILD_CHANNEL = 'carpet:child';
