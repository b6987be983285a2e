/**
 * The four forms of a devctl(4) record, without the newline that ends it on the wire.
 *
 * The order of a device record is the kernel's (location and pnpinfo behind `at`, the parent behind `on`), which is
 * not the manual page's. Empty parts leave double blanks, as there.
 */
import { CarpetError } from '../../core/index.js';
import { type DevctlData, formatVariables } from './quote.js';

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
  const head = `!system=${word('system', system)} subsystem=${word('subsystem', subsystem)} type=${word('type', type)}`;
  const rest = data === undefined ? '' : formatVariables(data);
  return oneLine(rest === '' ? head : `${head} ${rest}`);
}

/** `+name at location pnpinfo on parent`, with `-` for a detached device. @throws CarpetError EINVAL */
export function deviceRecord(type: '+' | '-', device: DevctlDevice): string {
  return oneLine(`${type}${word('device name', device.name)} at ${place(device)}`);
}

/** `? at location pnpinfo on parent`: a device that no driver wants. @throws CarpetError EINVAL */
export function nomatchRecord(device: Omit<DevctlDevice, 'name'>): string {
  return oneLine(`? at ${place(device)}`);
}

function place({ location = '', pnpinfo = '', parent = '.' }: Omit<DevctlDevice, 'name'>): string {
  return `${formatVariables(location)} ${formatVariables(pnpinfo)} on ${word('parent', parent)}`;
}

/** The kernel leaves it to its callers that these have no blank; a reader would take what follows for a variable. */
function word(what: string, text: string): string {
  if (text !== '' && !/\s/.test(text)) return text;
  throw new CarpetError(
    'EINVAL',
    `devctl: the ${what} ${JSON.stringify(text)} must be one word, without blanks`,
  );
}

/**
 * A newline inside a value would end the record for everybody who reads the stream socket, and begin a forged one.
 * (FreeBSD lets it pass.)
 */
function oneLine(record: string): string {
  return record.replace(/[\n\0]/g, ' ');
}
