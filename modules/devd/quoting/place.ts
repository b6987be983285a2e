export type Context = 'word' | 'single' | 'double' | 'comment' | 'unsure';

/** Where in a shell command a value goes. */
export interface Place {
  readonly context: Context;
  readonly inBackticks: boolean;
  /** What hangs on the last character written: a backslash or a dollar sign that would take our quote. */
  readonly dangling: '' | '\\' | '$';
  /** The value names the command to run. */
  readonly isCommand: boolean;
  /** The place in the script that this word is, for another shell. */
  readonly inner: Place | undefined;
  /** Why the place is unsure; else empty. */
  readonly reason: string;
}
