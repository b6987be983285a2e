import { deserialize } from 'node:v8';
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import type { Callout, Clock } from '../../core/index.js';
import { type HeapOwner, HeapWatch, heapLimits } from './heap-watch.js';
import { keepInterruptible } from './interruptible.js';
import type { WorkerLimits } from './options.js';
import type { FromWorker, ThreadData, ToWorker } from './protocol.js';

/** How many times as long as reading took the kernel rests from a thread: it takes one part in four of the time. */
const REST_RATIO = 3;
/** Reading that is shorter needs no rest, ms. */
const SHORT_MS = 0.2;
const MAX_REST_MS = 50;
const STACK_MIB = 4;
/** A thread that takes longer to end is reported: most take milliseconds. */
const MAX_END_MS = 2_000;

export interface ThreadOptions extends Omit<ThreadData, 'port' | 'nice'> {
  readonly limits: WorkerLimits;
  readonly clock: Clock;
  readonly receive: (message: FromWorker) => void;
  /** Called once, with the reason. */
  readonly ended: (reason: string) => void;
  /** It was told to end, and has not for so many milliseconds. */
  readonly lingers?: (ms: number) => void;
}

/** Never two turns in one: what a thread sends costs the kernel one message, then a rest. */
export class Thread {
  readonly #options: ThreadOptions;
  readonly #worker: Worker;
  readonly #port: MessagePort;
  readonly #rest: Callout;
  readonly #heap: HeapWatch;
  #reason: string | undefined;
  #over = false;
  #load = { active: 0, at: 0 };

  constructor(options: ThreadOptions) {
    this.#options = options;
    const { limits, location, module, kernel, clock } = options;
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    this.#rest = clock.callout('worker rest', () => this.post([{ type: 'more' }]));
    keepInterruptible();
    this.#worker = new Worker(new URL('./inside/main.js', import.meta.url), {
      workerData: { port: port2, location, module, kernel, nice: limits.nice } satisfies ThreadData,
      transferList: [port2],
      name: module ?? 'carpet module',
      stdout: true,
      stderr: true,
      resourceLimits: {
        ...heapLimits(limits),
        stackSizeMb: STACK_MIB,
      },
    });
    this.#heap = new HeapWatch(
      this.#worker as HeapOwner,
      limits,
      clock,
      () => void this.terminate(this.#exhausted),
    );
    port1.on('message', (chunks: Uint8Array[]) => this.#read(chunks));
    this.#worker.on('error', (error) => this.#failed(error));
    this.#worker.once('exit', (code) => this.#exited(code));
  }

  /** The thread's number, as the debugger knows it. */
  get id(): number {
    return this.#worker.threadId;
  }

  post(messages: readonly ToWorker[]): void {
    if (!this.#over) this.#port.postMessage(messages);
  }

  /** The share of a core that it has used since it was asked last. */
  load(): number {
    const now = this.#options.clock.now();
    const { active } = this.#worker.performance.eventLoopUtilization();
    const share = (active - this.#load.active) / Math.max(now - this.#load.at, 1);
    this.#load = { active, at: now };
    return Math.min(share, 1);
  }

  /**
   * Ends the thread, whatever it does, but for native code that does not return, and some loops of compiled code (see "What
   * a thread cannot keep in" of docs/worker.md).
   *
   * @param reason for `ended`, unless it has one already
   */
  async terminate(reason: string): Promise<void> {
    const { clock, lingers } = this.#options;
    this.#reason ??= reason;
    this.#over = true;
    using late = clock.callout('worker end', () => lingers?.(MAX_END_MS));
    late.reset(MAX_END_MS);
    await this.#worker.terminate();
  }

  #read(chunks: readonly Uint8Array[]): void {
    const { clock, receive } = this.#options;
    const began = clock.now();
    try {
      for (const chunk of chunks) receive(deserialize(chunk) as FromWorker);
    } catch (error) {
      void this.terminate(`sent what cannot be read: ${String(error)}`);
      return;
    }
    const took = clock.now() - began;
    if (took < SHORT_MS) this.post([{ type: 'more' }]);
    else this.#rest.reset(Math.min(took * REST_RATIO, MAX_REST_MS));
  }

  get #exhausted(): string {
    return `exhausted its heap of ${this.#options.limits.memoryMb} MiB`;
  }

  #failed(error: unknown): void {
    const { code, message } = error as Error & { code?: string };
    this.#reason ??=
      code === 'ERR_WORKER_OUT_OF_MEMORY' ? this.#exhausted : `threw what nothing caught: ${message}`;
  }

  #exited(code: number): void {
    this.#over = true;
    this.#rest[Symbol.dispose]();
    this.#heap[Symbol.dispose]();
    // What it sent before its end is read first.
    setImmediate(() => {
      this.#port.close();
      this.#options.ended(this.#reason ?? `ended itself with exit code ${code}`);
    });
  }

  /** Its last words name the error better than the event does. */
  uncaught(message: string): void {
    this.#reason ??= `threw what nothing caught: ${message}`;
  }
}
