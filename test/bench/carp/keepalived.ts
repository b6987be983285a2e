/** keepalived with many VRRPv3 instances in one process: its settings, its start, and its advertisements. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Frame, Namespace, Program } from '../../lab/support/index.js';
import { withFolder } from './common.js';

/** A virtual router V on interface number I with the address 10.99.I.V, as a vhid everywhere here. */
export interface Instance {
  readonly ifname?: string;
  readonly vrid: number;
  readonly priority: number;
}

export interface KeepalivedOptions {
  readonly state: 'MASTER' | 'BACKUP';
  /** Seconds between two advertisements, in hundredths; 1 unless told. */
  readonly interval?: number;
  /** Lets it write a line at each change of state, which costs it about a millisecond; silent unless told. */
  readonly log?: boolean;
}

export function startKeepalived(
  host: Namespace,
  instances: readonly Instance[],
  options: KeepalivedOptions,
): Program {
  return withFolder((folder) => {
    const file = join(folder, 'keepalived.conf');
    const text = instances.map((instance) => describe(instance, options)).join('');
    writeFileSync(file, `global_defs {\n vrrp_version 3\n}\n${text}`);
    const pids = ['-p', join(folder, 'main.pid'), '-r', join(folder, 'vrrp.pid')];
    return host.spawn(['keepalived', '-n', '-P', ...(options.log ? ['-l'] : []), '-f', file, ...pids]);
  });
}

/** For a test of frames: VRRPv3 advertisements of one virtual router. */
export function vrrpAdvert(vrid: number): (frame: Frame) => boolean {
  return ({ ip }) => ip?.protocol === 112 && ip.payload[0] === 0x31 && ip.payload[1] === vrid;
}

/** RFC 5798, 6.1: how long a BACKUP of this priority waits, in ms, when its master advertises once a second. */
export function masterDownInterval(priority: number): number {
  return 3000 + ((256 - priority) * 1000) / 256;
}

function describe({ ifname = 'eth0', vrid, priority }: Instance, options: KeepalivedOptions): string {
  return `vrrp_instance ${ifname}_${vrid} {
  state ${options.state}
  interface ${ifname}
  virtual_router_id ${vrid}
  priority ${priority}
  advert_int ${options.interval ?? 1}
  virtual_ipaddress { 10.99.${ifname.slice(3)}.${vrid}/32 dev ${ifname} }
}
`;
}
