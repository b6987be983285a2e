import type { LogLevel, LogRecord } from '../../../core/log/index.js';
import { timeOfDayMs } from './time.js';

const COLOURS: Readonly<Record<LogLevel, string>> = {
  error: '\u001B[31m',
  warning: '\u001B[33m',
  notice: '\u001B[1m',
  info: '',
  debug: '\u001B[2m',
};
const RESET = '\u001B[0m';

/** A log line for people: local time, module, message; the level shows as a colour and, for warnings and errors, a word. */
export function terminalLine(record: LogRecord, colours: boolean): string {
  const level = record.level === 'error' || record.level === 'warning' ? `${record.level}: ` : '';
  const text = `${timeOfDayMs(new Date(record.time))} ${record.module}: ${level}${record.message}`;
  const colour = COLOURS[record.level];
  return colours && colour !== '' ? `${colour}${text}${RESET}` : text;
}
