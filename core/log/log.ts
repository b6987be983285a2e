/**
 * Log lines leave the kernel as records. The sink decides what becomes of them: a terminal, JSON, the journal
 * (modules/cli).
 *
 * @module
 */
import type { Clock } from '../time/index.js';
import { LogLimiter } from './log-limiter.js';

/** Most severe first; `notice` is the least severe level that a quiet daemon still prints. */
export const LOG_LEVELS = ['error', 'warning', 'notice', 'info', 'debug'] as const;
/** How severe a record is. */
export type LogLevel = (typeof LOG_LEVELS)[number];

/** One line of the log, with its facts. */
export interface LogRecord {
  readonly level: LogLevel;
  /** Wall time, milliseconds since 1970. */
  readonly time: number;
  /** The module that wrote it. */
  readonly module: string;
  /** One line, for people. */
  readonly message: string;
  /** The same facts for programs. */
  readonly fields?: Readonly<Record<string, unknown>>;
}

/** Takes the records. It must not throw and must not call back into the kernel. */
export type LogSink = (record: LogRecord) => void;

/** A line, or a function that makes it: called only if the line is printed. */
export type LogMessage = string | (() => string);

/** At most one line of a cause per interval (ms). */
interface Limit {
  readonly cause: string;
  readonly interval: number;
}

/**
 * Writes records to a sink, under a module's name. Use {@link Log.limited} for every line that a stranger can provoke,
 * so that a flood of bad packets costs one line a minute.
 */
export class Log {
  readonly module: string;
  readonly #sink: LogSink;
  readonly #clock: Clock;
  readonly #limiter: LogLimiter;
  #limit: Limit | undefined;

  constructor(sink: LogSink, clock: Clock, module = 'kernel', limiter = new LogLimiter()) {
    this.#sink = sink;
    this.#clock = clock;
    this.module = module;
    this.#limiter = limiter;
  }

  error(message: LogMessage, fields?: Record<string, unknown>): void {
    this.write('error', message, fields);
  }

  warning(message: LogMessage, fields?: Record<string, unknown>): void {
    this.write('warning', message, fields);
  }

  notice(message: LogMessage, fields?: Record<string, unknown>): void {
    this.write('notice', message, fields);
  }

  info(message: LogMessage, fields?: Record<string, unknown>): void {
    this.write('info', message, fields);
  }

  debug(message: LogMessage, fields?: Record<string, unknown>): void {
    this.write('debug', message, fields);
  }

  write(level: LogLevel, message: LogMessage, fields?: Record<string, unknown>): void {
    const held = this.#pass();
    if (held === undefined) return;
    const line = typeof message === 'string' ? message : message();
    this.#sink({
      level,
      time: this.#clock.wallTime(),
      module: this.module,
      message: held === 0 ? line : `${line} (and ${held} more like it)`,
      ...(fields && { fields }),
    });
  }

  /** The same log, within the same limit, under another module's name. */
  child(module: string): Log {
    return this.#derive(module, this.#limit);
  }

  /**
   * For lines that strangers can provoke: prints the first line of a cause at once, then at most one per interval,
   * which also reports how many were suppressed. Under a flood a suppressed line costs a look-up, if its text is made
   * by a function. The log remembers 4096 causes, of all modules together, and forgets the oldest first.
   *
   * @param cause names the kind of line, not its details: a fixed text, or a fixed text with a vhid's name
   * @param interval milliseconds
   */
  limited(cause: string, interval = 60_000): Log {
    return this.#derive(this.module, { cause: `${this.module}: ${cause}`, interval });
  }

  #derive(module: string, limit: Limit | undefined): Log {
    const log = new Log(this.#sink, this.#clock, module, this.#limiter);
    log.#limit = limit;
    return log;
  }

  /** @returns how many lines were suppressed before this one; undefined: suppress this one too */
  #pass(): number | undefined {
    if (this.#limit === undefined) return 0;
    return this.#limiter.pass(this.#limit.cause, this.#limit.interval, this.#clock.now());
  }
}
