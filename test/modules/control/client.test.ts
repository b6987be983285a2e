/** Which refusals the client asks again for: those of a kernel that is being replaced, and of none else. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { ControlClient } from '../../../modules/control/index.js';
import { problem } from '../../../modules/control/problem.js';

const REPLACED = problem(503, 'another process has taken its place', 'EAGAIN');
const NOT_NOW = problem(409, 'an upgrade is under way', 'EAGAIN');

/** Asks a kernel that answers so, one request after another. @returns what the client says, and how often it has asked */
async function ask(...answers: readonly (typeof REPLACED | undefined)[]) {
  const folder = mkdtempSync(join(tmpdir(), 'carpet-client-'));
  const path = join(folder, 'control.sock');
  let asked = 0;
  const server = createServer((_, response) => {
    const refusal = answers[Math.min(asked++, answers.length - 1)];
    response.writeHead(refusal?.status ?? 200).end(JSON.stringify(refusal ?? { name: 'carpet' }));
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  const said = await new ControlClient(path).index().then(
    ({ name }) => name,
    (error: Error) => error.message,
  );
  server.close();
  rmSync(folder, { recursive: true });
  return [said, asked];
}

test('one that refuses for now is asked once, so that whoever asked is told at once', async () => {
  assert.deepEqual(await ask(NOT_NOW), ['an upgrade is under way', 1]);
});

test('one that was replaced is asked again, until the new one is at work', async () => {
  assert.deepEqual(await ask(REPLACED, REPLACED, NOT_NOW, undefined), ['carpet', 4]);
});
