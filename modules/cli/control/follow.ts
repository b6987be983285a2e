import { setTimeout as elapse } from 'node:timers/promises';
import type { ControlClient, OfferedVerb } from '../../control/index.js';

/** How long a successor is waited for, and how often it is looked for. */
const SUCCESSOR_MS = 5000;
const LOOK_MS = 100;

/**
 * The items of a stream verb, until the user or the kernel ends them. After an upgrade the successor's follow.
 *
 * @throws CarpetError ELOST when the kernel went without a word and no other takes its place; else as `client.stream`
 */
export async function* follow(
  client: ControlClient,
  verb: OfferedVerb,
  input: unknown,
  form: 'text' | 'json',
): AsyncGenerator<string> {
  for (;;) {
    try {
      return yield* client.stream(verb, input, form);
    } catch (error) {
      if ((error as { code?: string }).code !== 'ELOST' || !(await isReplaced(client))) throw error;
      process.stderr.write('carpet: the kernel was replaced; this is the new one\n');
    }
  }
}

async function isReplaced(client: ControlClient): Promise<boolean> {
  for (let waited = 0; waited < SUCCESSOR_MS; waited += LOOK_MS) {
    const found = await client.index().then(
      () => true,
      () => false,
    );
    if (found) return true;
    await elapse(LOOK_MS);
  }
  return false;
}
