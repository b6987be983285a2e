import { Worker } from 'node:worker_threads';
import type { Callout, Clock, Log } from '../../core/index.js';
import type { KernelMessage, ServerMessage, ServerOptions } from './protocol.js';

/** A server that failed is not started again before this, however often somebody connects. */
const RESTART_MS = 1_000;
const MAX_HEAP_MIB = 64;

/** What the kernel's side of the server thread needs. */
export interface ServerThreadServices {
  readonly clock: Clock;
  readonly log: Log;
  /** Made anew for each start: every server closes the descriptors that it was given. */
  readonly options: () => ServerOptions;
  readonly receive: (message: ServerMessage) => void;
  /** The server runs, and wants to know the verbs. */
  readonly started: () => void;
  /** It has ended: nobody was connected, or it failed. */
  readonly ended: () => void;
}

/**
 * The thread in which the server runs. It has a heap of its own with a limit, so that what strangers send can exhaust
 * that, and not the kernel's. One that fails is reported and started anew by the next connection.
 */
export class ServerThread implements AsyncDisposable {
  readonly #services: ServerThreadServices;
  readonly #pause: Callout;
  #worker: Worker | undefined;
  #failed = false;

  constructor(services: ServerThreadServices) {
    this.#services = services;
    this.#pause = services.clock.callout('control restart', () => {
      this.#failed = false;
      services.ended();
    });
  }

  get running(): boolean {
    return this.#worker !== undefined;
  }

  start(): void {
    if (this.#worker !== undefined || this.#failed) return;
    const { options, log } = this.#services;
    const worker = new Worker(new URL('./server/main.js', import.meta.url), {
      workerData: options(),
      name: 'carpet control',
      resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MIB },
    });
    this.#worker = worker;
    worker.on('message', (message: ServerMessage) => this.#receive(message));
    worker.on('error', (error) => {
      this.#failed = true;
      log.limited('server').error(`the control server failed and is started anew: ${error.message}`);
    });
    worker.once('exit', () => {
      if (this.#worker !== worker) return;
      this.#worker = undefined;
      if (this.#failed) this.#pause.reset(RESTART_MS);
      else this.#services.ended();
    });
  }

  send(message: KernelMessage): void {
    this.#worker?.postMessage(message);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#pause[Symbol.dispose]();
    const worker = this.#worker;
    this.#worker = undefined;
    await worker?.terminate();
  }

  #receive(message: ServerMessage): void {
    if (message.type === 'started') this.#services.started();
    else if (message.type === 'idle') this.send({ type: 'stop' });
    else this.#services.receive(message);
  }
}
