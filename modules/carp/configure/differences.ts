import { settingText } from '../../vip/index.js';
import type { CarpSettings } from '../settings.js';

/** What differs between two sets of settings: `advskew 0 -> 50`. */
export function differences(now: CarpSettings, wanted: CarpSettings): string[] {
  const names = new Set([...Object.keys(now), ...Object.keys(wanted)]) as Set<keyof CarpSettings>;
  return [...names].flatMap((name) => {
    const [before, after] = [settingText(now[name]), settingText(wanted[name])];
    return before === after ? [] : [`${name} ${before} -> ${after}`];
  });
}
