/** Debian's ucarp, one process per vhid: vhid V on interface number I has the address 10.99.I.V, as everywhere here. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Namespace, Program } from '../../lab/support/index.js';
import { PASSWORD, withFolder } from './common.js';

export interface UcarpOptions {
  readonly ifname?: string;
  readonly vhid?: number;
  /** The host's own address on the interface. */
  readonly source: string;
  /** Further options, for example `-k 50 -z`. */
  readonly more?: string;
}

/** With the shortest scripts that let the address come and go: it waits for them before it says anything. */
export function startUcarp(host: Namespace, options: UcarpOptions): Program {
  return withFolder((folder) => {
    const scripts = ['-u', script(folder, 'add'), '-d', script(folder, 'del')];
    return host.spawn([...commandLine(options), ...scripts]);
  });
}

/** Without scripts: it advertises and answers for nothing. */
export function startBareUcarp(host: Namespace, options: UcarpOptions): Program {
  return host.spawn(commandLine(options));
}

function commandLine({ ifname = 'eth0', vhid = 1, source, more = '' }: UcarpOptions): string[] {
  const address = `10.99.${ifname.slice(3)}.${vhid}`;
  const options = `-i ${ifname} -v ${vhid} -p ${PASSWORD} -a ${address} -s ${source} -f none`;
  return ['ucarp', ...options.split(' '), ...more.split(' ').filter(Boolean)];
}

function script(folder: string, verb: 'add' | 'del'): string {
  const file = join(folder, verb);
  writeFileSync(file, `#!/bin/sh\nexec ip address ${verb} "$2/32" dev "$1"\n`, { mode: 0o755 });
  return file;
}
