/**
 * @module
 * A kernel that is stopped or held up takes connections and answers nothing: whoever asked it is told, once, why the
 * command waits. A verb may take as long as it likes, and a stream say nothing for days: a kernel is silent only if it
 * does not answer another question either.
 */
import { readFileSync } from 'node:fs';
import { setTimeout as elapse } from 'node:timers/promises';
import { ControlClient, listenerPid } from '../../control/index.js';

/** Most commands have ended before. Later looks come ever more seldom, so that what is followed for days costs nothing. */
const FIRST_LOOK_MS = 1000;
const LAST_LOOK_MS = 3_600_000;
/** A kernel that needs longer to list its modules is held up. */
const ANSWER_MS = 3000;

/** Says on standard error if the kernel falls silent while this process waits for it; holds no process up. */
export async function sayIfSilent(path: string): Promise<void> {
  for (let pause = FIRST_LOOK_MS; ; pause = Math.min(2 * pause, LAST_LOOK_MS)) {
    await elapse(pause, undefined, { ref: false });
    const silent = elapse(ANSWER_MS, true, { ref: false });
    if (await Promise.race([ask(path), silent])) break;
  }
  process.stderr.write(`carpet: ${silenceText(path, await listenerPid(path))}\n`);
}

/** The index comes from the control server's thread, the list of modules from the kernel's own. @returns false */
async function ask(path: string): Promise<boolean> {
  const client = new ControlClient(path, { background: true });
  try {
    const { verbs } = await client.index();
    const verb = verbs.find(({ name }) => name === 'kldstat');
    if (verb !== undefined) await client.call(verb, undefined, 'json');
  } catch {
    // The command itself says why it is refused, or that the kernel has gone.
  }
  return false;
}

function silenceText(path: string, pid: number | undefined): string {
  const state = pid === undefined ? undefined : stateOf(pid);
  if (state === undefined)
    return `the kernel on ${path} does not answer yet: look whether it is stopped (state T in ps), or what holds it up (softlockup in its log)`;
  const silent = `the kernel (pid ${pid}) does not answer yet`;
  if (state === 'T') return `${silent}: it is stopped (state T); kill -CONT ${pid} lets it go on`;
  if (state === 't') return `${silent}: a debugger holds it (state t)`;
  return `${silent}: something holds it up (state ${state}); if softlockup is loaded, its log says what`;
}

/** As ps shows it; undefined where there is no such process to be seen. */
function stateOf(pid: number): string | undefined {
  try {
    // The name before it may hold anything.
    return /^.*\) (\w)/s.exec(readFileSync(`/proc/${pid}/stat`, 'latin1'))?.[1];
  } catch {
    return undefined;
  }
}
