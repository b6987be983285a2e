import { fstatSync } from 'node:fs';
import { LOG_LEVELS, type LogLevel, type LogRecord, type LogSink } from '../../../core/log/index.js';
import { journalLine } from './journal.js';
import { terminalLine } from './terminal.js';

/** Values of --log-format. */
export const LOG_FORMATS = ['text', 'json', 'journal'] as const;
/** How log records are written. */
export type LogFormat = (typeof LOG_FORMATS)[number];

/** What {@link openLog} takes. */
export interface LogOptions {
  /** Debug records too. */
  readonly debug: boolean;
  /** Undefined: `journal` if stderr leads to systemd's journal, else `text`. */
  readonly format: LogFormat | undefined;
  /** The least severe level that is written; default: info. `debug` counts more. */
  readonly level?: LogLevel | undefined;
}

/** Opens the log on stderr. Imports pino only for JSON. */
export async function openLog({
  debug,
  format = stderrFormat(),
  level = 'info',
}: LogOptions): Promise<LogSink> {
  const sink = format === 'json' ? (await import('./json.js')).jsonSink() : lineSink(format);
  const lowest = LOG_LEVELS.indexOf(debug ? 'debug' : level);
  return (record) => {
    if (LOG_LEVELS.indexOf(record.level satisfies LogLevel) <= lowest) sink(record);
  };
}

function lineSink(format: LogFormat): LogSink {
  const { isTTY } = process.stderr;
  const style = { colours: isTTY && !process.env['NO_COLOR'], dated: !isTTY };
  const line = format === 'journal' ? journalLine : (record: LogRecord) => terminalLine(record, style);
  return (record) => process.stderr.write(`${line(record)}\n`);
}

function stderrFormat(): LogFormat {
  return journalOnStderr() ? 'journal' : 'text';
}

/**
 * Whether systemd's journal reads stderr. systemd.exec(5): JOURNAL_STREAM names the device and inode of its socket,
 * and the journal reads stderr only if it is that very file (a shell started from a service inherits the variable). A
 * service of Type=notify whose stderr is not a terminal counts as well.
 */
export function journalOnStderr(): boolean {
  if (process.stderr.isTTY) return false;
  if (process.env['NOTIFY_SOCKET']) return true;
  const { dev, ino } = fstatSync(process.stderr.fd, { bigint: true });
  return process.env['JOURNAL_STREAM'] === `${dev}:${ino}`;
}
