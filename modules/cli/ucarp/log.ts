import type { LogLevel, LogRecord, LogSink } from '../../../core/log/index.js';
import { day, JOURNAL_PRIORITY, timeOfDay } from '../log/index.js';
import { Syslog } from '../log/syslog.js';

/** ucarp has no notices: ours become its INFO lines. */
const NAMES: Readonly<Record<LogLevel, string>> = {
  error: 'ERROR',
  warning: 'WARNING',
  notice: 'INFO',
  info: 'INFO',
  debug: 'DEBUG',
};

/** Where {@link ucarpLog} writes. */
export interface UcarpLogOptions {
  /** Debug records too. */
  readonly debug: boolean;
  /** Of syslog; undefined: no syslog. */
  readonly facility: string | undefined;
  /** False for a daemon, which has no terminal. */
  readonly console: boolean;
  /** systemd's journal reads stderr: priorities as <N>, no time. */
  readonly journal: boolean;
}

/**
 * Writes log lines as ucarp does, for scripts and log watchers made for it: `2026-01-31T12:00:00.123456: [LEVEL] text`,
 * warnings and errors on stderr, the rest on stdout; in syslog without the time.
 */
export function ucarpLog({ debug, facility, console, journal }: UcarpLogOptions): LogSink {
  // Under systemd, syslog and the journal are one: a line sent to both would appear twice.
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

/** Local time with six digits after the second; the clock gives three of them. */
function timestamp(time: number): string {
  const date = new Date(time);
  const micros = Math.floor((time - Math.floor(time / 1000) * 1000) * 1000);
  return `${day(date)}T${timeOfDay(date)}.${String(micros).padStart(6, '0')}`;
}
