/**
 * @module
 * What `carpet carp` is to run: vhids and sysctls, from the command line or from a settings file.
 *
 *     { "sysctl": { "net.inet.carp.preempt": true },
 *       "vhids": [ { "ifname": "eth0", "vhid": 1, "passfile": "/etc/carp.pass", "addresses": ["10.0.0.100/24"] } ] }
 *
 * A password stands in its own file (`passfile`) or in the settings file, never on the command line, where every user of
 * the host could read it.
 */
import { dirname, resolve } from 'node:path';
import * as v from 'valibot';
import {
  CARP_MAX_VHIDS,
  type CarpVhidHolder,
  type CarpVhidOptions,
  TOO_MANY_VHIDS,
  vhidClashes,
} from '../../carp/index.js';
import { readRegularFile } from '../../host/index.js';
import { UsageError } from '../failure.js';
import { duplicateKey } from '../json-keys.js';
import { readPasswordFile } from '../password.js';

/** Vhids and sysctls; a vhid's own settings are checked where they are used. */
export interface CarpPlan {
  readonly sysctl: Readonly<Record<string, string | number | boolean>>;
  readonly vhids: readonly CarpVhidOptions[];
}

/** Receives a line about something that is no error. */
export type Warn = (text: string) => void;

/** A plan as options of the command line. */
export interface PlanOptions {
  readonly file?: string;
  readonly interface?: string;
  readonly vhid?: number;
  readonly addr: string[];
  readonly passfile?: string;
  readonly advbase?: number;
  readonly advskew?: number;
  readonly deadratio?: number;
  readonly preempt?: boolean;
  readonly election?: string;
  readonly peer: string[];
  readonly allow: string[];
  readonly sysctl: Record<string, string>;
}

/** More than a thousand vhids take, a hundred times. */
const MAX_SETTINGS_BYTES = 16 * 1024 * 1024;
const READABLE_BY_OTHERS = 0o004;

const schema = v.strictObject({
  sysctl: v.optional(v.record(v.string(), v.union([v.string(), v.number(), v.boolean()])), {}),
  vhids: v.pipe(
    v.array(v.looseObject({ ifname: v.string(), vhid: v.number() })),
    v.minLength(1),
    v.maxLength(CARP_MAX_VHIDS, TOO_MANY_VHIDS),
  ),
});

/**
 * Makes the plan of --file, or of the options that describe one vhid. Sysctls given as options count in both cases.
 *
 * @throws UsageError
 */
export function makePlan(options: PlanOptions, warn: Warn): CarpPlan {
  if (options.file === undefined) return { sysctl: options.sysctl, vhids: [vhidOf(options, warn)] };
  const { sysctl, vhids } = readPlan(options.file, warn);
  return { sysctl: { ...sysctl, ...options.sysctl }, vhids };
}

function vhidOf(options: PlanOptions, warn: Warn): CarpVhidOptions {
  const { advbase, advskew, deadratio, preempt, election } = options;
  const given = { advbase, advskew, deadRatio: deadratio, preempt, election };
  return {
    ifname: options.interface!,
    vhid: options.vhid!,
    password: readPasswordFile(options.passfile!, warn),
    addresses: options.addr,
    peers: options.peer,
    allow: options.allow,
    // An option that was not given keeps its default; a wrong one is refused where the settings are checked.
    ...(Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as object),
  };
}

/** @throws UsageError that names the options which a single vhid lacks */
export function requireVhid(options: PlanOptions): void {
  const missing = (['interface', 'vhid', 'passfile'] as const).filter((name) => options[name] === undefined);
  const names = [...missing.map((name) => `--${name}`), ...(options.addr.length === 0 ? ['--addr'] : [])];
  if (names.length > 0) throw new UsageError(`give --file, or a vhid with ${names.join(', ')}; see --help`);
}

/** Reads a settings file. @throws UsageError */
export function readPlan(file: string, warn: Warn): CarpPlan {
  const read = readRegularFile(file, MAX_SETTINGS_BYTES);
  if (typeof read === 'string') throw new UsageError(`the settings file ${file} ${read}`);
  const { sysctl, vhids } = check(file, parse(file, new TextDecoder().decode(read.bytes)));
  refuseClashes(file, vhids);
  if (vhids.some((vhid) => 'password' in vhid) && read.mode & READABLE_BY_OTHERS) {
    warn(`${file} has a password in it and can be read by every user of this host: chmod o-r ${file}`);
  }
  return { sysctl, vhids: vhids.map((vhid) => withPasswords(vhid, file, warn)) };
}

function parse(file: string, text: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    // The parser's message may quote the text around the mistake, and so a password: show only the place.
    const place = /position (\d+)/.exec(String(error))?.[1];
    const line = place === undefined ? '' : `:${text.slice(0, Number(place)).split('\n').length}`;
    throw new UsageError(`${file}${line}: not valid JSON`);
  }
  const twice = duplicateKey(text);
  if (twice === undefined) return value;
  throw new UsageError(`${file}:${twice.line}: the key ${twice.key} stands twice: keep one of them`);
}

function check(file: string, value: unknown): v.InferOutput<typeof schema> {
  const result = v.safeParse(schema, value);
  if (result.success) return result.output;
  const [issue] = result.issues;
  throw new UsageError(`${file}: ${v.getDotPath(issue) ?? 'settings'}: ${wrongness(issue)}`);
}

/** Of a key that is missing, or none, valibot names only the key again. */
function wrongness({ type, expected, received, message }: v.BaseIssue<unknown>): string {
  if (type === 'max_length') return message;
  if (type === 'min_length') return 'has none: add one; docs/carp.md has an example';
  if (received === 'undefined') return 'is missing: add it; docs/carp.md has an example';
  if (expected === 'never') return `no such key: there are ${Object.keys(schema.entries).join(', ')}`;
  return `expected ${expected}`;
}

function refuseClashes(file: string, vhids: readonly CarpVhidHolder[]): void {
  const [clash] = vhidClashes(vhids);
  if (clash === undefined) return;
  const { index, owner, thing } = clash;
  throw new UsageError(
    `${file}: vhids[${index}]: ${thing} belongs to vhids[${owner}] already: take it out of one of them`,
  );
}

/** `passfile` is relative to the settings file; it can stand in `passwords` too. */
function withPasswords(vhid: Record<string, unknown>, file: string, warn: Warn): CarpVhidOptions {
  const options = withPassword(vhid, file, warn);
  const { passwords } = options;
  if (!Array.isArray(passwords)) return options as CarpVhidOptions;
  const read = (each: unknown): unknown =>
    typeof each === 'object' && each !== null ? withPassword({ ...each }, file, warn) : each;
  return { ...options, passwords: passwords.map(read) } as CarpVhidOptions;
}

function withPassword(given: Record<string, unknown>, file: string, warn: Warn): Record<string, unknown> {
  const { passfile, ...options } = given;
  if (passfile === undefined) return options;
  if (typeof passfile !== 'string') throw new UsageError(`${file}: passfile is not a text`);
  if ('password' in options) throw new UsageError(`${file}: give password or passfile, not both`);
  return { ...options, password: readPasswordFile(resolve(dirname(file), passfile), warn) };
}
