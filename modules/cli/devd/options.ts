/** What `carpet devd` was asked to do, with every path absolute: the daemon's working directory is another. */
import type { QuotingStyle } from '../../devd/index.js';

export interface DevdRunOptions {
  readonly config: string;
  /** -d: in the foreground, with everything in the log. */
  readonly debug: boolean;
  /** Clients at once, over both sockets. */
  readonly limit: number;
  /** -n: into the background before the queued records are dealt with. */
  readonly now: boolean;
  /** -q: warnings and worse only. */
  readonly quiet: boolean;
  readonly quote: QuotingStyle;
  readonly strict: boolean;
  /** Whether what is there at the start is told as if it came now. */
  readonly coldplug: boolean;
  /** Milliseconds; 0 is off. */
  readonly debounce: number;
  readonly timeout: number;
  readonly concurrency: number;
  readonly seqpacket: string | null;
  readonly stream: string | null;
  readonly mode: number;
  readonly owner?: { readonly uid: number; readonly gid: number };
  /** A file with vhids to run here, as JSON. */
  readonly carp?: string;
  /** Modules of the user's own. */
  readonly load: readonly string[];
  /** Where the names of those modules are looked up from: a file: URL. */
  readonly base: string;
}
