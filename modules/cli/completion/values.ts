import type { OfferedVerb } from '../../control/index.js';
import type { RunningKernel } from '../control/connect.js';

/** What a verb answers, as far as names are looked for in it. */
type Named = readonly { readonly name: string }[];

/** Whose answers have the names that an argument or option may be, by the verb and its name. */
const SOURCES: Readonly<Record<string, readonly string[]>> = {
  'kldreload module': ['kldstat'],
  'kldunload module': ['kldstat'],
  'eventhandler lists': ['eventhandler'],
  'tap lists': ['eventhandler'],
  'sysctl names': ['sysctl'],
  'sysctl.set name': ['sysctl'],
  'carp.state vhid': ['carp'],
  'carp.demote vhid': ['carp'],
  'vrrp.state router': ['vrrp'],
  'why vhid': ['carp', 'vrrp'],
  ...Object.fromEntries(
    ['drain', 'undrain', 'carp.drain', 'carp.undrain', 'vrrp.drain', 'vrrp.undrain'].map((verb) => [
      `${verb} vhid`,
      ['carp', 'vrrp'],
    ]),
  ),
};

/** The values that a verb's argument in that place may have, as far as the kernel knows them. */
export async function valuesOf(verb: OfferedVerb, place: number, kernel: RunningKernel): Promise<string[]> {
  const last = verb.positional.at(-1);
  const argument = verb.positional[place] ?? (last?.endsWith('...') ? last : undefined);
  return argument === undefined ? [] : valuesOfMember(verb, argument.replace(/\.\.\.$/, ''), kernel);
}

/** The values that a member of a verb's input may have, as far as the kernel knows them. */
export async function valuesOfMember(
  verb: OfferedVerb,
  name: string,
  kernel: RunningKernel,
): Promise<string[]> {
  const choices = verb.input?.properties?.[name]?.enum;
  if (choices !== undefined) return choices.map(String);
  const sources = SOURCES[`${verb.name} ${name}`] ?? [];
  const offered = kernel.index.verbs.filter((each) => sources.includes(each.name));
  const answers = await Promise.all(offered.map((each) => kernel.client.call(each, undefined, 'json')));
  return (answers as Named[]).flatMap((each) => each.map(({ name: found }) => found));
}

/** The member that an option with a value stands for, as `vhid` for `--vhid`. */
export function memberOf(verb: OfferedVerb, option: string): string | undefined {
  return Object.entries(verb.input?.properties ?? {}).find(
    ([name, { type }]) => type !== 'boolean' && optionOf(name) === option,
  )?.[0];
}

/** `--dead-ratio` for `deadRatio`. */
export function optionOf(name: string): string {
  return `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}
