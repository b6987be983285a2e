/** The words of one simple command, as far as read: whether one of them is a script or a program of its own. */
import type { Place } from './place.js';

/** Shells, and programs that hand the word after `-c` to one. */
const SHELLS = new Set([
  'sh',
  'ash',
  'bash',
  'dash',
  'ksh',
  'mksh',
  'zsh',
  'busybox',
  'su',
  'runuser',
  'script',
  'flock',
]);
/** All their words together are one script. */
const EVALUATORS = new Set(['eval', 'trap']);
/** Their words are read a second time: by a shell elsewhere, or as an arithmetic expression. */
const REREADERS = new Set(
  'ssh rsh csh tcsh fish tmux screen watch parallel at batch expect alias let declare typeset local readonly export unset read getopts mapfile readarray'.split(
    ' ',
  ),
);
/** What is quoted for them is a program of theirs. */
const LANGUAGES = new Set('awk gawk mawk perl python python3 php ruby node lua sed tclsh'.split(' '));

/** What follows a script that a word is. */
export interface Follower {
  feed(text: string): void;
  place(): Place;
}

export class Command {
  readonly #words: string[] = [];
  #word: string | undefined;
  #hasQuotes = false;
  #script: Follower | undefined;
  /** Text of the script that was not yet handed on: the follower must see more than one character at a time. */
  #pending = '';
  #evaluates = false;
  readonly #follow: () => Follower;

  constructor(follow: () => Follower) {
    this.#follow = follow;
  }

  get inWord(): boolean {
    return this.#word !== undefined;
  }

  get inScript(): boolean {
    return this.#script !== undefined;
  }

  /** The word at hand would be the command's name. */
  get atName(): boolean {
    return this.#words.length === 0 && (this.#word === undefined || this.#word === '');
  }

  /** A character of a word, quotes and escapes taken off. */
  append(char: string): void {
    this.#beginWord();
    this.#beginAttachedScript();
    this.#word += char;
    this.#pending += char;
  }

  openQuote(): void {
    this.#beginWord();
    this.#beginAttachedScript();
    this.#hasQuotes = true;
  }

  /** Something unknown is part of the word: a value, or what a substitution gives. */
  appendUnknown(): void {
    this.#beginWord();
    this.#word += '\0';
  }

  /** The place in the script where the next value goes, if the word is one. */
  scriptPlace(): Place | undefined {
    this.#beginWord();
    this.#script?.feed(this.#pending);
    this.#pending = '';
    return this.#script?.place();
  }

  endWord(): void {
    if (this.#word === undefined) return;
    this.#words.push(this.#word);
    if (EVALUATORS.has(this.#word)) this.#evaluates = true;
    this.#word = undefined;
    if (!this.#evaluates) this.#script = undefined;
  }

  /** Why a value here may be read as more than a word; empty if it is not. */
  rereads(inQuotes: boolean): string {
    const names = this.#words.map(baseName);
    if (names.some((name) => REREADERS.has(name))) return 'a command that reads its words a second time';
    if (/\w\[[^\]]*$/.test(this.#word ?? '')) return 'an array subscript, which is arithmetic';
    if (this.#words.at(-1) === '-v' && names.some((name) => /^(printf|test|\[)$/.test(name))) {
      return 'the name of a variable, which can be arithmetic';
    }
    const isCode = this.#hasQuotes || inQuotes || /^-\w*[ecrE]$/.test(this.#words.at(-1) ?? '');
    return isCode && names.some((name) => LANGUAGES.has(name)) ? 'a program in another language' : '';
  }

  #beginWord(): void {
    if (this.#word !== undefined) return;
    this.#word = '';
    this.#hasQuotes = false;
    this.#pending = this.#evaluates && this.#script !== undefined ? `${this.#pending} ` : '';
    if (this.#script === undefined && (this.#evaluates || this.#followsScriptFlag()))
      this.#script = this.#follow();
  }

  /** `su -c'…'` and `su --command=…`. */
  #beginAttachedScript(): void {
    if (this.#script !== undefined || !/^(-\w*c|--command=)$/.test(this.#word!) || !this.#runsShell()) return;
    this.#script = this.#follow();
    this.#pending = '';
  }

  /** `-c`, also among other flags, and further flags after it. */
  #followsScriptFlag(): boolean {
    const flags = this.#words.slice(this.#words.findLastIndex((word) => !word.startsWith('-')) + 1);
    return flags.some((flag) => /^-\w*c\w*$/.test(flag) || flag === '--command') && this.#runsShell();
  }

  /** A name that only the shell will know may be that of a shell. */
  #runsShell(): boolean {
    return /[$\0]/.test(this.#words[0] ?? '') || this.#words.some((word) => SHELLS.has(baseName(word)));
  }
}

function baseName(word: string): string {
  return word.slice(word.lastIndexOf('/') + 1);
}
