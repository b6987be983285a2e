import { actionEnvironment } from '../../../../../modules/devd/actions/index.js';
import { ActionCommand, parseTemplate, QuotingError } from '../../../../../modules/devd/index.js';

export interface Rendered {
  /** Undefined where the action is refused. */
  readonly script: string | undefined;
  readonly environment: Readonly<Record<string, string>>;
  readonly refusal: string;
}

/** An action with the record's variables `x` and `y`, as devd renders it, and its environment. */
export function render(source: string, x: string, y = ''): Rendered {
  const variables = new Map([
    ['x', x],
    ['y', y],
  ]);
  const environment = actionEnvironment(variables, {});
  try {
    const script = new ActionCommand(parseTemplate(source)).render({
      value: (name) => variables.get(name) ?? '',
      environment: () => environment,
    });
    return { script, environment, refusal: '' };
  } catch (error) {
    if (error instanceof QuotingError) return { script: undefined, environment, refusal: error.message };
    throw error;
  }
}
