import type { LogLevel, LogRecord } from '../../../core/log/index.js';
import { day, timeOfDayMs } from './time.js';

const COLOURS: Readonly<Record<LogLevel, string>> = {
  error: '\u001B[31m',
  warning: '\u001B[33m',
  notice: '\u001B[1m',
  info: '',
  debug: '\u001B[2m',
};
const RESET = '\u001B[0m';

/** How {@link terminalLine} shows a record. */
export interface LineStyle {
  /** The level as a colour. */
  readonly colours: boolean;
  /** The day before the time: a file is read later than a terminal. */
  readonly dated: boolean;
}

/** A log line for people: local time, module, a word for warnings and errors, message. */
export function terminalLine(record: LogRecord, { colours, dated }: LineStyle): string {
  const level = record.level === 'error' || record.level === 'warning' ? `${record.level}: ` : '';
  const date = new Date(record.time);
  const time = dated ? `${day(date)} ${timeOfDayMs(date)}` : timeOfDayMs(date);
  const text = `${time} ${record.module}: ${level}${record.message}`;
  const colour = COLOURS[record.level];
  return colours && colour !== '' ? `${colour}${text}${RESET}` : text;
}
