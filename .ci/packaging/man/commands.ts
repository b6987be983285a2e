/**
 * @module
 * The commands of `carpet` as commander has them, to be described. Commands that are verbs of a running kernel are
 * described by one that runs here: on a virtual LAN, with the modules that offer verbs.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { Kernel, seededRandom } from '../../../core/index.js';
import { BootModule } from '../../../modules/boot/index.js';
import { BUILTINS } from '../../../modules/builtin/index.js';
import { CarpModule } from '../../../modules/carp/index.js';
import { Cli } from '../../../modules/cli/cli.js';
import { COMMANDS } from '../../../modules/cli/commands.js';
import { defineVerb } from '../../../modules/cli/control/verb-command.js';
import { HeldSignals } from '../../../modules/cli/signals.js';
import { ControlClient, ControlModule, type OfferedVerb } from '../../../modules/control/index.js';
import { Lan, LanDriver } from '../../../modules/ifnet/lan/index.js';
import { ownOptions } from './options.js';

/** A command as a manual describes it. */
export interface DescribedCommand {
  /** Its words behind `carpet`. */
  readonly name: string;
  readonly summary: string;
  /** Undefined for a command whose options have a syntax of their own. */
  readonly command: Command | undefined;
  readonly subcommands: readonly DescribedCommand[];
}

/** Every command in the order of `carpet --help`, with the verbs of carpet's own modules. */
export async function describedCommands(): Promise<{
  readonly commands: readonly DescribedCommand[];
  /** `carpet` itself, with the options that every command has. */
  readonly common: Command;
}> {
  const signals = new HeldSignals();
  const cli = new Cli(signals);
  signals.release();
  const verbs = await offeredVerbs();
  const common = new Command('carpet');
  cli.prepare(common);
  const commands: DescribedCommand[] = [];
  for (const { name, summary, load } of COMMANDS) {
    const file = await load();
    const own = 'define' in file ? new Command(name) : verbs.get(name);
    if ('define' in file) file.define(own!, cli, COMMANDS);
    commands.push({ name, summary, command: own, subcommands: subcommands(name, own, verbs) });
  }
  return { commands, common };
}

/** What commander knows of them, or for those that the kernel carries out, what the kernel offers. */
function subcommands(
  parent: string,
  command: Command | undefined,
  verbs: ReadonlyMap<string, Command>,
): DescribedCommand[] {
  const own = command?.commands ?? [];
  const names = new Set([
    ...own.map((each) => each.name()),
    ...[...verbs.keys()].filter((name) => name.startsWith(`${parent}.`)).map((name) => name.split('.')[1]!),
  ]);
  return [...names].map((name) => {
    const said = own.find((each) => each.name() === name);
    const found = verbs.get(`${parent}.${name}`);
    const shown = said !== undefined && ownOptions(said).length > 0 ? said : (found ?? said);
    return {
      name: `${parent} ${name}`,
      summary: (said ?? found!).description(),
      command: shown,
      subcommands: [],
    };
  });
}

async function offeredVerbs(): Promise<ReadonlyMap<string, Command>> {
  const folder = mkdtempSync(join(tmpdir(), 'carpet-man-'));
  try {
    const socket = join(folder, 'control.sock');
    await using kernel = new Kernel({ log: () => undefined });
    await kernel.load(LanDriver, { lan: new Lan({ clock: kernel.clock, random: seededRandom(1) }) });
    await kernel.load(CarpModule);
    await kernel.load(BootModule, { file: join(folder, 'carpet.yaml'), registry: BUILTINS });
    await kernel.load(ControlModule, { socket, readSocket: false });
    const client = new ControlClient(socket);
    const { verbs } = await client.index();
    return new Map(verbs.map((verb) => [verb.name, verbCommand(verb, client)]));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function verbCommand(verb: OfferedVerb, client: ControlClient): Command {
  const command = new Command(verb.name).description(verb.summary);
  defineVerb(command, verb, client);
  return command;
}
