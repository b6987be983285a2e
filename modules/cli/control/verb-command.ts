/**
 * @module
 * A verb of the running kernel as a command: its positional arguments and options come from the description of its
 * input that the kernel gives, so that a module's verb is a command without a line of code for it.
 */
import type { Command } from 'commander';
import {
  type ControlClient,
  coerce,
  type JsonSchema,
  type OfferedVerb,
  type Texts,
} from '../../control/index.js';
import { follow } from './follow.js';

/** What every such command takes. */
export interface ControlOptions {
  readonly json?: boolean;
  readonly socket?: string;
}

/** Adds the options that every command which asks a running kernel has. */
export function addControlOptions(command: Command): Command {
  return command
    .option('--json', 'print JSON')
    .option('--socket <path>', 'the kernel to ask (default: $CARPET_SOCKET, or /run/carpet/control.sock)');
}

/** Describes a verb's arguments and options, and carries it out. */
export function defineVerb(command: Command, verb: OfferedVerb, client: ControlClient): void {
  const properties = verb.input?.properties ?? {};
  const required = new Set(verb.input?.required ?? []);
  const places = verb.positional.map((name) => name.replace(/\.\.\.$/, ''));
  verb.positional.forEach((name, i) => {
    const member = places[i]!;
    const shown = required.has(member) ? `<${name}>` : `[${name}]`;
    command.argument(shown, properties[member]?.description ?? '');
  });
  for (const [name, schema] of Object.entries(properties)) {
    if (places.includes(name)) continue;
    const [flag, text] = [flagOf(name, schema), schema.description ?? ''];
    if (required.has(name)) command.requiredOption(flag, text);
    else command.option(flag, text);
  }
  addControlOptions(command).action(async (...given: unknown[]) => {
    const options = given[places.length] as Record<string, string | boolean> & ControlOptions;
    const texts = collect(places, given, properties, options);
    const input = Object.keys(texts).length === 0 ? undefined : coerce(texts, verb.input);
    await runVerb(client, verb, input, options.json ?? false);
  });
}

/** Prints a verb's answer, or its items as they come until the user or the kernel ends them. */
export async function runVerb(
  client: ControlClient,
  verb: OfferedVerb,
  input: unknown,
  json: boolean,
): Promise<void> {
  const form = json ? 'json' : 'text';
  if (!verb.stream) {
    const answer = json
      ? `${JSON.stringify(await client.call(verb, input, 'json'), null, 2)}\n`
      : await client.call(verb, input, 'text');
    process.stdout.write(answer);
    return;
  }
  for await (const text of follow(client, verb, input, form)) process.stdout.write(json ? `${text}\n` : text);
}

function flagOf(name: string, schema: JsonSchema): string {
  const flag = `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
  return schema.type === 'boolean' ? flag : `${flag} <${name.toLowerCase()}>`;
}

function collect(
  places: readonly string[],
  given: readonly unknown[],
  properties: Readonly<Record<string, JsonSchema>>,
  options: Readonly<Record<string, string | boolean>>,
): Texts {
  const texts: Record<string, string | string[]> = {};
  places.forEach((member, i) => {
    const value = given[i] as string | string[] | undefined;
    if (value !== undefined && value.length > 0) texts[member] = value;
  });
  for (const name of Object.keys(properties)) {
    const value = options[name];
    if (!places.includes(name) && value !== undefined) texts[name] = String(value);
  }
  return texts;
}
