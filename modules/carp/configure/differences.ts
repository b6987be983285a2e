import type { CarpSettings } from '../settings.js';

/** What differs between two sets of settings: `advskew 0 -> 50`. */
export function differences(now: CarpSettings, wanted: CarpSettings): string[] {
  const names = new Set([...Object.keys(now), ...Object.keys(wanted)]) as Set<keyof CarpSettings>;
  return [...names].flatMap((name) => {
    const [before, after] = [text(now[name]), text(wanted[name])];
    return before === after ? [] : [`${name} ${before} -> ${after}`];
  });
}

/** A setting as it is written; `default` if it is not set. */
function text(value: CarpSettings[keyof CarpSettings]): string {
  if (value === undefined) return 'default';
  if (value instanceof Uint8Array)
    return [...value].map((byte) => byte.toString(16).padStart(2, '0')).join(':');
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.map(String).join(' ');
  return String(value);
}
