import type { DemoEvent } from './events.js';

/** An event as one line of JSON, times rounded to microseconds. */
export function jsonLine(event: DemoEvent): string {
  return JSON.stringify(event, (_key, value: unknown) =>
    typeof value === 'number' && !Number.isInteger(value) ? Math.round(value * 1000) / 1000 : value,
  );
}
