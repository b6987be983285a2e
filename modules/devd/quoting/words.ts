/**
 * The words of a command as far as they were read, and the program that decides what the next one means.
 *
 * @module
 */
import { COMMAND_OPTIONS, isActive, PRECOMMANDS, type Program, programOf, WRITERS } from './programs.js';

/** Stands in a word for text that is unknown: a value, or the result of an expansion. */
export const UNKNOWN = '\0';
/** `name=`, `name+=` and `name[…]=` in front of a word; the name is the first group. */
export const ASSIGNMENT = /^([A-Za-z_]\w*)(\[[^\]]*\])?\+?=/;
/** The operators of test(1) between numbers. */
export const COMPARISON = /^-(eq|ne|lt|le|gt|ge)$/;

/** A program, and the words it is given. */
export interface Resolved {
  readonly program: Program | undefined;
  readonly args: readonly string[];
}

/** The program that decides about a command's words: one that is run by those before it, if they do that. */
export function resolve(words: readonly string[]): Resolved {
  let first = 0;
  while (PRECOMMANDS.has(words[first] ?? '') && /^[^-]/.test(words[first + 1] ?? '')) first++;
  const own = words.slice(first);
  const program = programOf(own[0] ?? '');
  if (program !== undefined && !mayRunOthers(program)) return { program, args: own.slice(1) };
  const found = own.findIndex((word, place) => {
    const other = place === 0 ? undefined : programOf(word);
    const isRun = program?.manner === 'wrapper' || COMMAND_OPTIONS.has(own[place - 1] ?? '');
    return isActive(other) || (isRun && other !== undefined);
  });
  if (found <= 0) return { program, args: own.slice(1) };
  const other = programOf(own[found]!);
  // One that runs another in its turn: `sudo timeout 5 …`.
  return other?.manner === 'wrapper'
    ? resolve(own.slice(found))
    : { program: other, args: own.slice(found + 1) };
}

function mayRunOthers({ manner }: Program): boolean {
  return manner === 'wrapper' || manner === 'runner' || manner === 'plain';
}

/** `-x` and `--long`, but not `--`, `-` and numbers below zero. */
export function isOption(word: string): boolean {
  return /^-./.test(word) && word !== '--' && !/^-\d+$/.test(word);
}

/** Words that are neither options nor assignments. */
export function operands(args: readonly string[]): readonly string[] {
  return args.filter((word) => !word.startsWith('-') && !ASSIGNMENT.test(word));
}

/** The files that a command's words make it write: all of them, or the last one. */
export function writtenBy(words: readonly string[]): readonly string[] {
  const writer = words.findIndex((word) => Object.hasOwn(WRITERS, word));
  const files = writer < 0 ? [] : operands(words.slice(writer + 1));
  return WRITERS[words[writer] ?? ''] === 'last'
    ? files.slice(-1)
    : files.map((file) => file.replace(/^of=/, ''));
}

/** The files that a command may read as commands, the command's own among them. */
export function runBy(words: readonly string[]): readonly string[] {
  const [name] = words;
  if (name === undefined) return [];
  const { program, args } = resolve(words);
  if (!isActive(program) && program?.manner !== 'source' && program?.manner !== 'wrapper') return [name];
  const files = operands(args);
  // What follows a shell's script, named by its path, are the script's own words.
  const script =
    program?.manner === 'shell' && program.operands === 0
      ? files.findIndex((word) => word.includes('/'))
      : -1;
  return [name, ...(script < 0 ? files : files.slice(0, script + 1))];
}
