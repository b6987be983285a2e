import { Worker } from 'node:worker_threads';
import type { Callout, Clock, Log } from '../../core/index.js';
import type { LentListeners } from './lent-listeners.js';
import type { KernelMessage, ServerMessage, ServerOptions } from './protocol.js';

/** A server that failed is not started again before this, however often somebody connects. */
const RESTART_MS = 1_000;
const MAX_HEAP_MIB = 64;

/** What the kernel's side of the server thread needs. */
export interface ServerThreadServices {
  readonly clock: Clock;
  readonly log: Log;
  readonly options: Omit<ServerOptions, 'listeners'>;
  /** Descriptors for one server. @throws SystemError EMFILE */
  readonly lend: () => LentListeners;
  readonly receive: (message: ServerMessage) => void;
  /** The server runs, and wants to know the verbs. */
  readonly started: () => void;
  /** It has ended: nobody was connected, or it failed. Called again later if it throws. */
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
      this.#ended();
    });
  }

  get running(): boolean {
    return this.#worker !== undefined;
  }

  /** A thread that cannot be made, for want of descriptors or of threads, is one that failed. */
  start(): void {
    if (this.#worker !== undefined || this.#failed) return;
    try {
      this.#run(this.#services.lend());
    } catch (error) {
      this.#fail(error as Error);
      this.#pause.reset(RESTART_MS);
    }
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

  #run(lent: LentListeners): void {
    const worker = (this.#worker = this.#make(lent));
    worker.on('message', (message: ServerMessage) => {
      if (message.type === 'listening') lent.taken();
      else this.#receive(message);
    });
    worker.on('error', (error) => this.#fail(error));
    worker.once('exit', () => {
      lent[Symbol.dispose]();
      if (this.#worker !== worker) return;
      this.#worker = undefined;
      if (this.#failed) this.#pause.reset(RESTART_MS);
      else this.#ended();
    });
  }

  #make(lent: LentListeners): Worker {
    try {
      return new Worker(new URL('./server/main.js', import.meta.url), {
        workerData: { ...this.#services.options, listeners: lent.list } satisfies ServerOptions,
        name: 'carpet control',
        resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MIB },
      });
    } catch (error) {
      lent[Symbol.dispose]();
      throw error;
    }
  }

  #fail({ message }: Error): void {
    this.#failed = true;
    this.#services.log.limited('server').error(`the control server failed and is started anew: ${message}`);
  }

  #warn(uid: number, why: string): void {
    this.#services.log
      .limited(`cut off ${uid}`)
      .warning(() => `the control server cut off a client of user ${uid}: ${why}`);
  }

  #ended(): void {
    try {
      this.#services.ended();
    } catch (error) {
      this.#fail(error as Error);
      this.#pause.reset(RESTART_MS);
    }
  }

  #receive(message: ServerMessage): void {
    if (message.type === 'started') this.#services.started();
    else if (message.type === 'idle') this.send({ type: 'stop' });
    else if (message.type === 'cutOff') this.#warn(message.uid, message.why);
    else this.#services.receive(message);
  }
}
