/**
 * Words of a shell command, as a shell sees them once quotes are taken off: characters, and what stands for text that is
 * not known when the action is read.
 *
 * @module
 */
import { type Context, type Doubt, graver, type Place } from './place.js';

/** A place whose doubt later words may still raise. */
type OpenPlace = { -readonly [K in keyof Omit<Place, 'inner'>]: Place[K] };

/** A variable of an action: a value will stand here. */
export class Hole {
  /** Its place in the action, its place in the script in which that is read again, and so on. */
  readonly #places: OpenPlace[] = [];

  /** The hole stands here, in the text that is read now. */
  put(context: Context, inBackticks: boolean, dangling: Place['dangling']): void {
    this.#places.push({ context, inBackticks, dangling, atOption: false, doubt: undefined });
  }

  doubt(doubt: Doubt): void {
    const place = this.#places.at(-1);
    if (place !== undefined) place.doubt = graver(place.doubt, doubt);
  }

  /** A value that begins with a dash would be an option here. */
  markOption(): void {
    const place = this.#places.at(-1);
    if (place !== undefined) place.atOption = true;
  }

  /** @param overall what all of the action is doubted for */
  place(overall: Doubt | undefined): Place {
    const [outer = NOWHERE, ...inner] = this.#places;
    const doubt = outer.context === 'comment' ? outer.doubt : graver(overall, outer.doubt);
    return { ...outer, doubt, inner: nested(inner) };
  }
}

const NOWHERE: OpenPlace = {
  context: 'word',
  inBackticks: false,
  dangling: '',
  atOption: false,
  doubt: undefined,
};

function nested([outer, ...inner]: readonly OpenPlace[]): Place | undefined {
  return outer && { ...outer, inner: nested(inner) };
}

/** Text that the shell puts in: that of a variable, of a command's output, of the names of files. */
export interface Expansion {
  /** The variable; empty for the output of a command. */
  readonly name: string;
  /** Not in quotes: each blank in it begins a word. */
  readonly splits: boolean;
  /** Of a command's output: the values that stand in the command, and the variables. */
  readonly holes: readonly Hole[];
  readonly names: readonly string[];
}

/** A character, or what is not known. */
export type Piece = string | Hole | Expansion;

/** One word of a command. */
export interface Word {
  readonly pieces: readonly Piece[];
  /** The characters in front that stand in no quotes. */
  readonly bare: string;
}

/** `name=` in front of a word; the name is the first group. */
const ASSIGNMENT = /^([A-Za-z_]\w*)=/;

/** The variable to which a word assigns something. */
export function assigned({ bare }: Word): string | undefined {
  return ASSIGNMENT.exec(bare)?.[1];
}

/** The word's text; undefined where a part of it is not known. */
export function literal(word: Word | undefined): string | undefined {
  if (word?.pieces.every((piece) => typeof piece === 'string') !== true) return undefined;
  return word.pieces.join('');
}

/** Variables that a shell would put into a text. */
const NAMED = /\$\{?#?([A-Za-z_]\w*|[0-9@*])|\b(DEVD_\w+)/g;

/** The names of the variables that a shell would put into a text; in arithmetic no dollar sign stands before them. */
export function namedIn(text: string): string[] {
  return [...text.matchAll(NAMED)].map(([, name, named]) => name ?? named!);
}

/** Stands in a pattern for text that is not known. */
export const UNKNOWN = '\0';

/** The word's text, with a mark for each part of it that is not known. */
export function pattern({ pieces }: Word): string {
  return pieces.map((piece) => (typeof piece === 'string' ? piece : UNKNOWN)).join('');
}

/** `-x` and `--long`, but not `--`, `-` and numbers below zero. */
export function isOption(word: Word): boolean {
  const text = pattern(word);
  return /^-./.test(text) && text !== '--' && !/^-\d+$/.test(text);
}

/** A word that joins others with blanks between them, as `eval` does. */
export function joined(words: readonly Word[]): readonly Piece[] {
  return words.flatMap(({ pieces }, i) => (i === 0 ? pieces : [' ', ...pieces]));
}
