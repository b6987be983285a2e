/**
 * @module
 * Takes from the thread what a module could hurt the process with by mistake: the port that Node gives every thread, on
 * which a message of any size would be read by the kernel; the pipes of standard output; signals to its own process.
 */
import { syncBuiltinESMExports } from 'node:module';
import { Writable } from 'node:stream';
import threads from 'node:worker_threads';

/** Characters printed at once that become lines of the log. */
const MAX_PRINTED = 16_384;

/** Takes the thread's start data out of reach, and closes Node's own port. */
export function closeOtherWays(): void {
  threads.parentPort?.close();
  const exports = threads as unknown as Record<string, unknown>;
  for (const name of ['parentPort', 'workerData', 'postMessageToThread']) {
    if (name in exports) exports[name] = name === 'postMessageToThread' ? refuse : null;
  }
  syncBuiltinESMExports();
}

function refuse(): never {
  throw new Error('a module in a worker speaks to the kernel by events and by what it injects');
}

/** What is printed becomes lines of the log. */
export function printTo(line: (text: string) => void): void {
  for (const name of ['stdout', 'stderr'] as const) {
    const stream = new Writable({
      decodeStrings: false,
      write(chunk: unknown, _encoding, done) {
        const text = String(chunk);
        // Not even looked at: a text that is put together on the way can exhaust the heap within one call.
        if (text.length > MAX_PRINTED) line(`(${text.length} characters printed)`);
        else for (const each of text.split('\n')) if (each !== '') line(each);
        done();
      },
    });
    Object.defineProperty(process, name, { value: stream, configurable: true });
  }
}

/** A signal to the own process would end the kernel. */
export function spareProcess(): void {
  const kill = process.kill.bind(process);
  process.kill = (pid, signal) => {
    if (signal !== 0 && [process.pid, -process.pid, 0].includes(pid)) return refuseSignal();
    return kill(pid, signal);
  };
}

function refuseSignal(): never {
  throw new Error('a module in a worker must not signal the process of its kernel');
}
