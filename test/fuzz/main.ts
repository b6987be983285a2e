/**
 * `npm run fuzz -- TARGET --seconds N [--runs M] [--seed S]`: random inputs for a parser, each held against an oracle.
 * Prints executions per second, at SIGINT and SIGTERM of what was done until then; a violation with its seed and its
 * shortest input, and exits with 1. Without a target: the list of them.
 */
import { readdirSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type FuzzReport, runTarget } from './runner.js';
import type { FuzzTarget } from './target.js';
import { Watchdog } from './watchdog.js';

const SHRINK_SECONDS = 60;
const folder = fileURLToPath(new URL('targets/', import.meta.url));
const names = readdirSync(folder)
  .filter((file) => file.endsWith('.js'))
  .map((file) => basename(file, '.js'))
  .toSorted();

class UsageError extends Error {}

interface Order {
  readonly name: string | undefined;
  readonly seconds: number;
  readonly runs: number;
  readonly seed: number;
}

/** @throws UsageError */
function order(): Order {
  const given = (() => {
    try {
      const text = { type: 'string' } as const;
      return parseArgs({ allowPositionals: true, options: { seconds: text, runs: text, seed: text } });
    } catch (error) {
      throw new UsageError((error as Error).message.split('\n')[0]);
    }
  })();
  const { values, positionals } = given;
  const [name, stray] = positionals;
  if (stray !== undefined) throw new UsageError(`one target at a time, not '${stray}' too`);
  if (name !== undefined && !names.includes(name))
    throw new UsageError(`there is no target '${name}'; targets: ${names.join(', ')}`);
  const runs = number('runs', values.runs, Number.POSITIVE_INFINITY);
  return {
    name,
    runs,
    seconds: number('seconds', values.seconds, values.runs === undefined ? 10 : Number.POSITIVE_INFINITY),
    seed: number('seed', values.seed, Date.now() % 2 ** 30),
  };
}

function number(option: string, text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise;
  const value = Number(text);
  if (/^\d+(\.\d+)?$/.test(text) && value > 0 && (option === 'seconds' || Number.isInteger(value)))
    return value;
  throw new UsageError(`--${option} must be a number above 0, not '${text}'`);
}

async function load(name: string): Promise<FuzzTarget> {
  return ((await import(`./targets/${name}.js`)) as { target: FuzzTarget }).target;
}

function print(name: string, { executions, seconds, growth, violations }: FuzzReport): void {
  const rate = Math.round(executions / seconds);
  const heap = growth === undefined ? '' : `, heap ${(growth / 1024 / 1024).toFixed(1)} MiB more`;
  console.log(`${name}: ${executions} executions in ${seconds.toFixed(1)} s, ${rate} a second${heap}`);
  for (const violation of violations) console.error(violation);
  process.exitCode = violations.length > 0 ? 1 : 0;
}

async function fuzz(name: string, { seconds, runs, seed }: Order): Promise<void> {
  const target = await load(name);
  console.log(`${name}: ${target.about}; seed ${seed}`);
  const open = await target.open();
  const stopped = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopped.abort());
  try {
    await using watchdog = new Watchdog(name);
    watchdog.alive(seed);
    for (const [title, { skip }] of Object.entries(open.properties))
      if (skip !== false) console.log(`${name}/${title}: skipped, ${skip}`);
    const alive = (next: number): void => watchdog.alive(next);
    const { signal } = stopped;
    const limits = { seconds, runs, seed, alive, shrinkSeconds: SHRINK_SECONDS, signal };
    print(name, await runTarget(name, open, limits));
    if (open.note !== undefined) console.log(`${name}: ${open.note()}`);
  } finally {
    await open[Symbol.asyncDispose]?.();
  }
}

try {
  const wanted = order();
  if (wanted.name !== undefined) await fuzz(wanted.name, wanted);
  else for (const name of names) console.log(`${name.padEnd(14)} ${(await load(name)).about}`);
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  console.error(`npm run fuzz: ${error.message}`);
  process.exitCode = 1;
}
