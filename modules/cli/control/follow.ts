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
  // What is followed until somebody interrupts it has then succeeded.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(0));
  let { pid } = await client.index();
  for (;;) {
    let lost: unknown;
    try {
      yield* client.stream(verb, input, form);
    } catch (error) {
      if ((error as { code?: string }).code !== 'ELOST') throw error;
      lost = error;
    }
    // One that is replaced ends its streams, or goes before they have ended.
    const next = await lookFor(client, pid, lost === undefined ? 0 : SUCCESSOR_MS);
    if (next === undefined && lost !== undefined) throw lost;
    if (next === undefined) return;
    pid = next;
    process.stderr.write('carpet: the kernel was replaced; this is the new one\n');
  }
}

/** Looks for a kernel in another process, at least once. */
async function lookFor(client: ControlClient, before: number, patience: number): Promise<number | undefined> {
  for (let waited = 0; ; waited += LOOK_MS) {
    const pid = await client.index().then(
      (index) => index.pid,
      () => undefined,
    );
    if (pid !== undefined && pid !== before) return pid;
    if (waited >= patience) return undefined;
    await elapse(LOOK_MS);
  }
}
