import type { LogLevel, LogRecord } from '../../../core/log/index.js';

/** Priorities of syslog(3). */
export const JOURNAL_PRIORITY: Readonly<Record<LogLevel, number>> = {
  error: 3,
  warning: 4,
  notice: 5,
  info: 6,
  debug: 7,
};

/** sd-daemon(3): a line that begins with <N> has priority N in systemd's journal, which adds the time itself. */
export function journalLine(record: LogRecord): string {
  return `<${JOURNAL_PRIORITY[record.level]}>${record.module}: ${record.message}`;
}
