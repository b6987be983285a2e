/**
 * `npm run mutants -- [FOLDER…] [--seed S] [--sample N] [--part K/N] [--again FILE] [--jobs N] [--json FILE]`:
 * puts one fault after another into the compiled files of a folder, and runs the fast tests against each. Prints how many
 * were noticed, and each that was not, but for those that explained.json explains. `--part 2/3` tries the second third,
 * `--again` those that survived in an earlier run's `--json`. A signal ends it with the sums so far.
 * Exits with 1 when an unexplained one survives.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, constants } from 'node:os';
import { parseArgs } from 'node:util';
import { root } from '../support/npm.js';
import { signature } from './mutation.js';
import { percentage, summary, survivorLines } from './report.js';
import { type FolderResult, runSuite, type Settings } from './run.js';
import { type Suite, suitesFor } from './suites.js';

class UsageError extends Error {}

/** The first signal ends a run with its sums, the second at once. */
const ending = new AbortController();

interface Order {
  readonly suites: readonly Suite[];
  readonly settings: Settings;
  readonly json: string | undefined;
}

/** @throws UsageError */
function order(): Order {
  const text = { type: 'string' } as const;
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: { seed: text, sample: text, again: text, part: text, jobs: text, json: text },
    });
    const settings: Settings = {
      root,
      seed: whole('seed', values.seed, 1),
      sample: whole('sample', values.sample, Number.POSITIVE_INFINITY),
      part: values.part === undefined ? undefined : partOf(values.part),
      again: values.again === undefined ? undefined : survivorsOf(values.again),
      jobs: whole('jobs', values.jobs, availableParallelism()),
      slackMs: 1500,
      progress: (line) => console.error(line),
      signal: ending.signal,
    };
    return { suites: suitesFor(root, positionals), settings, json: values.json };
  } catch (error) {
    throw new UsageError((error as Error).message.split('\n')[0]);
  }
}

function partOf(text: string): [number, number] {
  const [part, of] = (/^(\d+)\/(\d+)$/.exec(text) ?? []).slice(1).map(Number);
  if (part !== undefined && of !== undefined && part >= 1 && part <= of) return [part, of];
  throw new UsageError(`--part must be K/N, such as 2/3, not '${text}'`);
}

/** @throws Error when the file is none of a run */
function survivorsOf(file: string): ReadonlySet<string> {
  const { folders } = JSON.parse(readFileSync(file, 'utf8')) as { folders: readonly FolderResult[] };
  return new Set(folders.flatMap(({ survivors }) => survivors).map(signature));
}

function whole(option: string, text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise;
  if (/^\d+$/.test(text) && Number(text) > 0) return Number(text);
  throw new UsageError(`--${option} must be a whole number above 0, not '${text}'`);
}

async function main({ suites, settings, json }: Order): Promise<void> {
  const results: FolderResult[] = [];
  for (const suite of suites) {
    const result = await runSuite(suite, settings);
    results.push(result);
    for (const line of survivorLines(result)) console.log(line);
  }
  console.log(summary(results));
  if (json !== undefined)
    writeFileSync(json, `${JSON.stringify({ seed: settings.seed, folders: results }, null, 2)}\n`);
  process.exitCode = results.every((result) => percentage(result) === 100) ? 0 : 1;
}

for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.on(signal, () => {
    if (ending.signal.aborted) process.exit(128 + constants.signals[signal]);
    ending.abort();
  });
try {
  await main(order());
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(`npm run mutants: ${error.message}`);
  process.exitCode = 1;
}
