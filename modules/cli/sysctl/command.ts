/**
 * @module
 * `carpet sysctl [-a] [-d] [-n] [name[=value]...]`: sysctl(8) of the running kernel.
 */
import type { Command } from 'commander';
import type { ControlClient, KernelIndex, OfferedVerb } from '../../control/index.js';
import { findKernel } from '../control/connect.js';
import { addControlOptions, type ControlOptions } from '../control/verb-command.js';
import { UsageError } from '../failure.js';

interface SysctlOptions extends ControlOptions {
  readonly all?: boolean;
  readonly describe?: boolean;
  readonly valuesOnly?: boolean;
}

/** What the verb `sysctl` returns for each node. */
interface Node {
  readonly name: string;
  readonly value: unknown;
  readonly description: string;
}

export function define(command: Command): void {
  command
    .argument('[name[=value]...]', 'sysctls or prefixes to show, sysctls to set')
    .option('-a, --all', 'show all')
    .option('-d, --describe', 'show descriptions instead of values')
    .option('-n, --values-only', 'show values without names');
  addControlOptions(command).action(run);
}

async function run(words: readonly string[], options: SysctlOptions): Promise<void> {
  if (words.length === 0 && !options.all) throw new UsageError('name a sysctl, or give -a for all of them');
  const { client, index } = await findKernel(options.socket);
  if (words.length === 0) return show(await nodes(client, index, undefined), options);
  const shown: Node[] = [];
  for (const word of words) {
    const [, name, value] = /^([^=]+)=(.*)$/s.exec(word) ?? [];
    if (name !== undefined) await set(client, index, name, value!, options);
    else shown.push(...(await nodes(client, index, [word])));
  }
  if (shown.length > 0) show(shown, options);
}

async function set(
  client: ControlClient,
  index: KernelIndex,
  name: string,
  value: string,
  { json }: ControlOptions,
): Promise<void> {
  const verb = verbOf(index, 'sysctl.set');
  if (json) print(`${JSON.stringify(await client.call(verb, { name, value }, 'json'))}\n`);
  else print(await client.call(verb, { name, value }, 'text'));
}

async function nodes(
  client: ControlClient,
  index: KernelIndex,
  names: string[] | undefined,
): Promise<Node[]> {
  const input = names && { names };
  return (await client.call(verbOf(index, 'sysctl'), input, 'json')) as Node[];
}

function show(found: readonly Node[], { json, describe, valuesOnly }: SysctlOptions): void {
  if (json) return print(`${JSON.stringify(found, null, 2)}\n`);
  for (const node of found) {
    const text = describe ? node.description : String(node.value);
    print(valuesOnly ? `${text}\n` : `${node.name}: ${text}\n`);
  }
}

function verbOf({ verbs }: KernelIndex, name: string): OfferedVerb {
  const verb = verbs.find((each) => each.name === name);
  if (verb === undefined) throw new UsageError(`this kernel does not offer ${name}`);
  return verb;
}

function print(text: string): void {
  process.stdout.write(text);
}
