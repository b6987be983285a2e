/** `carpet up` with many virtual routers in one process, as keepalived has them. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { Namespace, Program } from '../../lab/support/index.js';
import { CARPET } from '../../lab/support/pair.js';
import { withFolder } from '../carp/common.js';
import type { Instance } from '../carp/keepalived.js';

/** Without a virtual MAC, as keepalived without `use_vmac`; the interval in ms, 1000 unless told. */
export function startCarpet(host: Namespace, instances: readonly Instance[], interval = 1000): Program {
  return withFolder((folder) => {
    const file = join(folder, 'carpet.yaml');
    const routers = instances.map(({ ifname = 'eth0', vrid, priority }) => ({
      ifname,
      vrid,
      priority,
      interval,
      virtualMac: false,
      addresses: [`10.99.${ifname.slice(3)}.${vrid}/32`],
    }));
    const control = { socket: join(folder, 'control.sock'), readSocket: false };
    const settings = { log: { format: 'text' }, modules: { control, vrrp: { routers } } };
    writeFileSync(file, stringify(settings), { mode: 0o600 });
    return host.node(CARPET, ['up', '-f', file]);
  });
}

/** How often a router of this carpet has entered the state. */
export function entered(program: Program, state: 'MASTER' | 'BACKUP'): number {
  return program.matching(new RegExp(`@eth\\d+: \\w+ -> ${state} `)).length;
}
