import { Command, type Option } from 'commander';
import { addControlOptions } from '../../../modules/cli/control/verb-command.js';
import { bold, code, filled, italic, prose } from './roff.js';

/** Options that every command has, and those that every command for a running kernel has: carpet(1) lists them once. */
const COMMON: ReadonlySet<string> = new Set([
  '--debug',
  '--log-format',
  '--help',
  ...kernelOptions().map(textOf),
]);

/** What every command that asks the running kernel takes. */
export function kernelOptions(): readonly Option[] {
  return addControlOptions(new Command()).options;
}

/** A `--json` or `--socket` that means something else is not a common one. */
function textOf({ flags, description }: Option): string {
  return `${flags} ${description}`;
}

/** `carpet kldload [options] <module>` as a synopsis shows it. */
export function usage(command: Command, name: string): string {
  const places = command.registeredArguments.map((argument) => {
    const shown = `${argument.name()}${argument.variadic ? '...' : ''}`;
    return argument.required ? `<${shown}>` : `[${shown}]`;
  });
  const options = ownOptions(command).length > 0 ? '[options]' : '';
  return [bold(code(name)), ...[options, ...places].filter((each) => each !== '').map(placed)].join(' ');
}

/** A command's arguments and options as a list of terms. */
export function optionList(command: Command): string[] {
  const places = command.registeredArguments
    .filter(({ description }) => description !== '')
    .map((argument) => term(italic(code(argument.name())), describe(argument)));
  return [...places, ...ownOptions(command).map(optionTerm)].flat();
}

/** An option as a term, and what it does. */
export function optionTerm(option: Option): string[] {
  return term(flags(option), describe(option));
}

/** The options that this command alone has. */
export function ownOptions({ options }: Command): readonly Option[] {
  return options.filter((each) => !each.hidden && !COMMON.has(each.long ?? '') && !COMMON.has(textOf(each)));
}

/** `-f, --file <settings.yaml>`: what is typed in bold, what stands for something else in italics. */
function flags(option: Option): string {
  return option.flags
    .split(' ')
    .map((word) =>
      word.startsWith('-')
        ? bold(code(word.replace(/,$/, ''))) + (word.endsWith(',') ? ',' : '')
        : placed(word),
    )
    .join(' ');
}

/** `<file>` and `[file...]`: the brackets upright. */
function placed(word: string): string {
  const [, open = '', name = word, close = ''] = /^([<[]?)(.*?)([>\]]?)$/.exec(word)!;
  return open === '<' ? italic(code(name)) : `${open}${italic(code(name))}${close}`;
}

interface Described {
  readonly description: string;
  readonly argChoices?: readonly string[] | undefined;
  readonly defaultValue?: unknown;
  /** How `--help` shows the default. */
  readonly defaultValueDescription?: string | undefined;
}

/** The text of `--help`, with the choices and the default that it shows. */
function describe({ description, argChoices, defaultValue, defaultValueDescription }: Described): string {
  const simple = typeof defaultValue === 'string' || typeof defaultValue === 'number';
  const shown = defaultValueDescription ?? (simple ? String(defaultValue) : undefined);
  const remarks = [
    ...(argChoices === undefined ? [] : [argChoices.map((choice) => bold(code(choice))).join(', ')]),
    ...(shown === undefined ? [] : [`default: ${bold(code(shown))}`]),
  ];
  return `${prose(description)}${remarks.length === 0 ? '' : ` (${remarks.join('; ')})`}`;
}

function term(tag: string, text: string): string[] {
  return ['.TP', tag, ...(text === '' ? ['\\&'] : filled(text))];
}
