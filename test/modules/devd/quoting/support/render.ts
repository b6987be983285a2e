import { actionEnvironment } from '../../../../../modules/devd/actions/index.js';
import { ActionCommand, parseTemplate, QuotingError } from '../../../../../modules/devd/index.js';

export interface Rendered {
  /** Undefined where the action is refused. */
  readonly script: string | undefined;
  readonly environment: Readonly<Record<string, string>>;
  readonly refusal: string;
}

/** An action with the record's variable `x`, as devd renders it, and its environment. */
export function render(source: string, x: string): Rendered {
  const environment = actionEnvironment(new Map([['x', x]]), {});
  try {
    const script = new ActionCommand(parseTemplate(source)).render({
      value: (name) => (name === 'x' ? x : ''),
      environment: () => environment,
    });
    return { script, environment, refusal: '' };
  } catch (error) {
    if (error instanceof QuotingError) return { script: undefined, environment, refusal: error.message };
    throw error;
  }
}
