/**
 * @module
 * `carpet kldload MODULE [--settings JSON] [--isolate worker]`: the verb kldload. A relative path begins where the command was typed, not
 * where the kernel runs.
 */
import { resolve } from 'node:path';
import type { Cli } from '../cli.js';
import { runKernelVerb } from '../control/run.js';

export async function run(args: readonly string[], cli: Cli): Promise<void> {
  const words = args.map((word) => (/^\.{1,2}\//.test(word) ? resolve(word) : word));
  await runKernelVerb(['kldload', ...words], cli);
}
