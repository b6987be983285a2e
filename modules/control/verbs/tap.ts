/** Events as they are invoked: their arguments, who handled them, and in how long. */
import * as v from 'valibot';
import {
  CarpetError,
  type Clock,
  describe,
  type EventHandlerTracer,
  type HandlerCall,
  type HandlerWatch,
  type Json,
  type Kernel,
  printable,
  type Scope,
} from '../../../core/index.js';
import { Feed } from '../feed.js';
import { globs } from './glob.js';
import type { Seats } from './seats.js';
import { shown } from './shown.js';

/** Items that are made in a second for one who taps; what is beyond is counted. Making one takes some 10 µs. */
const MAX_ITEMS_PER_S = 2000;

const input = v.strictObject({
  lists: v.optional(
    v.pipe(v.array(v.string()), v.description('event lists, with * for any characters (default: all)')),
  ),
  events: v.optional(v.pipe(v.boolean(), v.description('show the events only, not their handlers')), false),
});

interface TapTime {
  /** Milliseconds since 1970. */
  readonly time: number;
  /** How many handlers are on the stack: this happens within them. */
  readonly depth: number;
  readonly list: string;
}

/** A list is invoked. */
interface TapEvent extends TapTime {
  readonly what: 'event';
  readonly args: readonly Json[];
}

/** A handler has returned or thrown, or its promise has settled. */
interface TapCall extends TapTime {
  readonly what: 'returned' | 'settled';
  readonly handler: string;
  readonly owner?: string;
  /** Since it was called. */
  readonly ms: number;
  readonly error?: string;
  /** Its promise is not settled yet. */
  readonly pending?: true;
}

interface TapMissed {
  readonly what: 'missed';
  readonly time: number;
  readonly count: number;
}

type TapItem = TapEvent | TapCall | TapMissed;

/** Adds the verb `tap`. */
export function registerTapVerb(scope: Scope, kernel: Kernel, seats: Seats): void {
  const { clock, eventhandler } = kernel;
  scope.verb({
    name: 'tap',
    summary: 'show events as they are invoked, with their arguments and handlers',
    access: 'read',
    stream: true,
    input,
    positional: ['lists...'],
    async *run({ lists, events }, { caller, signal }) {
      using _seat = seats.take(caller);
      assertKnown(lists ?? [], (name) => eventhandler.findList(name as never) !== undefined);
      const missed = (count: number): TapItem => ({ what: 'missed', time: clock.wallTime(), count });
      const feed = new Feed<TapItem>(signal, missed);
      using _tracing = eventhandler.trace(new Tap(clock, globs(lists), events, feed));
      yield* feed;
    },
    text: itemText,
  });
}

/** @throws CarpetError ENOENT for a list that nobody has registered on or defined: it is probably misspelt */
function assertKnown(patterns: readonly string[], known: (name: string) => boolean): void {
  const stray = patterns.find((pattern) => !pattern.includes('*') && !known(pattern));
  if (stray === undefined) return;
  throw new CarpetError('ENOENT', `there is no event list ${stray} yet; to wait for it, tap '${stray}*'`);
}

class Tap implements EventHandlerTracer {
  readonly #clock: Clock;
  readonly #wanted: (list: string) => boolean;
  readonly #eventsOnly: boolean;
  readonly #feed: Feed<TapItem>;
  #depth = 0;
  /** The second that is counted, and the items made in it. */
  #second = 0;
  #made = 0;

  constructor(clock: Clock, wanted: (list: string) => boolean, eventsOnly: boolean, feed: Feed<TapItem>) {
    this.#clock = clock;
    this.#wanted = wanted;
    this.#eventsOnly = eventsOnly;
    this.#feed = feed;
  }

  invoked(list: string, args: readonly unknown[]): void {
    if (!this.#wanted(list)) return;
    this.#emit(() => ({ what: 'event', ...this.#now(), list, args: args.map(shown) }));
  }

  handling({ list, handler, owner }: HandlerCall): HandlerWatch | undefined {
    if (this.#eventsOnly || !this.#wanted(list)) return undefined;
    const began = this.#clock.now();
    this.#depth++;
    const ended = (outcome: { readonly error?: unknown }) => ({
      ...this.#now(),
      list,
      handler,
      ...(owner === undefined ? {} : { owner }),
      ms: this.#clock.now() - began,
      ...('error' in outcome ? { error: describe(outcome.error) } : {}),
    });
    return {
      returned: (outcome) => {
        this.#depth--;
        this.#emit(() => ({
          what: 'returned',
          ...ended(outcome),
          ...(outcome.pending ? { pending: true } : {}),
        }));
      },
      settled: (outcome) => this.#emit(() => ({ what: 'settled', ...ended(outcome) })),
    };
  }

  #emit(make: () => TapItem): void {
    const second = Math.floor(this.#clock.now() / 1000);
    if (second !== this.#second) this.#made = 0;
    this.#second = second;
    if (++this.#made > MAX_ITEMS_PER_S) this.#feed.miss();
    else this.#feed.push(make());
  }

  #now(): { time: number; depth: number } {
    return { time: this.#clock.wallTime(), depth: this.#depth };
  }
}

function itemText(item: TapItem): string {
  const time = new Date(item.time).toISOString().slice(11, 23);
  if (item.what === 'missed') return `${time} ${item.count} items were too many, or too fast for this reader`;
  const indent = '  '.repeat(item.depth);
  if (item.what === 'event')
    return `${time} ${indent}${item.list}(${printable(item.args.map(argumentText).join(', '))})`;
  const by = item.owner === undefined ? item.handler : `${item.handler} of ${item.owner}`;
  const outcome = item.error === undefined ? '' : `  failed: ${printable(item.error)}`;
  const pending = item.pending ? '  returned a promise' : '';
  const settled = item.what === 'settled' ? '  settled' : '';
  return `${time} ${indent}  ${by}  ${item.ms.toFixed(2)} ms${pending}${settled}${outcome}`;
}

/** For people: numbers to thousandths, as milliseconds are measured. `--json` has them whole. */
function argumentText(arg: Json): string {
  if (typeof arg === 'string') return arg;
  return JSON.stringify(arg, (_key, value: unknown) => (typeof value === 'number' ? rounded(value) : value));
}

function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}
