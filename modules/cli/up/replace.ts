/**
 * @module
 * `carpet up --replace`. Without a service manager this process takes the place of the kernel that runs. A kernel that a
 * service manager runs starts its successor itself: only so has that one the unit's user, rights, limits and
 * environment, and only then does the manager take it for the unit's.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { CarpetError, type Kernel } from '../../../core/index.js';
import type { Configuration } from '../../boot/index.js';
import { ControlClient } from '../../control/index.js';
import { askForOffer, Takeover, type UpgradeOffer } from '../../upgrade/index.js';

const SOCKET = '/run/carpet/control.sock';

/**
 * Finds the kernel that runs, and gets its state.
 *
 * @returns undefined if none runs; `managed` if it has been replaced by a process that it started itself
 * @throws CarpetError EHANDOVER, EACCES; ControlError
 */
export async function findPredecessor(
  configuration: Configuration,
): Promise<Takeover | 'managed' | undefined> {
  const socket = process.env['CARPET_SOCKET'] ?? socketOf(configuration);
  let terms: UpgradeOffer;
  try {
    terms = await askForOffer(socket);
  } catch (error) {
    if (!(error instanceof CarpetError) || error.code !== 'ENOKERNEL') throw error;
    process.stderr.write(`${error.message.replace(/:[^:]*$/, '')}: nothing to replace\n`);
    return undefined;
  }
  if (terms.managed && (process.env['NOTIFY_SOCKET'] ?? '') === '') {
    process.stdout.write(await restartRemotely(socket));
    return 'managed';
  }
  return Takeover.begin(terms);
}

function socketOf({ modules }: Configuration): string {
  const settings = modules.find(({ name }) => name === 'control')?.settings as
    | { readonly socket?: string }
    | undefined;
  return settings?.socket ?? SOCKET;
}

async function restartRemotely(socket: string): Promise<string> {
  const client = new ControlClient(socket);
  const { verbs } = await client.index();
  const verb = verbs.find(({ name }) => name === 'upgrade.start');
  if (verb === undefined)
    throw new CarpetError('EHANDOVER', 'the running kernel is none of carpet up: restart it');
  return client.call(verb, {}, 'text');
}

/** Registers the verb by which a kernel starts its own successor, with this process's command line. */
export function offerRestart(kernel: Kernel): void {
  kernel.verbs.register({
    name: 'upgrade.start',
    summary: 'start the program anew beside this one, and hand over to it',
    access: 'write',
    run: () => restart(kernel),
    text: ({ pid }) => `process ${pid} has taken over`,
  });
}

async function restart({ eventhandler }: Kernel): Promise<{ pid: number | undefined }> {
  const { WATCHDOG_PID: _watchdog, ...env } = process.env;
  const [script = '', ...args] = process.argv.slice(1);
  const own = [...process.execArgv, script, ...args.filter((arg) => arg !== '--replace'), '--replace'];
  const child = spawn(process.execPath, own, {
    env,
    stdio: ['ignore', 'inherit', 'inherit'],
    detached: true,
  });
  const ended = once(child, 'exit').then(([code, signal]) => {
    throw new CarpetError(
      'EHANDOVER',
      `the new process ended with ${code ?? signal}, and this one goes on: see the log for its reason`,
    );
  });
  let give: () => void = () => undefined;
  const given = new Promise<void>((resolve) => (give = resolve));
  using _tag = eventhandler.register('succession_event', (phase) => {
    if (phase === 'given') give();
  });
  await Promise.race([ended, given]);
  ended.catch(() => undefined);
  child.unref();
  return { pid: child.pid };
}
