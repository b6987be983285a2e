/**
 * @module
 * `carpet kldstat [-v]`: the verb kldstat, with the short option of kldstat(8).
 */
import type { Cli } from '../cli.js';
import { runKernelVerb } from '../control/run.js';

export async function run(args: readonly string[], cli: Cli): Promise<void> {
  await runKernelVerb(['kldstat', ...args.map((word) => (word === '-v' ? '--verbose' : word))], cli);
}
