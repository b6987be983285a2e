/** Event lists by how often they are invoked and how long their handlers take. */
import * as v from 'valibot';
import { type Kernel, type Scope, table } from '../../../core/index.js';
import { Feed } from '../feed.js';
import { LoadMeter, type LoadReport } from './load-meter.js';
import type { Seats } from './seats.js';

const SHOWN_LISTS = 12;
const SHOWN_HANDLERS = 8;

const input = v.strictObject({
  seconds: v.optional(
    v.pipe(v.number(), v.minValue(0.1), v.maxValue(3600), v.description('seconds between two reports')),
    2,
  ),
  sort: v.optional(
    v.pipe(v.picklist(['time', 'rate']), v.description('what comes first: time in handlers, or calls')),
    'time',
  ),
});

/** Adds the verb `top`. */
export function registerTopVerb(scope: Scope, kernel: Kernel, seats: Seats): void {
  const { clock, eventhandler } = kernel;
  scope.verb({
    name: 'top',
    summary: 'show what the event lists and their handlers cost, again and again',
    access: 'read',
    stream: true,
    input,
    async *run({ seconds, sort }, { caller, signal }) {
      using _seat = seats.take(caller);
      const feed = new Feed<LoadReport>(signal);
      const meter = new LoadMeter(clock);
      using _tracing = eventhandler.trace(meter);
      using report = clock.callout('control top', () => {
        feed.push(meter.report(sort));
        report.reset(seconds * 1000);
      });
      report.reset(seconds * 1000);
      yield* feed;
    },
    text: reportText,
  });
}

function reportText({ time, seconds, lists, handlers }: LoadReport): string {
  const rate = (count: number): string => (count / seconds).toFixed(1);
  const sum = (pick: (each: { events: number; ms: number; errors: number }) => number): number =>
    lists.reduce((total, each) => total + pick(each), 0);
  const head =
    `${new Date(time).toISOString().slice(11, 19)}  ${rate(sum(({ events }) => events))} events/s, ` +
    `handlers take ${(sum(({ ms }) => ms) / seconds / 10).toFixed(2)} % of the time, ${sum(({ errors }) => errors)} errors`;
  if (lists.length === 0) return `${head}\n`;
  const rows = lists
    .slice(0, SHOWN_LISTS)
    .map(({ list, events, calls, ms, maxMs, errors }) => [
      list,
      rate(events),
      rate(calls),
      rate(ms),
      maxMs.toFixed(2),
      String(errors),
    ]);
  const slowest = handlers
    .slice(0, SHOWN_HANDLERS)
    .map(({ handler, owner = '-', list, calls, ms, maxMs, errors }) => [
      handler,
      owner,
      list,
      rate(calls),
      rate(ms),
      maxMs.toFixed(2),
      String(errors),
    ]);
  return [
    head,
    '',
    table(['LIST', 'EVENTS/S', 'CALLS/S', 'MS/S', 'LONGEST', 'ERRORS'], rows),
    '',
    table(['HANDLER', 'OWNER', 'LIST', 'CALLS/S', 'MS/S', 'LONGEST', 'ERRORS'], slowest),
    '',
  ].join('\n');
}
