/** From a record to the commands of the rule it fires: shared by the daemon and by those who only want to know. */
import { actionEnvironment } from '../actions/index.js';
import { ActionCommand, QuotingError, type QuotingStyle, type Values } from '../quoting/index.js';
import type { DevctlRecord } from '../record/index.js';
import type { Action, MediaProbe, Rule, Ruleset } from '../rules/index.js';

/** A rule that fired, and what it runs. */
export interface Firing {
  readonly rule: Rule;
  readonly commands: readonly string[];
  /** Actions that are not run, because a value cannot be quoted where it stands. */
  readonly refused: readonly QuotingError[];
}

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

  /** What a record fires, if anything. */
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
