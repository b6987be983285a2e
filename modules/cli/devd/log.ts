import { LOG_LEVELS, type LogLevel, type LogSink } from '../../../core/index.js';
import type { Cli } from '../cli.js';
import { JOURNAL_PRIORITY, openLog } from '../log/index.js';
import { Syslog } from '../log/syslog.js';
import type { DevdRunOptions } from './options.js';

/** The log of devd in the foreground: as of every other command; with -d debug lines too, with -q only warnings. */
export async function foregroundLog(cli: Cli, { debug, quiet }: DevdRunOptions): Promise<LogSink> {
  if (!debug) return upTo(quiet ? 'warning' : 'info', await cli.log());
  return openLog({ debug, format: cli.format });
}

/** The log of devd in the background: syslog(3). */
export function daemonLog({ quiet }: DevdRunOptions): LogSink {
  const syslog = new Syslog('devd', 'daemon');
  return upTo(quiet ? 'warning' : 'info', ({ level, message, time }) => {
    syslog.write(JOURNAL_PRIORITY[level], message, time);
  });
}

function upTo(least: LogLevel, sink: LogSink): LogSink {
  const last = LOG_LEVELS.indexOf(least);
  return (record) => {
    if (LOG_LEVELS.indexOf(record.level) <= last) sink(record);
  };
}
