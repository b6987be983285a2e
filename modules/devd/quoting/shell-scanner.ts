/**
 * Follows a shell command far enough to know in which quoting context each of its variables stands. It reads what
 * the author wrote, never a value; a value is always put in so that the context after it is the one before it.
 *
 * Certain are: plain words, '…', "…", `…` and comments, and a whole script given to another shell (`sh -c '…'`,
 * `su -c`, `eval`), which is followed by a scanner of its own. Where two shells read differently (`$'…'`, here
 * documents, arithmetic, `${x:-…}`), where the text is code in another language or goes to another host, the
 * context is unsure: only values of harmless characters are let in there.
 */
import { Command } from './command.js';
import type { Context, Place } from './place.js';

export class ShellScanner {
  readonly #frames: Context[] = [];
  #command = new Command(() => new ShellScanner());
  /** The command around the backticks that are open. */
  #outer: Command | undefined;
  #dangling: Place['dangling'] = '';
  /** Once lost, the way is not found again. */
  #lost = '';

  /** Reads on in what the author wrote. */
  feed(text: string): void {
    if (text !== '') this.#dangling = '';
    for (let at = 0; at < text.length; at++) at = this.#step(text, at);
  }

  /** Where a value put in here stands; what is fed next comes after the value. */
  place(): Place {
    const [context, command, dangling] = [this.#context, this.#command, this.#dangling];
    if (context === 'comment') return this.#describe(this.#lost, false, undefined);
    const isCommand = command.atName;
    const inner = command.scriptPlace();
    const place = this.#describe(this.#whyUnsure(dangling), isCommand, inner);
    command.appendUnknown();
    this.#dangling = '';
    return place;
  }

  get #context(): Context {
    return this.#frames.at(-1) ?? 'word';
  }

  #describe(reason: string, isCommand: boolean, inner: Place | undefined): Place {
    const [context, dangling] = [this.#context, this.#dangling];
    const inBackticks = this.#outer !== undefined;
    return { context: reason === '' ? context : 'unsure', inBackticks, dangling, isCommand, inner, reason };
  }

  #whyUnsure(dangling: Place['dangling']): string {
    if (this.#lost !== '') return this.#lost;
    if (this.#context === 'double' && this.#outer !== undefined) return 'double quotes inside backticks';
    if (dangling !== '' && (this.#outer !== undefined || this.#command.inScript))
      return 'an escape right before it';
    return this.#command.rereads(this.#context !== 'word');
  }

  #step(text: string, at: number): number {
    const char = text[at]!;
    const [context, command] = [this.#context, this.#command];
    if (context === 'comment' || context === 'single')
      this.#stepToEnd(char, context === 'comment' ? '\n' : "'");
    else if (char === '\\') return this.#backslash(text, at);
    else if (char === '$') return this.#dollar(text, at);
    else if (char === '`') this.#backtick();
    else if (context === 'double') this.#stepToEnd(char, '"');
    else if (char === "'" || char === '"') {
      command.openQuote();
      this.#frames.push(char === '"' ? 'double' : 'single');
    } else if (char === ' ' || char === '\t') command.endWord();
    else if (char === '#' && !command.inWord) this.#beginComment();
    else this.#plain(text, at);
    return at;
  }

  #beginComment(): void {
    if (this.#outer !== undefined) this.#lost ||= 'a comment inside backticks';
    this.#frames.push('comment');
  }

  #stepToEnd(char: string, end: string): void {
    if (this.#outer !== undefined && (char === '`' || char === '\\'))
      this.#lost ||= 'quotes inside backticks';
    if (char === end) {
      this.#frames.pop();
      if (end === '\n') this.#newCommand();
    } else if (end !== '\n') this.#command.append(char);
  }

  #plain(text: string, at: number): void {
    const char = text[at]!;
    const isRedirection = at > 0 && '<>'.includes(text[at - 1]!) && '&|'.includes(char);
    if ('\n;&|()'.includes(char) && !isRedirection) {
      if (text.startsWith('((', at)) this.#lost ||= 'arithmetic';
      if (char === '(' && '<>'.includes(text[at - 1] ?? ' ')) this.#lost ||= 'a process substitution';
      this.#newCommand();
      return;
    }
    if (text.startsWith('<<', at)) this.#lost ||= 'a here document';
    if (text.startsWith('[[', at) && !this.#command.inWord)
      this.#lost ||= 'a [[ expression, which can be arithmetic';
    this.#command.append(char);
  }

  #backslash(text: string, at: number): number {
    const next = text[at + 1];
    if (this.#outer !== undefined) this.#lost ||= 'a backslash inside backticks';
    if (next === undefined) {
      this.#dangling = '\\';
      return at;
    }
    if (this.#context === 'double' && !'$`"\\\n'.includes(next)) this.#command.append('\\');
    if (next !== '\n') this.#command.append(next);
    return at + 1;
  }

  #dollar(text: string, at: number): number {
    const next = text[at + 1];
    if (next === '(') return this.#opaque(text, at, '(', ')', 'a command substitution');
    if (next === '{') return this.#opaque(text, at, '{', '}', 'a parameter expansion');
    if ((next === "'" || next === '"') && this.#context === 'word') {
      this.#lost ||= `$${next}…${next}, which shells read differently`;
    }
    if (next === undefined) this.#dangling = '$';
    this.#command.append('$');
    return at;
  }

  /** Skips `$(…)` or `${…}`: with nothing quoted in it, it ends where its brackets balance; else who knows. */
  #opaque(text: string, at: number, open: string, close: string, name: string): number {
    let depth = 0;
    let end = at + 1;
    for (; end < text.length; end++) {
      if (text[end] === open) depth++;
      else if (text[end] === close && --depth === 0) break;
    }
    const inside = text.slice(at + 2, end);
    if (depth > 0 || /['"`\\#]|\bcase\b|<<|\$[({]/.test(inside)) this.#lost ||= `${name} that is not plain`;
    this.#command.append('$');
    return end;
  }

  #backtick(): void {
    if (this.#context === 'double') this.#lost ||= 'backticks inside double quotes';
    if (this.#outer === undefined) {
      this.#outer = this.#command;
      this.#command = new Command(() => new ShellScanner());
    } else {
      this.#command = this.#outer;
      this.#outer = undefined;
    }
    if (this.#command.inScript) this.#lost ||= 'backticks in a script for another shell';
    this.#command.appendUnknown();
    if (this.#outer !== undefined) this.#newCommand();
  }

  #newCommand(): void {
    this.#command = new Command(() => new ShellScanner());
  }
}
