import { Command } from 'commander';
import type { OfferedVerb } from '../../control/index.js';
import type { Cli } from '../cli.js';
import type { CommandEntry } from '../command-entry.js';
import { findKernel, type RunningKernel } from '../control/connect.js';
import { isProtocol, isVhid, verbOrder } from '../control/ifconfig-order.js';
import { LOG_FORMATS } from '../log/index.js';
import { memberOf, optionOf, valuesOf, valuesOfMember } from './values.js';

const GLOBAL_OPTIONS = ['--help', '--version', '--debug', '--log-format'];
const CONTROL_OPTIONS = ['--json', '--socket', '--help'];

/** The commands that there are. */
type Commands = readonly CommandEntry[];

/** What may stand in the place of the last of these words; those that begin as it does. */
export async function candidates(words: readonly string[], cli: Cli, commands: Commands): Promise<string[]> {
  const before = behindGlobalOptions(words.slice(0, -1));
  const current = words.at(-1) ?? '';
  if (words.at(-2) === '--log-format')
    return LOG_FORMATS.filter((each) => each.startsWith(current)).toSorted();
  const kernel = await findKernel().catch(() => undefined);
  const found =
    before.length === 0
      ? firstWords(kernel, commands)
      : await laterWords(before, current, kernel, cli, commands);
  return [...new Set(found)].filter((each) => each.startsWith(current)).toSorted();
}

/** The words without the global options in front of the command's name. */
function behindGlobalOptions(words: readonly string[]): readonly string[] {
  const [first, ...rest] = words;
  if (first === '--log-format') return behindGlobalOptions(rest.slice(1));
  return first?.startsWith('-') ? behindGlobalOptions(rest) : words;
}

function firstWords(kernel: RunningKernel | undefined, commands: Commands): string[] {
  const verbs = kernel?.index.verbs.map(({ name }) => name.split('.')[0]!) ?? [];
  return [...commands.map(({ name }) => name), 'help', ...verbs, ...GLOBAL_OPTIONS];
}

async function laterWords(
  before: readonly string[],
  current: string,
  kernel: RunningKernel | undefined,
  cli: Cli,
  commands: Commands,
): Promise<string[]> {
  if (before[0] === 'help') return commands.map(({ name }) => name);
  const options = current.startsWith('-');
  // `carp 1@eth0 state backup` is the verb carp.state, with its words in ifconfig's order.
  const said = verbOrder(before);
  const verb = longestVerb(said, kernel?.index.verbs ?? []);
  const member = verb && memberOf(verb, before.at(-1)!);
  if (kernel !== undefined && member !== undefined) return valuesOfMember(verb!, member, kernel);
  const own = await ownWords(before, options, cli, commands);
  if (kernel === undefined || own.whole) return [...own.words];
  if (isOneVhid(before)) return ['state'];
  const next = [...nextWords(said, kernel.index.verbs), ...(await vhids(said, kernel))];
  if (verb === undefined) return [...own.words, ...next];
  if (options) return [...own.words, ...optionsOf(verb), ...CONTROL_OPTIONS];
  const place = said.length - verb.name.split('.').length;
  return [...own.words, ...next, ...(await valuesOf(verb, place, kernel))];
}

/** `carp 1@eth0`, and nothing behind it. */
function isOneVhid([command = '', vhid = '', ...rest]: readonly string[]): boolean {
  return isProtocol(command) && rest.length === 0 && isVhid(vhid);
}

async function vhids(said: readonly string[], kernel: RunningKernel): Promise<string[]> {
  const verb = kernel.index.verbs.find(({ name }) => name === `${said[0]}.state`);
  if (verb === undefined || said.length !== 1) return [];
  return ['all', ...(await valuesOf(verb, 0, kernel))];
}

/** Words of a command of ours, and whether they are all that can stand there. */
interface OwnWords {
  readonly words: readonly string[];
  readonly whole: boolean;
}

/** Of a command of ours: its options, the choices of one, or its subcommands and the choices of its first argument. */
async function ownWords(
  before: readonly string[],
  options: boolean,
  cli: Cli,
  commands: Commands,
): Promise<OwnWords> {
  const entry = commands.find(({ name }) => name === before[0]);
  if (entry === undefined) return { words: [], whole: false };
  const file = await entry.load();
  if (!('define' in file)) return { words: options ? (file.optionNames ?? []) : [], whole: false };
  const command = new Command(entry.name);
  cli.prepare(command);
  file.define(command, cli, commands);
  const sub = command.commands.find((each) => each.name() === before[1]);
  const shown = sub ?? command;
  // `config check` is carried out here, whatever verbs the kernel has.
  const whole = sub?.options.some(({ long }) => !GLOBAL_OPTIONS.includes(long ?? '')) ?? false;
  if (options)
    return { words: [...shown.options.flatMap(({ long, short }) => long ?? short ?? []), '--help'], whole };
  const given = shown.options.find(({ long, short }) => [long, short].includes(before.at(-1)));
  if (given?.required) return { words: given.argChoices ?? [], whole: true };
  if (sub !== undefined || before.length > 1) return { words: [], whole };
  const choices = command.registeredArguments[0]?.argChoices ?? [];
  return { words: [...command.commands.map((each) => each.name()), ...choices], whole };
}

/** The verb whose words the line begins with. */
function longestVerb(before: readonly string[], verbs: readonly OfferedVerb[]): OfferedVerb | undefined {
  for (let length = before.length; length > 0; length--) {
    const name = before.slice(0, length).join('.');
    const verb = verbs.find((each) => each.name === name);
    if (verb !== undefined) return verb;
  }
  return undefined;
}

/** The words that continue the line to the name of a verb. */
function nextWords(before: readonly string[], verbs: readonly OfferedVerb[]): string[] {
  const start = `${before.join('.')}.`;
  return verbs
    .filter(({ name }) => name.startsWith(start))
    .map(({ name }) => name.slice(start.length).split('.')[0]!);
}

function optionsOf({ input, positional }: OfferedVerb): string[] {
  const places = positional.map((name) => name.replace(/\.\.\.$/, ''));
  return Object.keys(input?.properties ?? {})
    .filter((name) => !places.includes(name))
    .map(optionOf);
}
