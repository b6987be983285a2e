import type { Clock } from '../../../core/index.js';
import { type ProgramSettings, runProgram } from '../../programs/index.js';
import { HealthError } from '../errors.js';

/** Two days: longer than any check's timeout, which ends the program by its signal. */
const LIMIT_MS = 172_800_000;

/** Exit status 0 is success. Its processes are ended with it, and at the timeout. */
export async function probeCommand(
  settings: ProgramSettings,
  signal: AbortSignal,
  clock: Clock,
): Promise<string> {
  const { failure, output } = await runProgram({
    ...settings,
    limitMs: LIMIT_MS,
    leavesNothing: true,
    signal,
    clock,
  });
  const line = output.split('\n', 1)[0]!.trim();
  if (failure === undefined) return line;
  throw new HealthError('EFAILED', line === '' ? failure : `${failure}: ${line}`);
}
