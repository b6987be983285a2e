import { stringify } from 'yaml';

/** What another program's settings are in a settings file. */
export interface Conversion {
  /** The file, as values. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** What has no counterpart, or must be done by hand; one line each. */
  readonly remarks: readonly string[];
}

/** The settings file as text. @param origin what it was made from, for the first line */
export function conversionText({ settings }: Conversion, origin: string): string {
  return `# Made from ${origin} by carpet config convert.\n${stringify(settings, { lineWidth: 100 })}`;
}

/** Where a password is expected that stood in the settings of before. */
export function passwordPath(name: string): string {
  return `/etc/carpet/${name.replace(/[^\w.-]/g, '-')}.pass`;
}

/** What to do about a password that stood in the settings of before. It is not repeated. */
export function passwordRemark(path: string): string {
  return `write the password into ${path}, mode 0600: no secret stands in this file`;
}
