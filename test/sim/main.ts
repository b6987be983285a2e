/**
 * `npm run sim -- --seeds N [--from S] [--minutes M] [--jobs J] [--hosts H] [--vhids V] [--vrrp] [--once]`: N random networks,
 * one for each seed from S on, with faults for M minutes each; with `--vrrp` of hosts that speak VRRP. Each is played twice,
 * and must do the same; with `--once` once. Prints how many there were a second, and how much faster than real time, also
 * for a second of one processor; a violation with its seed, its shrunk history and who was what when, and exits with 1.
 * SIGINT and SIGTERM end it after the network at hand, with what it has.
 */

import { setImmediate as turn } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { type Outcome, playSeed } from './seeds.js';
import { missed, SOMETIMES, SOMETIMES_VRRP } from './sometimes.js';
import { MAX_HOSTS } from './wide.js';

const LIMITS = {
  seeds: [1, 1e9, 100],
  from: [0, 2 ** 31 - 1, 1],
  minutes: [0.1, 600, 2],
  jobs: [1, 64, 1],
  /** 0: any number of them. */
  hosts: [0, MAX_HOSTS, 0],
  vhids: [0, 3, 0],
} as const;
const PROGRESS_MS = 30_000;

class UsageError extends Error {}

interface Order extends Readonly<Record<keyof typeof LIMITS, number>> {
  readonly vrrp: boolean;
  readonly once: boolean;
}

/** What the runs of many seeds have in common. */
class Tally {
  readonly #start = performance.now();
  readonly #used = process.cpuUsage();
  readonly #reached = new Set<string>();
  #networks = 0;
  /** Of each network. */
  #plays = 2;
  #simulated = 0;
  #shown = 0;
  #stopped = false;

  /** Counts one more network, and no other. */
  stop(): void {
    this.#stopped = true;
  }

  /** @returns whether to go on */
  add(outcome: Outcome, { minutes, hosts, vhids, vrrp, once }: Order): boolean {
    if ('violation' in outcome) {
      console.error(`seed ${outcome.seed}: ${outcome.violation}`);
      const size = `${hosts > 0 ? ` --hosts ${hosts}` : ''}${vhids > 0 ? ` --vhids ${vhids}` : ''}`;
      const kind = `${size}${vrrp ? ' --vrrp' : ''}`;
      console.error(`again: npm run sim -- --seeds 1 --from ${outcome.seed} --minutes ${minutes}${kind}`);
      process.exitCode = 1;
      return false;
    }
    this.#networks++;
    this.#plays = once ? 1 : 2;
    this.#simulated += outcome.time;
    for (const what of outcome.reached) this.#reached.add(what);
    if (performance.now() - this.#shown > PROGRESS_MS) this.show();
    return !this.#stopped;
  }

  show(): void {
    this.#shown = performance.now();
    const elapsed = this.#shown - this.#start;
    const { user, system } = process.cpuUsage(this.#used);
    const played = this.#plays * this.#simulated;
    const [rate, factor] = [(this.#networks * 1000) / elapsed, played / elapsed];
    const perCore = Math.round((1000 * played) / (user + system));
    const hours = (this.#simulated / 3_600_000).toFixed(1);
    const often = this.#plays === 1 ? 'once' : 'twice';
    console.log(
      `${this.#networks} networks, ${hours} hours of theirs, each ${often}: ${rate.toFixed(1)} a second, ${Math.round(factor)} times real time, ${perCore} times on one processor`,
    );
  }

  end({ hosts, vhids, vrrp }: Order): void {
    this.show();
    // Networks of one size only do not reach everything.
    if (hosts + vhids > 0) return;
    const found = missed(this.#reached, this.#networks, vrrp ? SOMETIMES_VRRP : SOMETIMES);
    for (const line of found) console.error(line);
    if (found.length > 0) process.exitCode = 1;
  }
}

/** @throws UsageError */
function order(): Order {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean', default: false } as const;
  const given = (() => {
    try {
      return parseArgs({
        options: {
          seeds: text,
          from: text,
          minutes: text,
          jobs: text,
          hosts: text,
          vhids: text,
          vrrp: flag,
          once: flag,
        },
      }).values;
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
  const [hosts, vhids] = [read('hosts'), read('vhids')];
  if (hosts === 1) throw new UsageError('--hosts must be 2 or more: one has nobody to fail over to');
  const [seeds, from, minutes, jobs] = [read('seeds'), read('from'), read('minutes'), read('jobs')];
  return { seeds, from, minutes, jobs, hosts, vhids, vrrp: given.vrrp, once: given.once };
}

/** The seeds of one of several threads. */
async function playSome(
  { seeds, from, minutes, jobs, hosts, vhids, vrrp, once }: Order,
  job: number,
  done: (outcome: Outcome) => boolean,
): Promise<void> {
  const kind = { ...(hosts > 0 && { hosts }), ...(vhids > 0 && { vhids }), vrrp, once };
  for (let i = job; i < seeds; i += jobs) {
    if (!done(await playSeed(from + i, minutes, kind))) return;
    // A signal is heard between two networks: in a network only promises run.
    await turn();
  }
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
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => tally.stop());
  if (wanted.jobs > 1) await inThreads(wanted, tally);
  else await playSome(wanted, 0, (outcome) => tally.add(outcome, wanted));
  if (process.exitCode === undefined) tally.end(wanted);
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
