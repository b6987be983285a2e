/** An action's command: analysed once when it is loaded, put together for every record that fires it. */
import type { TemplatePart } from '../rules/index.js';
import type { Place } from './place.js';
import { quoteAt, quoteBsd } from './quote.js';
import { ShellScanner } from './shell-scanner.js';

/** `shell` quotes for any shell of Bourne's family, by context; `bsd` as FreeBSD does. */
export type QuotingStyle = 'shell' | 'bsd';

/** A variable of a command, and where it stands. */
export interface PlacedVariable {
  readonly name: string;
  readonly place: Place;
}

/** What the author wrote, and the same with what would take our quotes made harmless. */
interface Text {
  readonly written: string;
  safe: string;
}

/** Behind a pipe, these take what they are given for a script or a command, whatever the quotes around it were. */
const INTERPRETERS = new RegExp(
  String.raw`(?<!\|)\|(?!\|)[^;&|\n]*?(?:^|[\s|&/])(?:` +
    'sh|ash|bash|dash|ksh|mksh|zsh|csh|tcsh|fish|su|ssh|at|batch|xargs|parallel|source|[.]|ed|ex|m4|make|gdb|sqlite3|mysql|psql|' +
    String.raw`perl|python3?|php|ruby|node|lua|tclsh)(?![\w.-])`,
);
/** Runs what any part of the command has put into a variable. */
const EVAL = /(?:^|[\s;&|({`])(?:eval|trap)\s/;

export class ActionCommand {
  readonly #pieces: (Text | PlacedVariable)[] = [];

  constructor(parts: readonly TemplatePart[]) {
    const scanner = new ShellScanner();
    const written = parts.map((part) => (part.type === 'text' ? part.text : 'x')).join('');
    const feedsInterpreter = INTERPRETERS.test(written);
    const evaluates = EVAL.test(written);
    for (const part of parts) {
      if (part.type === 'text') {
        scanner.feed(part.text);
        this.#pieces.push({ written: part.text, safe: part.text });
      } else {
        const place = scanner.place();
        this.#escapeDollar(place);
        const reason = place.reason || flowOf(place, feedsInterpreter, evaluates);
        this.#pieces.push({ name: part.name, place: { ...place, reason } });
      }
    }
  }

  variables(): PlacedVariable[] {
    return this.#pieces.filter((piece) => 'name' in piece);
  }

  /** The command with every variable's value quoted in. Throws QuotingError. */
  render(value: (name: string) => string, style: QuotingStyle = 'shell'): string {
    const render = (piece: Text | PlacedVariable): string => {
      if ('written' in piece) return style === 'bsd' ? piece.written : piece.safe;
      const found = value(piece.name);
      return style === 'bsd' ? quoteBsd(found) : quoteAt(piece.place, piece.name, found);
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

/** Why a value that is quoted here may be read as a command elsewhere; else empty. */
function flowOf({ inner }: Place, feedsInterpreter: boolean, evaluates: boolean): string {
  if (feedsInterpreter) return 'the input of another shell or interpreter';
  return evaluates && inner === undefined ? 'beside an eval, which could read it again' : '';
}
