import pino from 'pino';
import type { LogLevel, LogSink } from '../../../core/log/index.js';

/** What a full disk does not take waits for room, up to so many bytes; more is lost. */
const MAX_WAITING = 1024 * 1024;

/** One JSON object per line on stderr, by pino; synchronous, so that the last line before an exit is not lost. */
export function jsonSink(): LogSink {
  const options: pino.LoggerOptions<LogLevel> = {
    level: 'debug',
    base: { pid: process.pid },
    timestamp: false, // the record brings its own, from the kernel's clock
    customLevels: { error: 50, warning: 40, notice: 35, info: 30, debug: 20 } satisfies Record<
      LogLevel,
      number
    >,
    useOnlyCustomLevels: true,
    formatters: { level: (label) => ({ level: label }) },
  };
  const destination = pino.destination({ fd: 2, sync: true, maxLength: MAX_WAITING });
  destination.on('error', () => undefined); // thrown, it would end who logs
  const logger = pino<LogLevel>(options, destination);
  return ({ level, time, module, message, fields }) => {
    const stamp = new Date(time).toISOString();
    logger[level]({ time: stamp, module, ...fields }, message);
  };
}
