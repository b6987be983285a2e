/**
 * @module
 * The options of ucarp(8), read more strictly than ucarp does; docs/ucarp.md lists the differences.
 */
import { resolve } from 'node:path';
import type { CarpStatusSettings } from '../../carp-status/index.js';
import { InetAddress } from '../../ifnet/index.js';
import type { UcarpSettings } from '../../ucarp/index.js';
import { UsageError } from '../failure.js';
import { getopt, type ParsedOption } from '../getopt.js';
import { FACILITIES } from '../log/syslog.js';
import { checkPassword, MAX_UCARP_PASSWORD_BYTES, readPasswordFile } from '../password.js';
import { ucarpNumber } from '../ucarp-number.js';
import { UCARP_OPTIONS } from '../ucarp-options.js';

/** What `carpet ucarp` is to do. */
export interface UcarpOptions {
  readonly settings: Omit<UcarpSettings, 'password'> & { readonly password: Uint8Array<ArrayBuffer> };
  readonly daemonize: boolean;
  /** A name of FACILITIES; undefined for no syslog. */
  readonly facility: string | undefined;
  readonly debug: boolean;
  /** Where `carpet ifconfig` finds this process; undefined: nowhere. */
  readonly status: CarpStatusSettings | undefined;
  /** Where it keeps what must survive a restart; undefined: where systemd's `StateDirectory` names. */
  readonly stateDir: string | undefined;
  /** For the log, once everything runs. */
  readonly warnings: readonly string[];
}

/**
 * Parses the command line.
 *
 * @returns 'help' if it asks for help, else the options
 * @throws UsageError in one line that names the option and what it must be
 */
export function parseOptions(args: readonly string[]): UcarpOptions | 'help' {
  const typed = getopt(args, UCARP_OPTIONS);
  if (typed.some(({ name }) => name === 'help')) return 'help';
  const last = new Map(typed.map(({ name, value: text }) => [name, text]));
  const warnings: string[] = [];
  return {
    settings: settingsOf(last, password(typed, warnings)),
    daemonize: last.has('daemonize'),
    facility: facility(last.get('facility') ?? 'daemon'),
    debug: last.has('debug'),
    status: last.has('no-status') ? undefined : { ...ifOption('folder', folder(last, 'status-dir')) },
    stateDir: folder(last, 'state-dir'),
    warnings,
  };
}

type Typed = ReadonlyMap<string, string>;

function settingsOf(last: Typed, password: Uint8Array<ArrayBuffer>): UcarpOptions['settings'] {
  const settings = {
    ...ifOption('interface', interfaceName(last.get('interface'))),
    srcip: address('srcip', required(last, 'srcip', 'the real IPv4 address of this host')),
    vhid: ucarpNumber('vhid', required(last, 'vhid', 'the number that all hosts of the pair share')),
    addr: address('addr', required(last, 'addr', 'the shared IPv4 address')),
    password,
    ...ifOption('mcast', multicast(last.get('mcastip'))),
    advbase: ucarpNumber('advbase', last.get('advbase') ?? '1'),
    advskew: ucarpNumber('advskew', last.get('advskew') ?? '0'),
    deadratio: ucarpNumber('deadratio', last.get('deadratio') ?? '3'),
    ...ifOption('upscript', script('upscript', last.get('upscript'))),
    ...ifOption('downscript', script('downscript', last.get('downscript'))),
    ...ifOption('xparam', last.get('xparam')),
    preempt: last.has('preempt'),
    neutral: last.has('neutral'),
    shutdown: last.has('shutdown'),
    ignoreifstate: last.has('ignoreifstate'),
    nomcast: last.has('nomcast'),
  };
  refuseTogether(settings);
  return settings;
}

/** Refuses options that exclude each other. */
function refuseTogether({ advbase, advskew, addr, srcip }: Record<string, unknown>): void {
  if (advbase === 0 && advskew === 0)
    throw new UsageError('--advbase and --advskew must not both be 0: advertisements need an interval');
  if (advbase === 255 && advskew === 255)
    throw new UsageError('--advbase 255 with --advskew 255 is the sign of a host that leaves: use less');
  if (InetAddress.parse(String(addr)).equals(InetAddress.parse(String(srcip))))
    throw new UsageError(
      `--addr and --srcip are both ${String(addr)}: the shared address must be another one`,
    );
}

function ifOption<Name extends string>(name: Name, text: string | undefined): { [key in Name]?: string } {
  return text === undefined ? {} : ({ [name]: text } as { [key in Name]: string });
}

function required(last: Typed, name: string, meaning: string): string {
  const text = last.get(name);
  if (text === undefined) throw new UsageError(`--${name} is required: ${meaning}`);
  return text;
}

function address(name: string, text: string): string {
  const result = parseAddress(text);
  if (result && !result.isMulticast && !result.isUnspecified && !result.isBroadcast) return text;
  throw new UsageError(`--${name} must be the IPv4 address of a host, not "${text}"`);
}

function multicast(text: string | undefined): string | undefined {
  if (text === undefined || parseAddress(text)?.isMulticast) return text;
  throw new UsageError(`--mcast must be an IPv4 multicast address such as 224.0.0.18, not "${text}"`);
}

/** Only dotted quads, as in ucarp: shorter forms (10.1) are mostly slips. */
function parseAddress(text: string): InetAddress | undefined {
  if (!/^\d{1,3}(\.\d{1,3}){3}$/.test(text)) return undefined;
  try {
    return InetAddress.parse(text);
  } catch {
    return undefined;
  }
}

/** IFNAMSIZ is 16 with the final NUL. */
function interfaceName(text: string | undefined): string | undefined {
  if (text === undefined || /^[^\s/]{1,15}$/.test(text)) return text;
  throw new UsageError(`--interface must be the name of a network interface, not "${text}"`);
}

function script(name: string, text: string | undefined): string | undefined {
  if (text === '') throw new UsageError(`--${name} must name a program`);
  return text;
}

/** Made absolute, since a daemon leaves the directory in which it was started. */
function folder(last: Typed, name: string): string | undefined {
  const text = last.get(name);
  if (text === '') throw new UsageError(`--${name} must name a folder`);
  return text === undefined ? undefined : resolve(text);
}

function facility(text: string): string | undefined {
  const name = text.toLowerCase();
  if (name === 'none') return undefined;
  if (FACILITIES.has(name)) return name;
  throw new UsageError(
    `--facility must be none or one of ${[...FACILITIES.keys()].join(', ')}, not "${text}"`,
  );
}

/** As with ucarp, the last of --pass and --passfile counts. */
function password(typed: readonly ParsedOption[], warnings: string[]): Uint8Array<ArrayBuffer> {
  const option = typed.findLast(({ name }) => name === 'pass' || name === 'passfile');
  if (!option)
    throw new UsageError('--passfile or --pass is required: the password that all hosts of the pair share');
  if (option.name === 'pass')
    return checkPassword(new TextEncoder().encode(option.value), '--pass', MAX_UCARP_PASSWORD_BYTES);
  return readPasswordFile(option.value, (text) => warnings.push(text), MAX_UCARP_PASSWORD_BYTES);
}
