import { readFileSync } from 'node:fs';
import { type Command, Option } from 'commander';
import type { LogSink } from '../../core/log/index.js';
import { LOG_FORMATS, type LogFormat, openLog } from './log/index.js';
import type { HeldSignals } from './signals.js';

/** What all commands of `carpet` share: the global options, the log, the conventions of the command line. */
export class Cli {
  /** Of the package. */
  readonly version: string;
  /** Held until the command releases them; see {@link CommandEntry.serves}. */
  readonly signals: HeldSignals;
  /** --debug: debug lines in the log, and the stack of a failure. */
  debug = false;
  /** --log-format; undefined: the format that fits stderr. */
  format: LogFormat | undefined;

  constructor(signals: HeldSignals) {
    this.signals = signals;
    // From the compiled place, dist/modules/cli, to the package's root.
    const file = new URL('../../../package.json', import.meta.url);
    this.version = (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
  }

  /**
   * Gives a command the global options, which may stand before or behind its name, and makes commander throw its errors
   * instead of printing them and exiting.
   */
  prepare(command: Command): void {
    const format = new Option('--log-format <format>', 'format of log lines (default: fits stderr)');
    command
      .option('--debug', 'log debug lines; show the stack of a failure')
      .addOption(format.choices(LOG_FORMATS))
      .exitOverride()
      .configureOutput({ outputError: () => undefined })
      .hook('preAction', () => {
        const options = command.opts<{ debug?: boolean; logFormat?: LogFormat }>();
        this.debug ||= options.debug ?? false;
        this.format = options.logFormat ?? this.format;
      });
  }

  /** Writes log records to stderr, in the format of --log-format or the one that fits stderr. */
  log(): Promise<LogSink> {
    return openLog({ debug: this.debug, format: this.format });
  }
}
