/** The event lists and their handlers. */
import * as v from 'valibot';
import {
  CarpetError,
  type EventHandlerListInfo,
  type Kernel,
  type Scope,
  table,
} from '../../../core/index.js';

export function registerEventHandlerVerb(scope: Scope, kernel: Kernel): void {
  scope.verb({
    name: 'eventhandler',
    summary: 'show the event lists with handlers, or the lists named',
    access: 'read',
    input: v.strictObject({
      lists: v.optional(v.pipe(v.array(v.string()), v.description('names of event lists'))),
    }),
    positional: ['lists...'],
    run({ lists: names }) {
      const lists = kernel.eventhandler.lists();
      if (names === undefined) return lists.filter(({ entries }) => entries.length > 0);
      return [...new Set(names)].map((name) => {
        const found = lists.find((list) => list.name === name);
        if (found === undefined) throw new CarpetError('ENOENT', `there is no event list ${name} yet`);
        return found;
      });
    },
    text: (lists: EventHandlerListInfo[]) => lists.map(listText).join('\n\n'),
  });
}

/** A list's handlers in the order in which they are called. */
function listText({ name, runcount, entries }: EventHandlerListInfo): string {
  const rows = entries.map(({ priority, handler, owner = '-', calls, errors, running }) => [
    `  ${priority}`,
    handler,
    owner,
    String(calls),
    String(errors),
    String(running),
  ]);
  const title = runcount > 0 ? `${name} (being invoked)` : name;
  if (rows.length === 0) return `${title}: no handlers`;
  return `${title}\n${table(['  PRIORITY', 'HANDLER', 'OWNER', 'CALLS', 'ERRORS', 'RUNNING'], rows)}`;
}
