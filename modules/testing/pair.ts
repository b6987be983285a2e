import { CarpModule, type CarpVhid, type CarpVhidOptions } from '../carp/index.js';
import type { HostOptions, World, WorldHost } from './world.js';

/** How a pair is made. */
export interface CarpPairOptions {
  /** Of both hosts' vhid; by default vhid 1 on eth0 shares 192.0.2.100/24. */
  readonly vhid?: Partial<CarpVhidOptions>;
  /** Of both hosts. */
  readonly kernel?: HostOptions['kernel'];
}

/** Two hosts that share an address. */
export interface CarpPair {
  readonly master: WorldHost & { readonly vhid: CarpVhid };
  readonly backup: WorldHost & { readonly vhid: CarpVhid };
}

const BACKUP_ADVSKEW = 100;

/** Two hosts with CARP, when the first is MASTER and the second BACKUP. */
export async function carpPair(world: World, { vhid, kernel }: CarpPairOptions = {}): Promise<CarpPair> {
  const make = async (advskew: number): Promise<CarpPair['master']> => {
    const host = await world.host({ ...(kernel && { kernel }) });
    const carp = await host.kernel.load(CarpModule);
    const shared = { ifname: 'eth0', vhid: 1, password: 'secret', addresses: ['192.0.2.100/24'] };
    return { ...host, vhid: carp.create({ ...shared, advskew, ...vhid }) };
  };
  const master = await make(0);
  await world.until(() => master.vhid.state === 'MASTER');
  const backup = await make(BACKUP_ADVSKEW);
  await world.until(() => backup.vhid.state === 'BACKUP');
  return { master, backup };
}
