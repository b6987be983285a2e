/**
 * `carpet carp`: CARP on this machine's interfaces, from a settings file or, for one vhid, from options; with --status,
 * what the processes do that run it.
 */
import type { Command } from 'commander';
import type { CarpVhidOptions } from '../../carp/index.js';
import type { Cli } from '../cli.js';
import { UsageError } from '../failure.js';
import type { CarpPlan } from './plan.js';

interface Options {
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
  readonly sysctl: string[];
  readonly json?: boolean;
  /** True: show it; false: let nobody see it. */
  readonly status?: boolean;
  readonly statusDir?: string;
}

export function define(command: Command, cli: Cli): void {
  const list = (value: string, all: string[]): string[] => [...all, value];
  command
    .option('-f, --file <settings.json>', 'vhids and sysctls; see docs/carp.md')
    .option('-i, --interface <name>', 'interface of a single vhid')
    .option('-v, --vhid <n>', 'its number, 1 to 255', wholeNumber)
    .option('-a, --addr <address/length>', 'a shared address; may be repeated', list, [])
    .option('-o, --passfile <file>', 'file whose first line is the password')
    .option('-b, --advbase <seconds>', 'advertisement interval', wholeNumber)
    .option('-k, --advskew <n>', '1/256 s added to it; the least is preferred', wholeNumber)
    .option('-r, --deadratio <n>', 'silent after so many intervals, a master is dead', wholeNumber)
    .option('-P, --preempt', 'take over from a slower master')
    .option('--election <dialect>', 'auto, bsd, openbsd, ucarp or ucarp-be')
    .option('--peer <address>', 'a unicast peer; may be repeated', list, [])
    .option('--allow <network>', 'hear only this network; may be repeated', list, [])
    .option('--sysctl <name=value>', 'set a sysctl; may be repeated', list, [])
    .option('--json', 'print state changes on standard output, one JSON object a line')
    .option('--status', 'show the vhids of all running processes, then end; with --json as an array')
    .option('--no-status', 'let carpet ifconfig and carpet carp --status not see this process')
    .option('--status-dir <folder>', 'where they look for it (default: /run/carpet)')
    .action(async (options: Options) => {
      if (options.status === true) {
        const { printStatus } = await import('./status.js');
        return printStatus(options.statusDir, options.json ?? false);
      }
      if (options.file === undefined) requireVhid(options);
      const { readPlan } = await import('./plan.js');
      const { readPasswordFile } = await import('../password.js');
      const plan = (warn: (text: string) => void): CarpPlan => {
        const given = sysctls(options.sysctl);
        if (options.file === undefined)
          return { sysctl: given, vhids: [fromOptions(options, readPasswordFile, warn)] };
        const { sysctl, vhids } = readPlan(options.file, warn);
        return { sysctl: { ...sysctl, ...given }, vhids };
      };
      const { runCarp } = await import('./run.js');
      await runCarp(
        {
          plan,
          json: options.json ?? false,
          waits: options.file !== undefined,
          status: options.status === false ? undefined : { folder: options.statusDir },
        },
        cli,
      );
    });
}

function wholeNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new UsageError(`'${text}' is not a whole number`);
  return Number(text);
}

function requireVhid(options: Options): void {
  const missing = (['interface', 'vhid', 'passfile'] as const).filter((name) => options[name] === undefined);
  const names = [...missing.map((name) => `--${name}`), ...(options.addr.length === 0 ? ['--addr'] : [])];
  if (names.length > 0) throw new UsageError(`give --file, or a vhid with ${names.join(', ')}; see --help`);
}

function fromOptions(
  options: Options,
  readPassword: (file: string, warn: (text: string) => void) => Uint8Array,
  warn: (text: string) => void,
): CarpVhidOptions {
  const { advbase, advskew, deadratio, preempt, election } = options;
  const given = { advbase, advskew, deadRatio: deadratio, preempt, election };
  return {
    ifname: options.interface!,
    vhid: options.vhid!,
    password: readPassword(options.passfile!, warn),
    addresses: options.addr,
    peers: options.peer,
    allow: options.allow,
    // What is not given keeps its default; what is wrong is refused where the settings are checked.
    ...(Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as object),
  };
}

function sysctls(texts: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    texts.map((text) => {
      const [name, value] = text.split('=', 2);
      if (!name || value === undefined)
        throw new UsageError(`--sysctl '${text}' is not of the form name=value`);
      return [name, value];
    }),
  );
}
