import './events.js';
import { type IsolationInfo, Kernel, type LogRecord } from '../../../../core/index.js';
import { WorkerModule, type WorkerOptions } from '../../../../modules/worker/index.js';
import { Echo } from './echo.js';
import { Ledger } from './ledger.js';

/** A kernel with the module `echo` in a worker. */
export class EchoKernel implements AsyncDisposable {
  readonly log: LogRecord[] = [];
  readonly answers: unknown[][] = [];
  readonly kernel = new Kernel({ log: (record) => this.log.push(record), base: import.meta.url });

  static async start(options: WorkerOptions = {}, settings?: unknown): Promise<EchoKernel> {
    const self = new EchoKernel();
    const { kernel } = self;
    kernel.sysctl.int('dev.outside', { description: 'of the kernel', value: 4 });
    kernel.eventhandler.register('worker_answer', (...what) => self.answers.push(what));
    await kernel.load(WorkerModule);
    await kernel.load(Echo, settings, { isolate: { in: 'worker', ...options } });
    return self;
  }

  get ledger(): Ledger {
    return this.kernel.get(Ledger);
  }

  get isolation(): IsolationInfo {
    return this.kernel.modules().find(({ name }) => name === 'echo')!.isolation!;
  }

  /** Sends a word, and waits for what comes back besides the early answer. */
  async tell(what: unknown, answers = 2): Promise<unknown[]> {
    const from = this.answers.length;
    this.kernel.eventhandler.invoke('worker_test', what);
    await this.until(() => this.answers.length >= from + answers);
    return this.answers.slice(from).at(-1)!;
  }

  async logged(pattern: RegExp, ms?: number): Promise<LogRecord> {
    await this.until(() => this.log.some(({ message }) => pattern.test(message)), ms);
    return this.log.find(({ message }) => pattern.test(message))!;
  }

  async until(condition: () => boolean, ms = 15_000): Promise<void> {
    const deadline = Date.now() + ms;
    while (!condition()) {
      if (Date.now() > deadline)
        throw new Error(`waited ${ms} ms; log: ${this.log.map(({ message }) => message).join('\n')}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kernel.shutdown();
  }
}
