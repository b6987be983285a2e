/**
 * Checks commands before any value is known.
 *
 * @module
 */
import { ActionCommand, type Doubt, type Place } from '../quoting/index.js';
import type { Action, Rule } from '../rules/index.js';
import type { Warning } from './warning.js';

/** Warnings about places where a value cannot be quoted. */
export function checkActions(rules: readonly Rule[]): Warning[] {
  return rules.flatMap(({ file, actions }) =>
    actions.flatMap((action) => {
      const { line, column } = action;
      return checkAction(action).map((message) => ({ file, line, column, message }));
    }),
  );
}

function checkAction({ source, parts }: Action): string[] {
  const command = new ActionCommand(parts);
  const messages = command.variables().flatMap(({ name, place }) => checkPlace(name, place));
  for (const { name, reason } of command.rereads()) {
    messages.push(
      `\${${name}} stands where its value is more than a value (${reason}): the action is run only for harmless ` +
        'characters; let a script read it from its environment',
    );
  }
  if (source.includes('\\\n')) messages.push('of two continuations in a row the second stays in the command');
  if (source.includes('"'))
    messages.push('a continuation right before the closing quotation mark brings that mark into the command');
  return [...new Set(messages)];
}

const CONSEQUENCES: Readonly<Record<Doubt['admits'], (reason: string) => string>> = {
  none: (reason) =>
    `takes no value out of a record (${reason}): the action is run only with what "set" gives`,
  number: (reason) => `cannot be quoted (${reason}): the action is run only for a number`,
  harmless: (reason) => `cannot be quoted (${reason}): the action is run only for harmless characters`,
};

function checkPlace(name: string, place: Place): string[] {
  const messages: string[] = [];
  if (place.doubt !== undefined) {
    const { admits, reason } = place.doubt;
    messages.push(
      `$${name} stands where its value ${CONSEQUENCES[admits](reason)}; let a script read it from its environment`,
    );
  }
  if (place.dangling === '\\') messages.push(`a backslash does not keep $${name} from being replaced`);
  return place.inner === undefined ? messages : [...messages, ...checkPlace(name, place.inner)];
}
