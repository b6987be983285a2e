import { CarpetError } from '../../../core/index.js';
import { networkNamespace, readStatus } from '../../carp-status/index.js';
import { statusLines } from './status-lines.js';

/**
 * `carpet carp --status`: prints every vhid of every process on this machine that runs CARP, in any network namespace.
 *
 * @throws CarpetError ESRCH if there is none
 */
export async function printStatus(folder: string | undefined, json: boolean): Promise<void> {
  const { documents, troubles, ...reading } = await readStatus(folder);
  if (documents.length === 0)
    throw new CarpetError(
      'ESRCH',
      troubles[0] ?? `no carpet process runs CARP: none has a socket in ${reading.folder}`,
    );
  for (const trouble of troubles) process.stderr.write(`carpet: ${trouble}\n`);
  if (json) {
    process.stdout.write(`${JSON.stringify(documents, null, 2)}\n`);
    return;
  }
  const netns = networkNamespace();
  for (const document of documents)
    process.stdout.write(
      statusLines(document, netns)
        .map((line) => `${line}\n`)
        .join(''),
    );
}
