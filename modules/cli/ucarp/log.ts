/**
 * Log lines as ucarp writes them: `2026-01-31T12:00:00.123456: [LEVEL] text`, warnings and errors to stderr, the rest
 * to stdout; to syslog without the time. Scripts and log watchers made for ucarp find what they know.
 */
import type { LogLevel, LogRecord, LogSink } from '../../../core/log/index.js';
import { day, JOURNAL_PRIORITY, timeOfDay } from '../log/index.js';
import { Syslog } from '../log/syslog.js';

/** ucarp knows no notices: what is one here belongs to its INFO lines. */
const NAMES: Readonly<Record<LogLevel, string>> = {
  error: 'ERROR',
  warning: 'WARNING',
  notice: 'INFO',
  info: 'INFO',
  debug: 'DEBUG',
};

export interface UcarpLogOptions {
  readonly debug: boolean;
  /** Undefined: nothing goes to syslog. */
  readonly facility: string | undefined;
  /** False for a daemon, which has no terminal any more. */
  readonly console: boolean;
  /** stderr leads to systemd's journal: priorities as <N>, no time. */
  readonly journal: boolean;
}

export function ucarpLog({ debug, facility, console, journal }: UcarpLogOptions): LogSink {
  // Under systemd syslog and the journal are one: a line in both would be there twice.
  const syslog = facility === undefined || (journal && console) ? undefined : new Syslog('ucarp', facility);
  return (record) => {
    if (record.level === 'debug' && !debug) return;
    const text = `[${NAMES[record.level]}] ${record.message}`;
    const priority = JOURNAL_PRIORITY[record.level];
    if (console)
      writeConsole(record, journal ? `<${priority}>${text}\n` : `${timestamp(record.time)}: ${text}\n`);
    syslog?.write(priority, text, record.time);
  };
}

function writeConsole(record: LogRecord, line: string): void {
  const bad = record.level === 'error' || record.level === 'warning';
  (bad ? process.stderr : process.stdout).write(line);
}

/** Local time with microseconds, of which the clock gives three digits. */
function timestamp(time: number): string {
  const date = new Date(time);
  const micros = Math.floor((time - Math.floor(time / 1000) * 1000) * 1000);
  return `${day(date)}T${timeOfDay(date)}.${String(micros).padStart(6, '0')}`;
}
