import type { VrrpRouterOptions } from '../../vrrp/index.js';
import { UsageError } from '../failure.js';
import { readPasswordFile } from '../password.js';

/** A virtual router as options of the command line. */
export interface RouterOptions {
  readonly interface: string;
  readonly vrid: number;
  readonly addr: string[];
  readonly priority?: number;
  readonly interval?: number;
  readonly v2?: boolean;
  readonly passfile?: string;
  readonly preempt: boolean;
  readonly preemptDelay?: number;
  readonly peer: string[];
  readonly checksum?: string;
  readonly virtualMac: boolean;
  readonly accept: boolean;
}

/** Of version 2. */
const MAX_PASSWORD_BYTES = 8;

/**
 * The settings of the virtual router that the options describe; they are checked where they are used.
 *
 * @param warn receives a line about something that is no error
 * @throws UsageError
 */
export function routerOf(options: RouterOptions, warn: (text: string) => void): VrrpRouterOptions {
  const { interface: ifname, vrid, addr, v2 = false, passfile, preempt, peer, virtualMac, accept } = options;
  if (addr.length === 0) throw new UsageError('give a shared address with --addr; see --help');
  if (passfile !== undefined && !v2) throw new UsageError('--passfile is for version 2: give --v2 too');
  const { priority, interval, preemptDelay, checksum } = options;
  const given = { priority, interval, preemptDelay, checksum };
  return {
    ifname,
    vrid,
    addresses: addr,
    peers: peer,
    preempt,
    virtualMac,
    accept,
    ...(v2 && { version: 2 }),
    ...(passfile !== undefined && { password: readPasswordFile(passfile, warn, MAX_PASSWORD_BYTES) }),
    // An option that was not given keeps its default; a wrong one is refused where the settings are checked.
    ...(Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as object),
  };
}
