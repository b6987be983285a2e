import assert from 'node:assert/strict';
import { parseTemplate } from '../../../../../modules/devd/index.js';
import { ActionCommand, type Admission } from '../../../../../modules/devd/quoting/index.js';

/** What the place of an action's first variable admits. */
export function admits(source: string): Admission {
  const [variable] = new ActionCommand(parseTemplate(source)).variables();
  assert.ok(variable, source);
  let place = variable.place;
  while (place.doubt === undefined && place.inner !== undefined) place = place.inner;
  return place.doubt?.admits ?? 'any';
}
