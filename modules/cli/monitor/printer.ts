/** A record for people, with the time it came; or as a JSON object with its variables. */
import { printable } from '../../../core/index.js';
import { readRecord } from '../../devd/index.js';
import { timeOfDayMs } from '../log/index.js';

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
  return `${timeOfDayMs(new Date(time))} ${printable(text)}`;
}

function jsonOf(text: string, time: number): string {
  const { kind, variables } = readRecord(text, { time });
  const own = Object.fromEntries([...variables].filter(([name]) => !OWN.has(name)));
  return JSON.stringify({ time: time / 1000, kind: kind ?? 'unknown', record: text, variables: own });
}
