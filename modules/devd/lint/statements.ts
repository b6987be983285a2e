/**
 * Checks lines one by one, with the variables that are set before them.
 *
 * @module
 */
import { compileEre, EreError, parseEre, toByteString } from '../ere/index.js';
import type { ParsedFile, Position, SubStatement } from '../language/index.js';
import { fillTemplate, isKnownMedia, parseTemplate } from '../rules/index.js';
import type { Warning } from './warning.js';

/** Warnings about single lines. @param files in the order read */
export function checkStatements(files: readonly ParsedFile[]): Warning[] {
  const globals = new Map<string, string>();
  return files.flatMap((file) => new FileChecker(file, globals).check());
}

class FileChecker {
  readonly #warnings: Warning[] = [];
  readonly #parsed: ParsedFile;
  readonly #globals: Map<string, string>;

  constructor(parsed: ParsedFile, globals: Map<string, string>) {
    this.#parsed = parsed;
    this.#globals = globals;
  }

  check(): Warning[] {
    for (const statement of this.#parsed.statements) {
      if (statement.kind !== 'option') for (const sub of statement.subs) this.#sub(sub);
      else if (statement.option === 'set') this.#set(statement.name, statement.value, statement.at);
    }
    return this.#warnings;
  }

  #set(name: string, value: string, at: Position): void {
    this.#globals.set(name, value);
    this.#encoding(value, at);
    if (variablesOf(value).length > 0) {
      this.#warn(at, `"$" in the value of ${name} stays as it is: what "set" gives is not expanded again`);
    }
  }

  #sub(sub: SubStatement): void {
    this.#encoding(sub.first + sub.second, sub.at);
    if (sub.kind === 'media-type') {
      if (!isKnownMedia(sub.first))
        this.#warn(sub.at, `media-type "${sub.first}" is not known, and means "unknown"`);
    } else if (sub.kind !== 'action') this.#pattern(sub);
  }

  /** A file of another encoding names other things than its author meant. */
  #encoding(text: string, at: Position): void {
    if (text.includes('\ufffd'))
      this.#warn(at, 'a character here is no UTF-8, and is read as another: save the file as UTF-8');
  }

  #pattern(sub: SubStatement): void {
    const written = sub.kind === 'match' ? sub.second : sub.first;
    if (sub.kind === 'match' && sub.first === 'kern') {
      this.#warn(
        sub.at,
        'FreeBSD 14 rewrites and 15 refuses a match of "kern": the system is called "kernel"',
      );
    }
    const negated = written.startsWith('!');
    const source = negated ? written.slice(1) : written;
    for (const name of variablesOf(source)) {
      if (!this.#globals.has(name)) {
        this.#warn(
          sub.at,
          `$${name} is not set by here, and expands to nothing: a pattern knows only what "set" gave before it`,
        );
      }
    }
    const pattern = fillTemplate(parseTemplate(source), (name) => this.#globals.get(name) ?? '');
    if (!negated && pattern.startsWith('!')) {
      this.#warn(sub.at, 'a "!" that comes out of a variable does not negate, but is looked for');
    }
    this.#expression(`^${toByteString(pattern)}$`, negated, sub.at);
  }

  #expression(anchored: string, negated: boolean, at: Position): void {
    try {
      compileEre(anchored);
    } catch (error) {
      if (!(error instanceof EreError)) throw error;
      const never = negated ? 'so it holds for every value' : 'so it never matches';
      this.#warn(at, `the expression cannot be compiled, ${never}: ${error.code}: ${error.message}`);
      return;
    }
    if (parseEre(anchored).type !== 'alt') return;
    this.#warn(
      at,
      'only the first alternative is anchored at the start and only the last at the end: put them in parentheses',
    );
  }

  #warn({ line, column }: Position, message: string): void {
    this.#warnings.push({ file: this.#parsed.file, line, column, message });
  }
}

function variablesOf(source: string): string[] {
  return parseTemplate(source).flatMap((part) => (part.type === 'variable' ? [part.name] : []));
}
