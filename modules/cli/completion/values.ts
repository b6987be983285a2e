import type { OfferedVerb } from '../../control/index.js';
import type { RunningKernel } from '../control/connect.js';

/** What a verb answers, as far as names are looked for in it. */
type Named = readonly { readonly name: string }[];

/** Whose answer has the names that an argument may be, by the verb and the argument's name. */
const SOURCES: Readonly<Record<string, string>> = {
  'kldreload module': 'kldstat',
  'kldunload module': 'kldstat',
  'eventhandler lists': 'eventhandler',
  'tap lists': 'eventhandler',
  'sysctl names': 'sysctl',
  'sysctl.set name': 'sysctl',
  'carp.state vhid': 'carp',
};

/** The values that a verb's argument in that place may have, as far as the kernel knows them. */
export async function valuesOf(verb: OfferedVerb, place: number, kernel: RunningKernel): Promise<string[]> {
  const last = verb.positional.at(-1);
  const argument = verb.positional[place] ?? (last?.endsWith('...') ? last : undefined);
  if (argument === undefined) return [];
  const name = argument.replace(/\.\.\.$/, '');
  const choices = verb.input?.properties?.[name]?.enum;
  if (choices !== undefined) return choices.map(String);
  const source = kernel.index.verbs.find((each) => each.name === SOURCES[`${verb.name} ${name}`]);
  if (source === undefined) return [];
  const found = (await kernel.client.call(source, undefined, 'json')) as Named;
  return found.map((each) => each.name);
}
