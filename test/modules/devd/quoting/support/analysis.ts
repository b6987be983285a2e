/** What the analysis of an action says, without a value and without a shell. */
import assert from 'node:assert/strict';
import { parseTemplate } from '../../../../../modules/devd/index.js';
import { ActionCommand, type Admission } from '../../../../../modules/devd/quoting/index.js';

export function made(source: string): ActionCommand {
  return new ActionCommand(parseTemplate(source));
}

/** What the place of an action's first variable admits. */
export function admits(source: string): Admission {
  const [variable] = made(source).variables();
  assert.ok(variable, source);
  let place = variable.place;
  while (place.doubt === undefined && place.inner !== undefined) place = place.inner;
  return place.doubt?.admits ?? 'any';
}

/** Asserts that of each action: `{ 'rm $x': 'any' }`. */
export function assertAdmits(expected: Readonly<Record<string, Admission>>): void {
  for (const [source, admission] of Object.entries(expected)) assert.equal(admits(source), admission, source);
}

/** The variables that an action reads as more than values. */
export function rereads(source: string): string[] {
  const names = made(source)
    .rereads()
    .map(({ name }) => name);
  return [...new Set(names)];
}
