import type { Command } from 'commander';
import type { Cli } from './cli.js';
import type { HeldSignals } from './signals.js';

/** One command of `carpet`. */
export interface CommandEntry {
  readonly name: string;
  /** One line for `carpet --help`. */
  readonly summary: string;
  /** Imports the command's file when the command is typed: `() => import('./NAME/command.js')`. */
  readonly load: () => Promise<CommandFile>;
  /**
   * The command starts a kernel that runs until a signal ends it: signals are held from the process's first statement
   * until the command releases `cli.signals`. Without this, they have their default effect from the beginning.
   */
  readonly serves?: boolean;
  /** Imports what the command leaves in the background; see daemon/start.ts. */
  readonly daemon?: () => Promise<DaemonFile>;
}

/** What a command.ts exports: `define`, or `run` for a command whose options have a syntax of their own. */
export type CommandFile =
  | {
      /**
       * Adds the command's options and its action. The global options are already there.
       * @param commands all commands, for the one that completes their names
       */
      define(command: Command, cli: Cli, commands: readonly CommandEntry[]): void;
    }
  | {
      /** Runs the command with everything behind its name. */
      run(args: readonly string[], cli: Cli): Promise<void>;
      /** Its options, as `--vhid`, where no kernel describes them. */
      readonly optionNames?: readonly string[];
    };

/** What a command's daemon.ts exports. */
export interface DaemonFile {
  /** Runs the command in the background: calls `started` when it runs, throws if it cannot start. */
  readonly serve: (args: readonly string[], daemon: DaemonContext) => Promise<void>;
}

/** What the daemon process gives to a command's `serve`. */
export interface DaemonContext {
  /** Held until `serve` releases them. */
  readonly signals: HeldSignals;
  /** Lets the command in the foreground end. */
  readonly started: () => void;
}
