/**
 * @module
 * The four forms of a devctl(4) record, without the newline that ends it on the wire.
 *
 * The order of a device record is the kernel's (location and pnpinfo behind `at`, the parent behind `on`), which is
 * not the manual page's. Empty parts leave double blanks, as there.
 */
import { CarpetError } from '../../core/index.js';
import { type DevctlData, devctlSafeQuote, formatVariables, onOneLine } from './quote.js';

/** A device as the bus code describes it to devctl. */
export interface DevctlDevice {
  /** Name and unit, `ubt0`. A nomatch record has none. */
  readonly name: string;
  /** Where it is plugged in: bus, port, slot. */
  readonly location?: DevctlData;
  /** What it is: vendor, product, class. */
  readonly pnpinfo?: DevctlData;
  /** The device it hangs on; `.`, the default, for the root. */
  readonly parent?: string;
}

/** `!system=S subsystem=U type=T data` @throws CarpetError EINVAL where a word is none */
export function notifyRecord(system: string, subsystem: string, type: string, data?: DevctlData): string {
  const head = `!system=${value('system', system)} subsystem=${value('subsystem', subsystem)} type=${value('type', type)}`;
  const rest = data === undefined ? '' : formatVariables(data);
  return onOneLine(rest === '' ? head : `${head} ${rest}`);
}

/** `+name at location pnpinfo on parent`, with `-` for a detached device. @throws CarpetError EINVAL */
export function deviceRecord(type: '+' | '-', device: DevctlDevice): string {
  return onOneLine(`${type}${word('device name', device.name)} at ${place(device)}`);
}

/** `? at location pnpinfo on parent`: a device that no driver claims. @throws CarpetError EINVAL */
export function nomatchRecord(device: Omit<DevctlDevice, 'name'>): string {
  return onOneLine(`? at ${place(device)}`);
}

function place({ location = '', pnpinfo = '', parent = '.' }: Omit<DevctlDevice, 'name'>): string {
  return `${formatVariables(location)} ${formatVariables(pnpinfo)} on ${word('parent', parent)}`;
}

/** A word as a variable's value. Linux lets interfaces have a quotation mark in their names. */
function value(what: string, text: string): string {
  return text.includes('"') ? `"${devctlSafeQuote(word(what, text))}"` : word(what, text);
}

/** The kernel leaves it to its callers that these have no blank; a reader would take what follows for a variable. */
function word(what: string, text: string): string {
  if (text !== '' && !/[\s\0]/.test(text)) return text;
  throw new CarpetError(
    'EINVAL',
    `devctl: the ${what} ${JSON.stringify(text)} must be one word, without blanks`,
  );
}
