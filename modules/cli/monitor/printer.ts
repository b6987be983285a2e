/** A record for people, with the time it came; or as a JSON object with its variables. */
import { readRecord } from '../../devd/index.js';
import { timeOfDay } from '../log/index.js';

const OWN = new Set(['*', '_', 'timestamp']);

export class RecordPrinter {
  constructor(private readonly json: boolean) {}

  /** @param time milliseconds since the epoch */
  print(text: string, time: number): void {
    process.stdout.write(`${this.json ? jsonOf(text, time) : lineOf(text, time)}\n`);
  }

  lost(count: number): void {
    process.stderr.write(`carpet: ${count} records were lost: they came faster than they were read\n`);
  }
}

function lineOf(text: string, time: number): string {
  const date = new Date(time);
  return `${timeOfDay(date)}.${String(date.getMilliseconds()).padStart(3, '0')} ${printable(text)}`;
}

function jsonOf(text: string, time: number): string {
  const { kind, variables } = readRecord(text, { time });
  const own = Object.fromEntries([...variables].filter(([name]) => !OWN.has(name)));
  return JSON.stringify({ time: time / 1000, kind: kind ?? 'unknown', record: text, variables: own });
}

/** What a device says of itself must not steer the terminal. */
function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`);
}
