/** What is wrong with a command before any value is known. */
import { ActionCommand, type Place } from '../quoting/index.js';
import type { Action, Rule } from '../rules/index.js';
import type { Warning } from './warning.js';

export function checkActions(rules: readonly Rule[]): Warning[] {
  return rules.flatMap(({ file, actions }) =>
    actions.flatMap((action) => {
      const { line, column } = action;
      return checkAction(action).map((message) => ({ file, line, column, message }));
    }),
  );
}

function checkAction({ source, parts }: Action): string[] {
  const messages = new ActionCommand(parts).variables().flatMap(({ name, place }) => checkPlace(name, place));
  if (source.includes('\\\n')) messages.push('of two continuations in a row the second stays in the command');
  if (source.includes('"'))
    messages.push('a continuation right before the closing quotation mark brings that mark into the command');
  return [...new Set(messages)];
}

function checkPlace(name: string, place: Place): string[] {
  const messages: string[] = [];
  if (place.reason !== '') {
    messages.push(
      `$${name} stands where its value cannot be quoted (${place.reason}): the action is not run for a value of other ` +
        'than harmless characters; take it from the environment instead',
    );
  }
  if (place.isCommand) messages.push(`the value of $${name} is the name of the command that is run`);
  if (place.dangling === '\\') messages.push(`a backslash does not keep $${name} from being replaced`);
  return place.inner === undefined ? messages : [...messages, ...checkPlace(name, place.inner)];
}
