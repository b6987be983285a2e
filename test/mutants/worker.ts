/** The process in which mutants are tried: it loads the tests once, and runs those that it is told, for any mutant. */
import { pathToFileURL } from 'node:url';
import fc from 'fast-check';
import { type Case, cases, end, endFile } from './harness.js';
import { type Answer, type Assignment, HANGS, type Order } from './messages.js';
import { Switch } from './switch.js';

const { files, mutants, mutant, seed } = JSON.parse(process.argv[2]!) as Assignment;
const mutation = new Switch(mutants);
/** What was thrown where no test could catch it. */
const stray: unknown[] = [];

function say(answer: Answer): void {
  process.send!(answer);
}

/** Here, and in the programs that tests start. */
function activate(active: number): void {
  mutation.active = active;
  process.env['CARPET_MUTANT'] = String(active);
}

async function load(): Promise<void> {
  // Without the shrinking that a reader wants and a mutant does not.
  fc.configureGlobal({ seed, endOnFailure: true });
  activate(mutant);
  mutation.install();
  for (const file of files) {
    await import(pathToFileURL(file).href);
    endFile();
  }
  say({ kind: 'loaded', tests: cases.map(({ name }) => name), reached: mutation.take() });
}

async function run({ mutant: active, tests, bail }: Order): Promise<void> {
  activate(active);
  for (const { test, limitMs } of tests) {
    say({ kind: 'begins', test });
    const start = performance.now();
    const before = process.cpuUsage();
    const error = await attempt(cases[test]!, limitMs);
    const ms = performance.now() - start;
    const { user, system } = process.cpuUsage(before);
    say({ kind: 'ended', test, ms, cpu: (user + system) / 1000, error, reached: mutation.take() });
    if (bail && error !== undefined) break;
  }
  activate(mutant);
  say({ kind: 'done' });
}

/** @returns what is wrong */
async function attempt(test: Case, limitMs: number): Promise<string | undefined> {
  stray.length = 0;
  const hang = hanging(limitMs);
  try {
    await Promise.race([test.run(), hang.promise]);
    // What was left unhandled is reported in a turn of its own.
    await new Promise((resolve) => setImmediate(resolve));
    return stray.length === 0 ? undefined : summary(stray[0]);
  } catch (error) {
    return summary(error);
  } finally {
    hang.over();
  }
}

/**
 * Rejects when a test has taken its time, or when nothing is left in the process that could end its wait, which is most
 * often seen at once.
 */
function hanging(limitMs: number): { promise: Promise<never>; over: () => void } {
  let reject: (error: Error) => void;
  const promise = new Promise<never>((_, no) => {
    reject = no;
  });
  const hangs = (): void => {
    process.channel!.ref();
    reject(new Error(HANGS));
  };
  const timer = setTimeout(hangs, limitMs).unref();
  process.once('beforeExit', hangs);
  process.channel!.unref();
  const over = (): void => {
    process.channel!.ref();
    clearTimeout(timer);
    process.removeListener('beforeExit', hangs);
  };
  return { promise, over };
}

function summary(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0]!;
}

process.on('uncaughtException', (error) => stray.push(error));
process.on('unhandledRejection', (error) => stray.push(error));
process.on('disconnect', () => void end().finally(() => process.exit()));
process.on('message', (order: Order) => void run(order));
try {
  await load();
} catch (error) {
  console.error(error);
  process.exit(1);
}
