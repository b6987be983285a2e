/**
 * `npm run sim -- --seeds N [--from S] [--minutes M] [--jobs J]`: N random networks, one for each seed from S on, with
 * faults for M minutes each. Each is played twice, and must do the same. Prints how many there were a second, and how much
 * faster than real time; a violation with its seed, its shrunk history and who was what when, and exits with 1.
 */
import { parseArgs } from 'node:util';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { type Outcome, playSeed } from './seeds.js';
import { missed } from './sometimes.js';

const LIMITS = {
  seeds: [1, 1e9, 100],
  from: [0, 2 ** 31 - 1, 1],
  minutes: [0.1, 600, 2],
  jobs: [1, 64, 1],
} as const;
const PROGRESS_MS = 30_000;

class UsageError extends Error {}

type Order = Readonly<Record<keyof typeof LIMITS, number>>;

/** What the runs of many seeds have in common. */
class Tally {
  readonly #start = performance.now();
  readonly #reached = new Set<string>();
  #networks = 0;
  #simulated = 0;
  #shown = 0;

  /** @returns whether to go on */
  add(outcome: Outcome, { minutes }: Order): boolean {
    if ('violation' in outcome) {
      console.error(`seed ${outcome.seed}: ${outcome.violation}`);
      console.error(`again: npm run sim -- --seeds 1 --from ${outcome.seed} --minutes ${minutes}`);
      process.exitCode = 1;
      return false;
    }
    this.#networks++;
    this.#simulated += 2 * outcome.time;
    for (const what of outcome.reached) this.#reached.add(what);
    if (performance.now() - this.#shown > PROGRESS_MS) this.show();
    return true;
  }

  show(): void {
    this.#shown = performance.now();
    const elapsed = this.#shown - this.#start;
    const [rate, factor] = [(this.#networks * 1000) / elapsed, this.#simulated / elapsed];
    const hours = (this.#simulated / 2 / 3_600_000).toFixed(1);
    console.log(
      `${this.#networks} networks, ${hours} hours of theirs, each twice: ${rate.toFixed(1)} a second, ${Math.round(factor)} times real time`,
    );
  }

  end(): void {
    this.show();
    const found = missed(this.#reached, this.#networks);
    for (const line of found) console.error(line);
    if (found.length > 0) process.exitCode = 1;
  }
}

/** @throws UsageError */
function order(): Order {
  const text = { type: 'string' } as const;
  const given = (() => {
    try {
      return parseArgs({ options: { seeds: text, from: text, minutes: text, jobs: text } }).values;
    } catch (error) {
      throw new UsageError((error as Error).message.split('\n')[0]);
    }
  })();
  const read = (name: keyof typeof LIMITS): number => {
    const [min, max, otherwise] = LIMITS[name];
    const value = given[name] === undefined ? otherwise : Number(given[name]);
    const fits = value >= min && value <= max && (name === 'minutes' || Number.isInteger(value));
    if (fits) return value;
    throw new UsageError(`--${name} must be a number ${min} to ${max}, not '${given[name]}'`);
  };
  return { seeds: read('seeds'), from: read('from'), minutes: read('minutes'), jobs: read('jobs') };
}

/** The seeds of one of several threads. */
async function playSome(
  { seeds, from, minutes, jobs }: Order,
  job: number,
  done: (outcome: Outcome) => boolean,
): Promise<void> {
  for (let i = job; i < seeds; i += jobs) if (!done(await playSeed(from + i, minutes))) return;
}

async function inThreads(wanted: Order, tally: Tally): Promise<void> {
  const workers = Array.from(
    { length: wanted.jobs },
    (_, job) => new Worker(new URL(import.meta.url), { workerData: { wanted, job } }),
  );
  const stop = (): void => workers.forEach((worker) => void worker.terminate());
  const ended = workers.map(
    (worker) =>
      new Promise<void>((resolve, reject) => {
        worker.on('message', (outcome: Outcome) => tally.add(outcome, wanted) || stop());
        worker.on('error', reject);
        worker.on('exit', () => resolve());
      }),
  );
  await Promise.all(ended);
}

async function main(): Promise<void> {
  const wanted = order();
  const tally = new Tally();
  if (wanted.jobs > 1) await inThreads(wanted, tally);
  else await playSome(wanted, 0, (outcome) => tally.add(outcome, wanted));
  if (process.exitCode === undefined) tally.end();
}

if (isMainThread) {
  try {
    await main();
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    console.error(`npm run sim: ${error.message}`);
    process.exitCode = 1;
  }
} else {
  const { wanted, job } = workerData as { wanted: Order; job: number };
  await playSome(wanted, job, (outcome) => {
    parentPort!.postMessage(outcome);
    return true;
  });
}
