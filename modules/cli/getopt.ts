import { UsageError } from './failure.js';

/** An option that {@link getopt} reads. */
export interface OptionSpec {
  /** Undefined for an option that ucarp lacks; its long name cannot be abbreviated, so that those of ucarp's can. */
  readonly short?: string;
  readonly long: string;
  /** Whether it takes a value. */
  readonly value: boolean;
}

/** An option as typed. */
export interface ParsedOption {
  /** The long name, also if the short one was typed. */
  readonly name: string;
  /** Empty for an option without a value. */
  readonly value: string;
}

/**
 * Reads options in the syntax of getopt_long(3), which ucarp's users know: -v1, -v 1, -zBv 1, --vhid 1, --vhid=1, any
 * unambiguous beginning of a long name, and -- as the end of the options.
 *
 * @returns all options, in the order they were typed
 * @throws UsageError for an unknown or ambiguous option, a missing or superfluous value, or an operand
 */
export function getopt(args: readonly string[], specs: readonly OptionSpec[]): ParsedOption[] {
  const rest = [...args];
  const options: ParsedOption[] = [];
  while (rest.length > 0) {
    const arg = rest.shift()!;
    if (arg === '--') refuseOperands(rest);
    else if (arg.startsWith('--')) options.push(parseLong(arg.slice(2), rest, specs));
    else if (arg.startsWith('-') && arg !== '-') options.push(...parseShort(arg.slice(1), rest, specs));
    else refuseOperands([arg]);
    if (arg === '--') break;
  }
  return options;
}

function parseLong(text: string, rest: string[], specs: readonly OptionSpec[]): ParsedOption {
  const equals = text.indexOf('=');
  const typed = equals < 0 ? text : text.slice(0, equals);
  const spec = findLong(typed, specs);
  if (equals < 0) return { name: spec.long, value: spec.value ? takeValue(`--${spec.long}`, rest) : '' };
  if (!spec.value) throw new UsageError(`option --${spec.long} takes no value`);
  return { name: spec.long, value: text.slice(equals + 1) };
}

function findLong(typed: string, specs: readonly OptionSpec[]): OptionSpec {
  const candidates = specs.filter(
    ({ short, long }) => long === typed || (short !== undefined && long.startsWith(typed)),
  );
  const exact = candidates.find(({ long }) => long === typed);
  if (exact) return exact;
  if (candidates.length > 1) {
    const names = candidates.map(({ long }) => `--${long}`).join(', ');
    throw new UsageError(`option --${typed} is ambiguous: ${names}`);
  }
  return candidates[0] ?? unknown(`--${typed}`);
}

/** One argument may hold several letters; the first that takes a value gets the rest of the argument. */
function parseShort(letters: string, rest: string[], specs: readonly OptionSpec[]): ParsedOption[] {
  const options: ParsedOption[] = [];
  for (let at = 0; at < letters.length; at++) {
    const letter = letters[at]!;
    const spec = specs.find(({ short }) => short === letter) ?? unknown(`-${letter}`);
    if (!spec.value) {
      options.push({ name: spec.long, value: '' });
      continue;
    }
    const attached = letters.slice(at + 1);
    options.push({ name: spec.long, value: attached === '' ? takeValue(`-${letter}`, rest) : attached });
    break;
  }
  return options;
}

function takeValue(option: string, rest: string[]): string {
  const value = rest.shift();
  if (value === undefined) throw new UsageError(`option ${option} requires a value`);
  return value;
}

/** ucarp ignores operands; most often they are options that lost their dash. */
function refuseOperands(operands: readonly string[]): void {
  if (operands.length > 0)
    throw new UsageError(`unexpected argument "${operands[0]}"; see carpet ucarp --help`);
}

function unknown(option: string): never {
  throw new UsageError(`unknown option ${option}; see carpet ucarp --help`);
}
