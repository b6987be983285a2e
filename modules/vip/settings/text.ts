/** What prints as it is written. */
interface Printable {
  toString(): string;
}
/** A value of a virtual host's settings; undefined: its default. */
export type SettingValue = Printable | readonly Printable[] | Uint8Array | undefined;

/** All settings in words: the same text for the same settings. Without secrets, which settings do not hold. */
export function settingsText(settings: object): string {
  return Object.entries(settings as Record<string, SettingValue>)
    .filter(([, value]) => value !== undefined)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}=${settingText(value)}`)
    .join('; ');
}

/** A setting as it is written; `default` if it is not set. */
export function settingText(value: SettingValue): string {
  if (value === undefined) return 'default';
  if (value instanceof Uint8Array)
    return [...value].map((byte) => byte.toString(16).padStart(2, '0')).join(':');
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.map(String).join(' ');
  return value.toString();
}
