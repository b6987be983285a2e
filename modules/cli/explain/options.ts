import type { InetPrefix } from '../../ifnet/index.js';

/** What the command was asked to explain, and with what. */
export interface ExplainOptions {
  readonly interface?: string;
  readonly passfile: readonly string[];
  readonly addr: readonly InetPrefix[];
  readonly vhid?: number;
  readonly vrid?: number;
  readonly json?: boolean;
}
