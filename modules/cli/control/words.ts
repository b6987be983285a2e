import { findCommand } from '../commands.js';
import { isProtocol, verbOrder } from './ifconfig-order.js';

/**
 * The words of a command line as a verb of the running kernel, or undefined where they are for one of our own commands.
 * `carpet carp` and `carpet vrrp` with options run the protocol here; without, or with words, they are about that of the
 * running kernel, where `carp 1@eth0 state backup` is ifconfig(8)'s order of words for the verb carp.state. `carpet help`
 * of a word that is no command of ours is the help of a verb.
 */
export function kernelWords(args: readonly string[]): readonly string[] | undefined {
  const [first, second = ''] = args;
  if (first === undefined || !/^[a-z]/.test(first)) return undefined;
  if (first === 'help') return isStrange(second) ? [...args.slice(1), '--help'] : undefined;
  if (findCommand(first) === undefined) return args;
  if (!isProtocol(first) || (second.startsWith('-') && !args.slice(1).every(isForKernel))) return undefined;
  return verbOrder(args);
}

function isStrange(word: string): boolean {
  return /^[a-z]/.test(word) && findCommand(word) === undefined;
}

/** Whether a word fits a question to a running kernel: to run the protocol here takes more than these options. */
function isForKernel(word: string): boolean {
  return !word.startsWith('-') || /^--(json$|socket(=|$))/.test(word);
}
