import type { InetPrefix } from '../../ifnet/index.js';

/** What the doctor was asked to examine. */
export interface DoctorOptions {
  readonly interface: readonly string[];
  readonly file?: string;
  readonly vhid?: number;
  readonly addr: readonly InetPrefix[];
  readonly passfile: readonly string[];
  readonly seconds?: number;
  /** False: send nothing. */
  readonly probes: boolean;
  readonly json?: boolean;
  readonly socket?: string;
}
