import type { DemoEvent } from './events.js';

/** One object a line. Times are rounded to microseconds: what is beyond is noise of floating point. */
export function jsonLine(event: DemoEvent): string {
  return JSON.stringify(event, (_key, value: unknown) =>
    typeof value === 'number' && !Number.isInteger(value) ? Math.round(value * 1000) / 1000 : value,
  );
}
