/**
 * A simple command: decides, once all its words are read, whether a value in each stays a value.
 *
 * A value may stand only where it is certain that its word is an argument that the program takes for data.
 *
 * @module
 */
import { judgeComparison, judgeFormat } from './arithmetic.js';
import type { Findings } from './findings.js';
import { NotPlain } from './not-plain.js';
import { beforeDashes, Operands, takesNext } from './operands.js';
import { harmless, none, number } from './place.js';
import { placeOfProgram } from './preamble.js';
import { type Manner, mayRunInput, type Program, programOf, WRITERS } from './programs.js';
import { mayRun, refuse, refuseAll, refuseCode } from './refusal.js';
import { type Invocation, readLogin, readShell } from './shell-words.js';
import {
  assigned,
  Hole,
  isOption,
  joined,
  literal,
  type Piece,
  pattern,
  UNKNOWN,
  type Word,
} from './word.js';

/** Reads text that a word of a command is. */
export interface Within {
  /** A script: for another shell, or for this one a second time. @throws NotPlain */
  script(pieces: readonly Piece[], isFed: boolean): void;
  /** Whether a harmless value behind this text would be an argument, were it read as commands. */
  isArgumentBehind(text: string): boolean;
}

const COMMAND_NAME = 'the name of a command that is run';
const SCRIPT = 'a script that variables are put into';
const COMMANDS_FILE = 'the file of commands that is read';
const SPLIT_OR_NOT = 'a word that shells split or not';
const LANGUAGE = 'a program in another language';
/** Of another language, with operands that are files of data. */
const FILTERS: ReadonlySet<string> = new Set([
  'awk',
  'gawk',
  'mawk',
  'nawk',
  'original-awk',
  'sed',
  'gsed',
  'jq',
]);
/** They copy the files that they are given; only options name something that they run. */
const COPIERS: ReadonlySet<string> = new Set(['rsync', 'scp', 'sftp']);
/** A file by its name, which is no option; and one by its path: ksh93 runs `! x` when it is told to read the file `!`. */
const FILE = /^[\w.%@+/][\w.%@+/-]*$/;
const PATH = /^[\w.%@+-]*\/[\w.%@+/-]*$/;
/** Why a variable takes no value. */
export const STEERS =
  'a variable in capitals, which may steer a shell or a program: take one in small letters';

/** Whether a variable's value may be more than data: PATH, PS4, LD_PRELOAD. */
export function steers(variable: string): boolean {
  return /[A-Z]/.test(variable) && !variable.startsWith('DEVD_');
}

/** A command whose words are read one after another. */
export class Command {
  readonly #findings: Findings;
  readonly #isFed: boolean;
  readonly #within: Within;
  readonly #operands: Operands;
  readonly #words: Word[] = [];
  readonly #inputs: Word[] = [];
  readonly #assignments: Word[] = [];

  constructor(findings: Findings, isFed: boolean, within: Within) {
    this.#findings = findings;
    this.#isFed = isFed;
    this.#within = within;
    this.#operands = new Operands(findings, (text) => within.isArgumentBehind(text));
  }

  add(word: Word): void {
    if (/^[A-Za-z_]\w*\+=/.test(word.bare)) throw new NotPlain('+=, which shells read differently');
    const isAssignment = this.#words.length === 0 && assigned(word) !== undefined;
    (isAssignment ? this.#assignments : this.#words).push(word);
  }

  redirect(isInput: boolean, file: Word): void {
    if (isInput) this.#inputs.push(file);
    else this.#findings.write(pattern(file));
  }

  /** All words are read. @throws NotPlain */
  end(): void {
    for (const word of this.#assignments) this.#assign(word);
    const program = this.#words.length === 0 ? undefined : this.#run(this.#words);
    if (this.#words.length > 0 && this.#isFed && mayRunInput(program))
      this.#findings.doubt('the input of another shell or interpreter');
    const takesCommands = program !== undefined && mayRunInput(program);
    for (const file of this.#inputs) {
      if (!takesCommands) continue;
      this.#findings.readCommands(pattern(file));
      refuse(this.#findings, file, none(COMMANDS_FILE));
    }
  }

  /** A value of the shell's own variables is data; one in capitals may steer the shell, or what it runs. */
  #assign(word: Word): void {
    const name = assigned(word)!;
    this.#findings.assign(name);
    if (/[A-Z]/.test(name) && !name.startsWith('DEVD_'))
      refuse(
        this.#findings,
        word,
        none(`the variable ${name}, which may steer a shell or a program: take one in small letters`),
      );
  }

  /** @returns the program that reads the command's input, as far as it is known */
  #run(words: readonly Word[]): Program | undefined {
    const [first, ...rest] = words as [Word, ...Word[]];
    const name = this.#name(first);
    if (name === undefined) {
      for (const word of rest) refuse(this.#findings, word, none('a program whose name is in a variable'));
      return UNKNOWN_PROGRAM;
    }
    if (RESERVED_HERE.test(name) || name.includes('='))
      throw new NotPlain('a word of the grammar behind another command');
    if (name.startsWith('-')) throw new NotPlain('an option where the name of a program should be');
    this.#findings.run(name);
    const program = programOf(name);
    return this.#findings.command(() => {
      this.#noteWritten(program?.name ?? name, rest);
      return this.#dispatch(program, rest);
    });
  }

  /** The name of the program, or its last part; undefined if that is not known. */
  #name(word: Word): string | undefined {
    refuse(this.#findings, word, none('the name of the command that is run'));
    const text = pattern(word);
    const known = text.slice(text.lastIndexOf(UNKNOWN) + 1);
    if (known === text) return text;
    return /\/[^/]+$/.test(known) ? known : undefined;
  }

  #dispatch(program: Program | undefined, words: readonly Word[]): Program | undefined {
    switch (program?.manner) {
      case 'text':
        return program;
      case 'message':
        this.#operands.markOptions(beforeDashes(words));
        return program;
      case 'format':
        judgeFormat(program.name, words, (word, doubt) => refuse(this.#findings, word, doubt));
        this.#operands.markOptions(words.slice(0, 1));
        return program;
      case 'test':
        judgeComparison(words, (word, doubt) => refuse(this.#findings, word, doubt));
        return program;
      case 'number':
        for (const word of words)
          refuse(this.#findings, word, number('a number, which some shells take for arithmetic'));
        return program;
      case 'plain':
        this.#operands.plain(words);
        return program;
      case 'mail':
        if (words.some((word) => /^-\w*[I~]/.test(pattern(word))))
          throw new NotPlain(`${program.name} that obeys its text`);
        this.#operands.mail(words);
        return program;
      case 'runner':
        this.#operands.runner(words, program.name === 'find');
        return program;
      case 'source':
        this.#file(words, FILE);
        return program;
      case 'service':
        if (literal(words[0])?.includes('/') === true) mayRun(this.#findings, words[0]!);
        if (FILE.test(literal(words[0]) ?? '')) this.#operands.plain(words.slice(1));
        else refuseAll(this.#findings, words, none(COMMAND_NAME));
        return program;
      case 'interpreter':
        if (FILE.test(literal(words[0]) ?? '')) this.#file(words, FILE);
        else this.#refuseCode(words, true);
        return program;
      case 'language':
        this.#refuseCode(words, !FILTERS.has(program.name));
        return program;
      case 'rereader':
        this.#rereader(words, COPIERS.has(program.name));
        return program;
      case 'assigner':
        this.#assigner(program.name, words);
        return program;
      case 'expression':
        throw new NotPlain(`${program.name}, which changes what is read, or evaluates it`);
      case 'evaluator':
        this.#evaluate(program.name, words);
        return program;
      case 'shell':
        this.#invoke(readShell(words), words);
        return program;
      case 'login':
        return this.#login(program, words);
      case 'confined':
        this.#confined(words);
        return program;
      case 'wrapper':
        return this.#wrapper(program, words);
      case undefined:
        this.#operands.unknown(words);
        return program;
    }
  }

  /** A file of commands, and arguments of it. */
  #file(words: readonly Word[], name: RegExp): void {
    const [file, ...rest] = words;
    if (file !== undefined) this.#findings.readCommands(pattern(file));
    if (file === undefined || !name.test(literal(file) ?? ''))
      return refuseAll(this.#findings, words, none(COMMANDS_FILE));
    this.#operands.markOptions(beforeDashes(rest));
  }

  /** @param runsOperands an operand may be the file of a program, not only what an option takes */
  #refuseCode(words: readonly Word[], runsOperands: boolean): void {
    words.forEach((word, i) => {
      refuseCode(this.#findings, word, none(LANGUAGE));
      if (runsOperands || isOption(word) || takesNext(words[i - 1])) mayRun(this.#findings, word);
    });
  }

  #rereader(words: readonly Word[], isCopier: boolean): void {
    const doubt = none('a command that reads its words a second time');
    if (!isCopier) return refuseAll(this.#findings, words, doubt);
    words.forEach((word, i) => {
      refuse(this.#findings, word, doubt);
      if (isOption(word) || takesNext(words[i - 1])) mayRun(this.#findings, word);
    });
  }

  #assigner(name: string, words: readonly Word[]): void {
    for (const word of words) {
      const text = pattern(word);
      const variable = assigned(word);
      if (variable === undefined)
        refuse(this.#findings, word, none('the name of a variable, which can be arithmetic'));
      else if (name === 'unset' || name === 'read') throw new NotPlain(`${name} with a value`);
      else refuse(this.#findings, word, steers(variable) ? none(STEERS) : harmless(SPLIT_OR_NOT));
      if (name === 'read' && steers(text)) throw new NotPlain(STEERS);
      if (/[[(]/.test(text)) throw new NotPlain('an element of an array, which is arithmetic');
      this.#findings.assign(/^\w*/.exec(text)![0]);
    }
  }

  #evaluate(name: string, words: readonly Word[]): void {
    if (words.length === 0) return;
    if (pattern(words[0]!).startsWith('-')) throw new NotPlain(`an option of ${name}`);
    this.#script(name === 'trap' ? words[0]!.pieces : joined(words));
    if (name === 'trap') refuseAll(this.#findings, words.slice(1), none('the name of a signal'));
  }

  #confined(words: readonly Word[]): void {
    if (literal(words[0]) === '--') this.#invoke(readShell(words.slice(1)), words.slice(1));
    else refuseAll(this.#findings, words, none('an option of a shell'));
  }

  #login(program: Program, words: readonly Word[]): Program | undefined {
    if (program.name === 'runuser' && literal(words[0]) === '-u') {
      const at = literal(words[2]) === '--' ? 3 : 2;
      if (literal(words[1]) === undefined || at >= words.length || pattern(words[at]!).startsWith('-'))
        refuseAll(this.#findings, words, none(COMMAND_NAME));
      else return this.#run(words.slice(at));
    } else this.#invoke(readLogin(words), words);
    return program;
  }

  /** A shell that is given a script, a file, or neither. */
  #invoke(invocation: Invocation | undefined, words: readonly Word[]): void {
    if (invocation === undefined) return refuseAll(this.#findings, words, none('an option of a shell'));
    if ('file' in invocation) return this.#file(words.slice(invocation.file), PATH);
    if (invocation.script !== undefined) this.#script(invocation.script);
  }

  #wrapper(program: Program, words: readonly Word[]): Program | undefined {
    const at = placeOfProgram(program.name, words);
    const [first, second] = at === undefined ? [] : words.slice(at);
    if (at === undefined) refuseAll(this.#findings, words, none(COMMAND_NAME));
    else if (program.name === 'flock' && first !== undefined && literal(first) === '-c') {
      refuseAll(this.#findings, words.slice(at + 2), none(COMMAND_NAME));
      if (second !== undefined) this.#script(second.pieces);
    } else {
      for (const word of words.slice(0, at)) if (assigned(word) !== undefined) this.#assign(word);
      if (first === undefined) {
        for (const word of words) mayRun(this.#findings, word);
        return program.name === 'xargs' ? ECHO : program;
      }
      const inner = this.#findings.within(() => this.#run(words.slice(at)));
      // What xargs reads become arguments.
      return program.name === 'xargs' && !TAKES_DATA.has(inner?.manner) ? program : inner;
    }
    return program;
  }

  /** A text that is read again: followed if all of it is known, else nothing is known of the action. */
  #script(pieces: readonly Piece[]): void {
    let isKnown = true;
    for (const piece of pieces) {
      if (typeof piece === 'string' || piece instanceof Hole) continue;
      isKnown = false;
      for (const name of [piece.name, ...piece.names]) this.#findings.rereads.push({ name, ...none(SCRIPT) });
    }
    if (!isKnown) throw new NotPlain(SCRIPT);
    this.#within.script(pieces, this.#isFed);
  }

  #noteWritten(name: string, words: readonly Word[]): void {
    if (!Object.hasOwn(WRITERS, name)) return;
    const files = words.filter((word) => !isOption(word)).map(pattern);
    for (const file of WRITERS[name] === 'last' ? files.slice(-1) : files)
      this.#findings.writeOperand(file.replace(/^of=/, ''));
  }
}

/** Words of the grammar, which behind `time` are some again. */
const RESERVED_HERE = /^([{}!]|\[\[|if|then|else|elif|fi|for|while|until|do|done|case|esac|function|select)$/;
/** Whatever words a program of these is given, it runs none of them. */
const TAKES_DATA: ReadonlySet<Manner | undefined> = new Set<Manner>(['text', 'message', 'plain']);
/** What xargs runs when nothing is named. */
const ECHO: Program = { name: 'echo', manner: 'text' };
const UNKNOWN_PROGRAM: Program = { name: '', manner: 'wrapper' };
