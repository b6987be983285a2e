import { resolve } from 'node:path';
import { type Conversion, passwordPath, passwordRemark } from '../../boot/index.js';
import { UsageError } from '../failure.js';
import { getopt, type ParsedOption } from '../getopt.js';
import { isUcarpNumber, ucarpNumber } from '../ucarp-number.js';
import { UCARP_OPTIONS } from '../ucarp-options.js';

/** Options that name a script, which ucarp looks for where it was started. */
const SCRIPTS: ReadonlySet<string> = new Set(['upscript', 'downscript']);
/** Options whose names differ from those of the module's settings. */
const RENAMED: Readonly<Record<string, string>> = { mcastip: 'mcast' };

/** Without which ucarp does not start. */
const REQUIRED = ['srcip', 'vhid', 'addr'] as const;

/** What belongs to the process, not to the protocol. */
const LEFT: Readonly<Record<string, string>> = {
  daemonize: 'carpet up stays in the foreground, for a service manager',
  facility: 'carpet up logs to standard error, which the service manager reads',
  debug: 'write log: {level: debug} into the file',
  'status-dir': 'the control socket shows the state',
  'state-dir': 'carpet up has an option of the same name',
  'no-status': 'the control socket shows the state',
  help: 'it starts nothing',
};

/**
 * Converts a command line of ucarp(8): the module `ucarp` keeps its scripts.
 * @throws UsageError for options that ucarp does not have, for numbers that it reads as others, and where one is missing that it
 * requires
 */
export function convertUcarp(args: readonly string[]): Conversion {
  const typed = getopt(args, UCARP_OPTIONS);
  const remarks: string[] = [];
  const settings: Record<string, unknown> = {};
  for (const { name, value } of typed) {
    if (LEFT[name] !== undefined) remarks.push(`--${name}: ${LEFT[name]}`);
    else if (name !== 'pass' && name !== 'passfile') settings[RENAMED[name] ?? name] = valueOf(name, value);
  }
  for (const name of REQUIRED)
    if (settings[name] === undefined)
      throw new UsageError(`--${name} is required: write ucarp's options behind --`);
  settings['passwordFile'] = passwordFile(typed, String(settings['vhid']), remarks);
  return { settings: { modules: { ucarp: settings } }, remarks };
}

function valueOf(name: string, text: string): unknown {
  const takesValue = UCARP_OPTIONS.find(({ long }) => long === name)!.value;
  if (!takesValue) return true;
  if (isUcarpNumber(name)) return ucarpNumber(name, text);
  // An empty name is not a folder: it is left to be refused.
  return SCRIPTS.has(name) && text !== '' ? resolve(text) : text;
}

/** As with ucarp, the last one counts. */
function passwordFile(typed: readonly ParsedOption[], vhid: string, remarks: string[]): string {
  const option = typed.findLast(({ name }) => name === 'pass' || name === 'passfile');
  if (option?.name === 'passfile') return resolve(option.value);
  const path = passwordPath(`ucarp-${vhid}`);
  remarks.push(passwordRemark(path));
  return path;
}
