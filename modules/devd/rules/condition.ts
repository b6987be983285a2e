import { compileEre, type Ere, EreError, toByteString } from '../ere/index.js';
import { mediaMatches } from './media.js';

/** A line of a rule that must hold. Equal lines of different rules share one condition, which is tried once per record. */
export interface Condition {
  /** Its index in the rule set. */
  readonly id: number;
  /** The index of the variable in the rule set's variables; -1 for media-type. */
  readonly slot: number;
  readonly kind: 'match' | 'media-type';
  readonly variable: string;
  /** As written, for messages. */
  readonly written: string;
  readonly negated: boolean;
  /** All values, in lower case, for which it holds; undefined if they are many or it is negated. */
  readonly literals: readonly string[] | undefined;
  /** Prefixes, in lower case, one of which every value has for which it holds; undefined likewise. */
  readonly prefixes: readonly string[] | undefined;
  /** Why the expression does not compile: it never matches then, or always if it is negated. */
  readonly refused: EreError | undefined;
  /** Takes the variable's value as a byte string. */
  test(value: string): boolean;
}

type Numbers = Pick<Condition, 'id' | 'slot'>;

/**
 * A `match` line. Only a written `!` negates, not one that comes out of a variable; the anchors go around the whole
 * expression without parentheses, so `a|b` means "begins with a, or ends with b".
 */
export function matchCondition(
  variable: string,
  written: string,
  expand: (text: string) => string,
  numbers: Numbers,
): Condition {
  const negated = written.startsWith('!');
  const pattern = expand(negated ? written.slice(1) : written);
  const { ere, refused } = compile(`^${toByteString(pattern)}$`);
  const matches = (value: string): boolean => ere?.test(value) ?? false;
  return {
    ...numbers,
    kind: 'match',
    variable,
    written,
    negated,
    refused,
    literals: negated ? undefined : ere?.literals,
    prefixes: negated ? undefined : ere?.prefixes,
    test: negated ? (value) => !matches(value) : matches,
  };
}

/** A `media-type` line: what is tested is the probe's answer, "" where there is none. */
export function mediaCondition(wanted: string, numbers: Numbers): Condition {
  return {
    ...numbers,
    kind: 'media-type',
    variable: '',
    written: wanted,
    negated: false,
    refused: undefined,
    literals: undefined,
    prefixes: undefined,
    test: (found) => mediaMatches(wanted, found === '' ? undefined : found),
  };
}

function compile(pattern: string): { ere?: Ere; refused: EreError | undefined } {
  try {
    return { ere: compileEre(pattern), refused: undefined };
  } catch (error) {
    if (error instanceof EreError) return { refused: error };
    throw error;
  }
}
