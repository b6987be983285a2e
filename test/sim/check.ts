import assert from 'node:assert/strict';
import fc from 'fast-check';

const { CARPET_SIM_SEED: seed, CARPET_SIM_PATH: path } = process.env;

export interface CheckOptions<Case> {
  readonly runs: number;
  /** Found once, and played first. */
  readonly examples?: readonly Case[];
}

/**
 * Plays cases that fast-check draws, or the one that CARPET_SIM_SEED and CARPET_SIM_PATH name.
 *
 * @param file as `npm test` takes it
 * @throws AssertionError with the shrunk case, its story, and the line that repeats it
 */
export async function check<Case>(
  file: string,
  drawn: fc.Arbitrary<Case>,
  play: (drawn: Case) => Promise<unknown>,
  { runs, examples = [] }: CheckOptions<Case>,
): Promise<void> {
  const property = fc.asyncProperty(drawn, async (each) => void (await play(each)));
  const result = await fc.check(property, {
    numRuns: runs,
    includeErrorInReport: true,
    ...(seed === undefined ? {} : { seed: Number(seed) }),
    ...(path === undefined ? { examples: examples.map((each): [Case] => [each]) } : { path }),
  });
  if (!result.failed) return;
  const repeat = `CARPET_SIM_SEED=${result.seed} CARPET_SIM_PATH=${result.counterexamplePath} npm test -- ${file}`;
  assert.fail(`${await fc.asyncDefaultReportMessage(result)}\n\nRepeat it with: ${repeat}`);
}
