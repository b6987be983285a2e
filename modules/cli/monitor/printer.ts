import { printable } from '../../../core/index.js';
import { readRecord } from '../../devd/index.js';
import { timeOfDayMs } from '../log/index.js';

const OWN = new Set(['*', '_', 'timestamp']);

/** Prints records: a line with the time for people, or a JSON object with the record's variables. */
export class RecordPrinter {
  readonly #json: boolean;

  constructor(json: boolean) {
    this.#json = json;
  }

  /** @param time of the record, in ms since the epoch */
  print(text: string, time: number): void {
    process.stdout.write(`${this.#json ? jsonOf(text, time) : lineOf(text, time)}\n`);
  }

  /** Reports records that came faster than they were read. */
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
