/**
 * An action's command: analysed once, when it is loaded, and filled with values for each record that fires it.
 *
 * @module
 */
import type { TemplatePart } from '../rules/index.js';
import { Findings, type Optional, type Reread } from './findings.js';
import { NotPlain } from './not-plain.js';
import type { Place } from './place.js';
import { checkEnvironment, quoteAt, quoteBsd } from './quote.js';
import { ShellReader } from './reader.js';
import { Hole, type Piece } from './word.js';

/** `shell` quotes for any shell of Bourne's family, by context; `bsd` as FreeBSD does. */
export type QuotingStyle = 'shell' | 'bsd';

/** A variable of a command, and where it stands. */
export interface PlacedVariable {
  readonly name: string;
  readonly place: Place;
}

/** What an action's variables hold. */
export interface Values {
  /** The value of `$name`. */
  value(name: string): string;
  /** Whether that is the configuration's own word, given by `set`, and no stranger's. */
  isSet?(name: string): boolean;
  /** The environment in which the action will run; without it an action that reads it twice is not run. */
  environment?(): Readonly<Record<string, string>>;
}

/** The author's text, as written and with a trailing `$` escaped that would change our quotes. */
interface Text {
  readonly written: string;
  safe: string;
}

/** One action, ready to be filled with values. */
export class ActionCommand {
  readonly #pieces: (Text | PlacedVariable)[] = [];
  readonly #rereads: readonly Reread[];
  readonly #optional: readonly Optional[];

  constructor(parts: readonly TemplatePart[]) {
    const pieces = parts.map((part) => (part.type === 'text' ? part.text.split('') : [new Hole()]));
    const findings = read(pieces.flat());
    const overall = findings.overall();
    parts.forEach((part, i) => {
      const [piece] = pieces[i]!;
      if (part.type === 'text') this.#pieces.push({ written: part.text, safe: part.text });
      else if (piece instanceof Hole) {
        const place = piece.place(overall);
        this.#escapeDollar(place);
        this.#pieces.push({ name: part.name, place });
      }
    });
    this.#rereads = findings.environment(
      parts.map((part) => (part.type === 'text' ? part.text : ' ')).join(''),
    );
    this.#optional = findings.optional;
  }

  variables(): PlacedVariable[] {
    return this.#pieces.filter((piece) => 'name' in piece);
  }

  /** Variables of the environment whose values are read as more than values. */
  rereads(): readonly Reread[] {
    return this.#rereads;
  }

  /** The command with every variable's value quoted in. @throws QuotingError for a value that cannot be */
  render(from: Values | Values['value'], style: QuotingStyle = 'shell'): string {
    const values = typeof from === 'function' ? { value: from } : from;
    if (style === 'shell' && this.#rereads.length + this.#optional.length > 0)
      checkEnvironment(this.#rereads, this.#optional, values.environment?.());
    const render = (piece: Text | PlacedVariable): string => {
      if ('written' in piece) return style === 'bsd' ? piece.written : piece.safe;
      const { name, place } = piece;
      const value = values.value(name);
      return style === 'bsd'
        ? quoteBsd(value)
        : quoteAt(place, { name, value, isSet: values.isSet?.(name) ?? false });
    };
    return this.#pieces.map(render).join('');
  }

  /** A dollar sign right before a quoted value would make `$'…'` of it, which bash reads in its own way. */
  #escapeDollar({ context, dangling }: Place): void {
    const last = this.#pieces.at(-1);
    if (dangling === '$' && context === 'word' && last !== undefined && 'safe' in last) {
      last.safe = `${last.safe.slice(0, -1)}\\$`;
    }
  }
}

/** What becomes of values in an action; where it is not plain, none is let in. */
function read(pieces: readonly Piece[]): Findings {
  const findings = new Findings();
  try {
    new ShellReader(pieces, findings, {
      isScript: false,
      isSubstituted: false,
      inBackticks: false,
      isFed: false,
    }).read();
  } catch (error) {
    if (!(error instanceof NotPlain)) throw error;
    findings.lose(error.reason);
  }
  return findings;
}
