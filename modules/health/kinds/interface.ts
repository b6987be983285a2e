import type { IfnetModule } from '../../ifnet/index.js';
import { HealthError } from '../errors.js';

/** Which interface must be usable. */
export interface InterfaceSettings {
  readonly name: string;
}

/** It exists, is up and has a link. */
export function probeInterface({ name }: InterfaceSettings, ifnet: IfnetModule): string {
  const ifp = ifnet.byName(name);
  if (ifp === undefined) throw new HealthError('EFAILED', `there is no interface ${name}`);
  if (!ifp.flags.up) throw new HealthError('EFAILED', `${name} is down`);
  if (ifp.linkState === 'DOWN') throw new HealthError('EFAILED', `${name} has no link`);
  return `${name} is up`;
}
