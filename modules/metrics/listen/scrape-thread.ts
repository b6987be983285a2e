import { Worker } from 'node:worker_threads';
import { type Callout, CarpetError, type Clock, type Log } from '../../../core/index.js';
import type { ListenAddress } from '../settings.js';
import type { MetricsFormat } from '../text/writer.js';
import type { ScrapeAnswer, ScrapeMessage, ScrapeServerOptions } from './protocol.js';

/** A server that failed is started again after this. */
const RESTART_MS = 1_000;
const MAX_HEAP_MIB = 32;

/** What the kernel's side of the thread needs. */
export interface ScrapeThreadServices {
  readonly clock: Clock;
  readonly log: Log;
  readonly render: (format: MetricsFormat) => string;
}

/**
 * The thread that serves scrapers on a loopback port, with a heap of its own: what they send costs that thread, and the
 * kernel's only a rendering at times. One that fails later is reported and started anew.
 */
export class ScrapeThread implements AsyncDisposable {
  readonly address: ListenAddress;
  readonly #services: ScrapeThreadServices;
  readonly #restart: Callout;
  #worker: Worker | undefined;

  private constructor(address: ListenAddress, services: ScrapeThreadServices) {
    this.address = address;
    this.#services = services;
    this.#restart = services.clock.callout('metrics server restart', () => {
      this.#start().catch((error: Error) => this.#failed(error));
    });
  }

  /** Resolves when it listens. @throws CarpetError EADDRINUSE when another program listens there, EADDRNOTAVAIL … */
  static async listen(address: ListenAddress, services: ScrapeThreadServices): Promise<ScrapeThread> {
    const thread = new ScrapeThread(address, services);
    try {
      await thread.#start();
    } catch (error) {
      await thread[Symbol.asyncDispose]();
      throw error;
    }
    return thread;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#restart[Symbol.dispose]();
    const worker = this.#worker;
    this.#worker = undefined;
    await worker?.terminate();
  }

  /** Rejects also where there is no thread for it. */
  async #start(): Promise<void> {
    const worker = new Worker(new URL('./server/main.js', import.meta.url), {
      workerData: this.address satisfies ScrapeServerOptions,
      name: 'carpet metrics',
      resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MIB },
    });
    this.#worker = worker;
    return new Promise((resolve, reject) => {
      let listens = false;
      const unexpected = (error: Error): void => {
        if (this.#worker !== worker) return;
        this.#worker = undefined;
        reject(error);
        this.#failed(error);
      };
      worker.on('message', (message: ScrapeMessage) => {
        if (message.type === 'scrape') this.#answer(worker, message.format);
        else if (message.type === 'cutOff') this.#warn();
        else if (message.type === 'listening') {
          listens = true;
          resolve();
        } else if (listens) {
          // It has closed its port to the kernel, not that to scrapers: for want of descriptors, say.
          unexpected(new Error(message.code));
          void worker.terminate();
        } else {
          this.#worker = undefined;
          reject(this.#refusal(message.code));
        }
      });
      worker.on('error', unexpected);
      worker.once('exit', () => unexpected(new Error('its thread has ended')));
    });
  }

  #answer(worker: Worker, format: MetricsFormat): void {
    worker.postMessage({ type: 'text', format, text: this.#services.render(format) } satisfies ScrapeAnswer);
  }

  #warn(): void {
    this.#services.log
      .limited('cut off')
      .warning('the metrics server cut off a client that asked on and on, and read no answer');
  }

  #failed(error: Error): void {
    this.#services.log
      .limited('server')
      .error(`the metrics server failed and is started anew: ${error.message}`);
    this.#restart.reset(RESTART_MS);
  }

  #refusal(code: string): CarpetError {
    const { host, port } = this.address;
    const why = code === 'EADDRINUSE' ? 'another program listens there; choose another port' : code;
    return new CarpetError(code, `metrics: cannot listen on ${host} port ${port}: ${why}`);
  }
}
