/**
 * Log lines leave the kernel as records; what becomes of them is the sink's business (a terminal, JSON, the
 * journal: see modules/cli). Whatever a stranger can provoke goes through {@link Log.limited}, so that a flood of
 * bad packets costs one line a minute.
 */
import type { Clock } from '../time/index.js';
import { LogLimiter } from './log-limiter.js';

/** Most severe first; `notice` is the least that a quiet daemon still prints. */
export const LOG_LEVELS = ['error', 'warning', 'notice', 'info', 'debug'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export interface LogRecord {
  readonly level: LogLevel;
  /** Wall time, milliseconds since 1970. */
  readonly time: number;
  /** The module that speaks. */
  readonly module: string;
  /** One line, for people. */
  readonly message: string;
  /** The same facts for programs. */
  readonly fields?: Readonly<Record<string, unknown>>;
}

/** Takes the records. It must not throw and must not call back into the kernel. */
export type LogSink = (record: LogRecord) => void;

export class Log {
  readonly module: string;
  readonly #sink: LogSink;
  readonly #clock: Clock;
  readonly #limiter: LogLimiter;

  constructor(sink: LogSink, clock: Clock, module = 'kernel', limiter = new LogLimiter()) {
    this.#sink = sink;
    this.#clock = clock;
    this.module = module;
    this.#limiter = limiter;
  }

  error(message: string, fields?: Record<string, unknown>): void {
    this.write('error', message, fields);
  }

  warning(message: string, fields?: Record<string, unknown>): void {
    this.write('warning', message, fields);
  }

  notice(message: string, fields?: Record<string, unknown>): void {
    this.write('notice', message, fields);
  }

  info(message: string, fields?: Record<string, unknown>): void {
    this.write('info', message, fields);
  }

  debug(message: string, fields?: Record<string, unknown>): void {
    this.write('debug', message, fields);
  }

  write(level: LogLevel, message: string, fields?: Record<string, unknown>): void {
    const time = this.#clock.wallTime();
    this.#sink({ level, time, module: this.module, message, ...(fields && { fields }) });
  }

  /** The same log under another module's name. */
  child(module: string): Log {
    return new Log(this.#sink, this.#clock, module, this.#limiter);
  }

  /**
   * For lines that somebody else can provoke: passes the first line of a cause at once, then at most one an
   * interval, which also says how many were held back.
   *
   * @param cause names the kind of line, not its details: a fixed text, or a fixed text with a vhid's name
   * @param interval milliseconds
   */
  limited(cause: string, interval = 60_000): Log {
    return new LimitedLog(this, this.#limiter, `${this.module}: ${cause}`, interval, this.#clock);
  }
}

/** A log that asks the limiter before each line. */
class LimitedLog extends Log {
  readonly #to: Log;
  readonly #gate: LogLimiter;
  readonly #cause: string;
  readonly #interval: number;
  readonly #time: Clock;

  constructor(to: Log, gate: LogLimiter, cause: string, interval: number, clock: Clock) {
    super(() => {}, clock, to.module, gate);
    this.#to = to;
    this.#gate = gate;
    this.#cause = cause;
    this.#interval = interval;
    this.#time = clock;
  }

  override child(module: string): Log {
    return new LimitedLog(this.#to.child(module), this.#gate, this.#cause, this.#interval, this.#time);
  }

  override write(level: LogLevel, message: string, fields?: Record<string, unknown>): void {
    const held = this.#gate.pass(this.#cause, this.#interval, this.#time.now());
    if (held === undefined) return;
    this.#to.write(level, held === 0 ? message : `${message} (and ${held} more like it)`, fields);
  }
}
