/**
 * `npm run chaos -- --minutes N [--seed S] [--only FAULT]…`: two carpets and a ucarp share an address, clients write
 * through it, and one thing after another breaks. Prints how long each fault was felt, beside what is promised, and exits
 * with 1 when a promise is broken. Works in network namespaces of its own; SIGINT ends it early, and everything it started.
 */
import { parseArgs } from 'node:util';
import { needs } from '../support/needs.js';
import { FAULTS } from './faults.js';
import { table } from './report.js';
import { type ChaosOptions, runChaos } from './run.js';

class UsageError extends Error {}

const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => interrupted.abort());

/** @throws UsageError */
function options(): ChaosOptions {
  try {
    const text = { type: 'string' } as const;
    const { values } = parseArgs({
      options: { minutes: text, seed: text, only: { type: 'string', multiple: true } },
    });
    const only = values.only ?? [];
    const stray = only.find((name) => !FAULTS.some((fault) => fault.name === name));
    if (stray !== undefined)
      throw new Error(`there is no fault '${stray}'; faults: ${FAULTS.map(({ name }) => name).join('; ')}`);
    return {
      minutes: above0('minutes', values.minutes, 1),
      seed: above0('seed', values.seed, (Date.now() % 2 ** 30) + 1),
      only,
      signal: interrupted.signal,
      progress: (line) => console.log(line),
    };
  } catch (error) {
    throw new UsageError((error as Error).message.split('\n')[0]);
  }
}

function above0(option: string, text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise;
  if (/^\d+(\.\d+)?$/.test(text) && Number(text) > 0) return Number(text);
  throw new Error(`--${option} must be a number above 0, not '${text}'`);
}

async function main(): Promise<void> {
  const wanted = options();
  const missing = needs(
    'root',
    'netns',
    'native',
    'program:ip',
    'program:tc',
    'program:nft',
    'program:ucarp',
  );
  if (missing !== false) throw new UsageError(missing);
  console.log(`seed ${wanted.seed}`);
  const report = await runChaos(wanted);
  console.log(table(report));
  for (const violation of report.violations) console.error(violation);
  process.exitCode = report.violations.length > 0 ? 1 : 0;
}

try {
  await main();
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(`npm run chaos: ${error.message}`);
  process.exitCode = 1;
}
