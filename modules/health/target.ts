import type { Vip } from '../vip/index.js';
import type { CheckSettings } from './settings.js';

/** What a check concerns. */
export type EffectTarget = Pick<CheckSettings, 'vhids' | 'group'>;

/** `all`, `1@eth0` or `group web`. */
export function targetText({ vhids, group }: EffectTarget): string {
  return vhids?.join(', ') ?? (group === undefined ? 'all' : `group ${group}`);
}

export function concerns({ vhids, group }: EffectTarget, { name, settings }: Vip): boolean {
  if (vhids !== undefined) return vhids.includes(name);
  return group === undefined || settings.failoverGroup === group || settings.groups.includes(group);
}
