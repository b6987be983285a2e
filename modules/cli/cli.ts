/** What every command of `carpet` shares: the global options, the log, the conventions of the command line. */
import { readFileSync } from 'node:fs';
import { type Command, Option } from 'commander';
import type { LogSink } from '../../core/log/index.js';
import { LOG_FORMATS, type LogFormat, openLog } from './log/index.js';

/** One command of the table in main.ts. */
export interface CommandEntry {
  readonly name: string;
  /** One line for `carpet --help`. */
  readonly summary: string;
  readonly load: () => Promise<CommandFile>;
}

/** What a file in commands/ exports: `define`, or `run` for a command whose options have a syntax of their own. */
export type CommandFile =
  | {
      /** Adds the command's options and its action. The global options are there already. */
      define(command: Command, cli: Cli): void;
    }
  | {
      /** Runs the command with everything that stood behind its name. */
      run(args: readonly string[], cli: Cli): Promise<void>;
    };

export class Cli {
  readonly version: string;
  /** --debug: debug lines in the log, and the stack of a failure. */
  debug = false;
  /** --log-format: undefined for what fits stderr. */
  format: LogFormat | undefined;

  constructor() {
    // From the compiled place, dist/modules/cli, to the package's root.
    const file = new URL('../../../package.json', import.meta.url);
    this.version = (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
  }

  /**
   * Gives a command the global options and takes commander's habit to write errors and to exit away from it.
   * The options may stand before or behind the command's name.
   */
  prepare(command: Command): void {
    const format = new Option('--log-format <format>', 'how log lines are written (default: as fits stderr)');
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

  /** Where log records go: stderr, in the format that was asked for or that fits what stderr is. */
  log(): Promise<LogSink> {
    return openLog({ debug: this.debug, format: this.format });
  }
}
