/**
 * @module
 * `carpet up --replace`. Without a service manager this process takes the place of the kernel that runs. A kernel that a
 * service manager runs starts its successor itself: only so has that one the unit's user, rights, limits and
 * environment, and only then does the manager take it for the unit's.
 */
import { CarpetError, type Clock } from '../../../core/index.js';
import type { Configuration } from '../../boot/index.js';
import { ControlClient } from '../../control/index.js';
import { askForOffer, Takeover, type UpgradeOffer } from '../../upgrade/index.js';
import { PREDECESSOR } from './restart.js';

const SOCKET = '/run/carpet/control.sock';

/**
 * Finds the kernel that runs, and gets its state.
 *
 * @returns undefined if none runs; `managed` if it has been replaced by a process that it started itself
 * @throws CarpetError EHANDOVER, EACCES; ControlError
 */
export async function findPredecessor(
  configuration: Configuration,
  clock: Clock,
): Promise<Takeover | 'managed' | undefined> {
  const { [PREDECESSOR]: starter, CARPET_SOCKET: named } = process.env;
  // What this process starts itself later has another predecessor, or none.
  delete process.env[PREDECESSOR];
  const socket = starter ?? named ?? socketOf(configuration);
  let terms: UpgradeOffer;
  try {
    terms = await askForOffer(socket, clock);
  } catch (error) {
    if (!(error instanceof CarpetError) || error.code !== 'ENOKERNEL' || starter !== undefined) throw error;
    process.stderr.write(`${error.message.replace(/:[^:]*$/, '')}: nothing to replace\n`);
    return undefined;
  }
  if (terms.managed && (process.env['NOTIFY_SOCKET'] ?? '') === '') {
    process.stdout.write(await restartRemotely(socket));
    return 'managed';
  }
  return Takeover.begin(terms, clock);
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
