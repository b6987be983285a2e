import type { CarpSettings } from './settings.js';

/** All settings in words, without the password: the same text for the same settings. */
export function settingsText(settings: CarpSettings): string {
  const names = Object.keys(settings) as (keyof CarpSettings)[];
  return names
    .toSorted()
    .filter((name) => settings[name] !== undefined)
    .map((name) => `${name}=${settingText(settings[name])}`)
    .join('; ');
}

/** A setting as it is written; `default` if it is not set. */
export function settingText(value: CarpSettings[keyof CarpSettings]): string {
  if (value === undefined) return 'default';
  if (value instanceof Uint8Array)
    return [...value].map((byte) => byte.toString(16).padStart(2, '0')).join(':');
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.map(String).join(' ');
  return String(value);
}
