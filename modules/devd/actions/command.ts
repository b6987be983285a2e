/** A rule's actions for one record, expanded, to be run one after another. */
export interface ActionRun {
  /** The rule's place, `/etc/devd.conf:12`: runs of one rule never overtake each other. */
  readonly rule: string;
  /** For `/bin/sh -c`; each runs whatever the exit status of the one before. */
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

/** A started command, with its process group. */
export interface RunningCommand {
  /** Sends SIGTERM to the group. */
  terminate(): void;
  /** Sends SIGKILL to the group. */
  kill(): void;
  /** Whether the group still has a process. */
  readonly alive: boolean;
}

/** Starts commands; the only part of the actions that knows processes. */
export interface Spawner {
  /**
   * Starts a command. Never throws: a command that cannot be started ends at once, with an error.
   * @param ended called once, never within this call, when the command itself has ended; processes that it left in
   *   the background may live on
   */
  spawn(run: ActionRun, command: string, ended: (end: CommandEnd) => void): RunningCommand;
}
