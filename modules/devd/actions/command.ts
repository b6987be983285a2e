/** What a rule does for one record: its actions, expanded, to be run one after another. */
export interface ActionRun {
  /** Where the rule stands, `/etc/devd.conf:12`: runs of one rule never overtake each other. */
  readonly rule: string;
  /** For `/bin/sh -c`; all of them run, whatever the one before said. */
  readonly commands: readonly string[];
  /** The whole environment of the commands. */
  readonly environment: Readonly<Record<string, string>>;
}

/** How a command ended. `error` where it could not be started. */
export interface CommandEnd {
  readonly code: number | null;
  readonly signal: string | null;
  readonly error?: string;
}

/** A command that was started, and whatever it started in its process group. */
export interface RunningCommand {
  /** Asks the group to end: SIGTERM. */
  terminate(): void;
  /** Ends the group: SIGKILL. */
  kill(): void;
  /** Whether any process of the group is left. */
  readonly alive: boolean;
}

/** Starts commands. What is behind it is the only part of the actions that knows processes. */
export interface Spawner {
  /**
   * Starts a command. It never throws: what cannot be started ends at once, with an error.
   * @param ended called once, never within this call, when the command itself has ended; what it left in the
   *   background may live on
   */
  spawn(run: ActionRun, command: string, ended: (end: CommandEnd) => void): RunningCommand;
}
