/** Turns a record into the commands of the rule that it fires: for the daemon, and for `--replay`. */
import { actionEnvironment } from '../actions/index.js';
import { ActionCommand, QuotingError, type QuotingStyle, type Values } from '../quoting/index.js';
import type { DevctlRecord } from '../record/index.js';
import type { Action, MediaProbe, Rule, Ruleset } from '../rules/index.js';

/** A rule that fired, and its commands. */
export interface Firing {
  readonly rule: Rule;
  readonly commands: readonly string[];
  /** Why actions are not run: a value cannot be quoted where it stands. */
  readonly refused: readonly QuotingError[];
}

/** A rule set with everything that it needs to produce commands. */
export class Engine {
  readonly #commands = new Map<Action, ActionCommand>();
  readonly #style: QuotingStyle;
  readonly #media: MediaProbe;

  constructor(
    readonly ruleset: Ruleset,
    style: QuotingStyle,
    media: MediaProbe,
  ) {
    this.#style = style;
    this.#media = media;
  }

  /** The rule that a record fires, if any, with its commands. */
  fire({ kind, variables }: DevctlRecord): Firing | undefined {
    const rule = kind && this.ruleset.match(kind, variables, this.#media);
    if (rule === undefined) return undefined;
    const values = this.#values(variables);
    const commands: string[] = [];
    const refused: QuotingError[] = [];
    for (const action of rule.actions) {
      try {
        commands.push(this.#command(action).render(values, this.#style));
      } catch (error) {
        if (!(error instanceof QuotingError)) throw error;
        refused.push(error);
      }
    }
    return { rule, commands, refused };
  }

  #values(variables: ReadonlyMap<string, string>): Values {
    return {
      value: (name) => this.ruleset.lookup(variables, name),
      isSet: (name) => !variables.has(name) && this.ruleset.globals.has(name),
      environment: () => actionEnvironment(new Map([...this.ruleset.globals, ...variables]), {}),
    };
  }

  #command(action: Action): ActionCommand {
    let command = this.#commands.get(action);
    if (command === undefined) this.#commands.set(action, (command = new ActionCommand(action.parts)));
    return command;
  }
}
