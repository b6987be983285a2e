/**
 * What `carpet carp` is to run: vhids and sysctls, from the command line or from a settings file.
 *
 *     { "sysctl": { "net.inet.carp.preempt": true },
 *       "vhids": [ { "ifname": "eth0", "vhid": 1, "passfile": "/etc/carp.pass", "addresses": ["10.0.0.100/24"] } ] }
 *
 * A password stands in a file of its own (`passfile`) or in the settings file, never on the command line, where every
 * user of the host could read it.
 */
import { readFileSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import * as v from 'valibot';
import { type CarpVhidHolder, type CarpVhidOptions, vhidClashes } from '../../carp/index.js';
import { UsageError } from '../failure.js';
import { readPasswordFile } from '../password.js';

export interface CarpPlan {
  readonly sysctl: Readonly<Record<string, unknown>>;
  readonly vhids: readonly CarpVhidOptions[];
}

type Warn = (text: string) => void;

const READABLE_BY_OTHERS = 0o004;

const schema = v.strictObject({
  sysctl: v.optional(v.record(v.string(), v.union([v.string(), v.number(), v.boolean()])), {}),
  vhids: v.pipe(v.array(v.looseObject({ ifname: v.string(), vhid: v.number() })), v.minLength(1)),
});

/** Reads a settings file. A vhid's own settings are checked where they are used. */
export function readPlan(file: string, warn: Warn): CarpPlan {
  const { sysctl, vhids } = check(file, parse(file));
  refuseClashes(file, vhids);
  if (vhids.some((vhid) => 'password' in vhid) && statSync(file).mode & READABLE_BY_OTHERS) {
    warn(`${file} has a password in it and can be read by every user of this host: chmod o-r ${file}`);
  }
  return { sysctl, vhids: vhids.map((vhid) => withPassword(vhid, file, warn)) };
}

function parse(file: string): unknown {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new UsageError(`cannot read the settings file ${file}: ${(error as NodeJS.ErrnoException).code}`);
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    // The parser's message may quote the text around the mistake, and so a password: only the place is told.
    const place = /position (\d+)/.exec(String(error))?.[1];
    const line = place === undefined ? '' : `:${text.slice(0, Number(place)).split('\n').length}`;
    throw new UsageError(`${file}${line}: not valid JSON`);
  }
}

function check(file: string, value: unknown): v.InferOutput<typeof schema> {
  const result = v.safeParse(schema, value);
  if (result.success) return result.output;
  const [issue] = result.issues;
  throw new UsageError(`${file}: ${v.getDotPath(issue) ?? 'settings'}: expected ${issue.expected}`);
}

function refuseClashes(file: string, vhids: readonly CarpVhidHolder[]): void {
  const [clash] = vhidClashes(vhids);
  if (clash === undefined) return;
  const { index, owner, thing } = clash;
  throw new UsageError(
    `${file}: vhids[${index}]: ${thing} belongs to vhids[${owner}] already: take it out of one of them`,
  );
}

/** `passfile` is relative to the settings file. */
function withPassword(vhid: Record<string, unknown>, file: string, warn: Warn): CarpVhidOptions {
  const { passfile, ...options } = vhid;
  if (passfile === undefined) return options as CarpVhidOptions;
  if (typeof passfile !== 'string') throw new UsageError(`${file}: passfile is not a text`);
  if ('password' in options) throw new UsageError(`${file}: give password or passfile, not both`);
  return {
    ...options,
    password: readPasswordFile(resolve(dirname(file), passfile), warn),
  } as CarpVhidOptions;
}
