/**
 * A fuzz target is a file NAME.ts in targets/ that exports `target`; `npm run fuzz -- NAME` finds it by its name, and a
 * test runs a few of its inputs with every `npm test`.
 */
import fc from 'fast-check';

/** One way to try a parser: where inputs come from, and the oracle that each of them must satisfy. */
export interface FuzzProperty {
  /** Throws where the parser and the oracle disagree. */
  readonly property: fc.IRawProperty<[unknown]>;
  /** Inputs of the parser that one run takes. */
  readonly size: number;
  /** Runs of the short form, in `npm test`. */
  readonly usual: number;
  /** What of the machine is missing. */
  readonly skip: string | false;
  /** Throws when the search has not reached what it should have. Called after at least `usual` runs. */
  readonly reached?: () => void;
}

/** A target that is ready; what it holds is given back at the end. */
export interface OpenTarget extends Partial<AsyncDisposable> {
  /** By their short names. */
  readonly properties: Readonly<Record<string, FuzzProperty>>;
  /** What else there is to say of the inputs at the end. */
  readonly note?: () => string;
}

/** A parser of what a stranger sends, and who says what is right. */
export interface FuzzTarget {
  /** One line: what is read, and what it is compared with. */
  readonly about: string;
  open(): OpenTarget | Promise<OpenTarget>;
}

/** What {@link fuzzProperty} is made from. */
interface PropertyOptions<Input, Outcome> {
  readonly input: fc.Arbitrary<Input>;
  readonly check: (input: Input) => Outcome;
  readonly usual: number;
  readonly size?: number;
  readonly skip?: string | false;
  readonly reached?: () => void;
}

/** A property of one input. */
export function fuzzProperty<Input>(options: PropertyOptions<Input, void>): FuzzProperty {
  return described(options, fc.property(options.input, options.check));
}

/** A property of one input whose check takes a while. */
export function asyncFuzzProperty<Input>(options: PropertyOptions<Input, Promise<void>>): FuzzProperty {
  return described(options, fc.asyncProperty(options.input, options.check));
}

function described(
  { usual, size = 1, skip = false, reached }: Omit<PropertyOptions<never, never>, 'input' | 'check'>,
  property: object,
): FuzzProperty {
  return { property: property as FuzzProperty['property'], size, usual, skip, ...(reached && { reached }) };
}
