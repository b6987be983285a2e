/**
 * @module
 * `carpet carp`: CARP on this machine's interfaces, from a settings file or, for one vhid, from options; with --status,
 * the state of the processes that run it.
 */
import type { Command } from 'commander';
import type { Cli } from '../cli.js';
import { list, pairs, wholeNumber } from '../options.js';
import type { PlanOptions, Warn } from './plan.js';

interface Options extends PlanOptions {
  readonly json?: boolean;
  /** True: show the state; false: hide it. */
  readonly status?: boolean;
  readonly statusDir?: string;
  readonly stateDir?: string;
  readonly capabilities: string;
}

/** Adds the options and the action. */
export function define(command: Command, cli: Cli): void {
  command
    .option('-f, --file <settings.json>', 'vhids and sysctls; see docs/carp.md')
    .option('-i, --interface <name>', 'interface of a single vhid')
    .option('-v, --vhid <n>', 'its number, 1 to 255', wholeNumber())
    .option('-a, --addr <address/length>', 'a shared address; may be repeated', list, [])
    .option('-o, --passfile <file>', 'file whose first line is the password')
    .option('-b, --advbase <seconds>', 'advertisement interval', wholeNumber())
    .option('-k, --advskew <n>', '1/256 s added to it; the host with the least is preferred', wholeNumber())
    .option('-r, --deadratio <n>', 'a master silent for this many intervals is dead', wholeNumber())
    .option('-P, --preempt', 'take over from a slower master')
    .option('--election <dialect>', 'auto, bsd, openbsd, ucarp or ucarp-be')
    .option('--peer <address>', 'a unicast peer; may be repeated', list, [])
    .option('--allow <network>', 'hear only this network; may be repeated', list, [])
    .option('--sysctl <name=value>', 'set a sysctl; may be repeated', pairs, {})
    .option('--json', 'print state changes on standard output, one JSON object a line')
    .option('--status', 'show the vhids of all running processes, then end; with --json as an array')
    .option('--no-status', 'hide this process from carpet ifconfig and carpet carp --status')
    .option('--status-dir <folder>', 'where they look for it (default: /run/carpet)')
    .option('--state-dir <folder>', 'where it keeps what must survive a restart (default: $STATE_DIRECTORY)')
    .option('--capabilities <list>', 'keep only these, as net_admin,net_raw; none; all', 'net_admin,net_raw')
    .action((options: Options) => run(options, cli));
}

async function run(options: Options, cli: Cli): Promise<void> {
  const { file, json = false, status, statusDir, stateDir } = options;
  if (status === true) {
    cli.signals.release();
    const { printStatus } = await import('./status.js');
    return printStatus(statusDir, json);
  }
  const { makePlan, requireVhid } = await import('./plan.js');
  if (file === undefined) requireVhid(options);
  const { runCarp } = await import('./run.js');
  await runCarp(
    {
      plan: (warn: Warn) => makePlan(options, warn),
      json,
      waits: file !== undefined,
      status: status === false ? undefined : { folder: statusDir },
      stateDir,
      capabilities: options.capabilities,
    },
    cli,
  );
}
