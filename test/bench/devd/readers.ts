/** Clients of the seqpacket socket, all in one thread of their own, that do nothing but read as fast as they can. */
import { Worker } from 'node:worker_threads';

export class Readers {
  readonly #worker: Worker;
  readonly #clients: number;
  /** Per client the records read; one slot that ends the thread; per client whether it has met the end of file. */
  readonly #slots: Int32Array;

  private constructor(worker: Worker, clients: number, slots: Int32Array) {
    this.#worker = worker;
    this.#clients = clients;
    this.#slots = slots;
  }

  /** Resolves when connect(2) has returned for all of them. */
  static async connect(path: string, clients: number): Promise<Readers> {
    const shared = new SharedArrayBuffer(4 * (2 * clients + 1));
    const worker = new Worker(new URL('./reader-thread.js', import.meta.url), {
      workerData: { path, clients, shared },
    });
    await new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject));
    return new Readers(worker, clients, new Int32Array(shared));
  }

  /** Records that the slowest client has read. */
  get least(): number {
    let least = Infinity;
    for (let i = 0; i < this.#clients; i++) least = Math.min(least, Atomics.load(this.#slots, i));
    return least;
  }

  /** Clients that devd has dropped. */
  get dropped(): number {
    let dropped = 0;
    for (let i = 0; i < this.#clients; i++) dropped += Atomics.load(this.#slots, this.#clients + 1 + i);
    return dropped;
  }

  /** What each client lacks of the records sent, for an error message. */
  report(sent: number): string {
    const clients = Array.from({ length: this.#clients }, (_, i) => {
      const missing = sent - Atomics.load(this.#slots, i);
      const isDropped = Atomics.load(this.#slots, this.#clients + 1 + i) === 1;
      return `${missing}${isDropped ? ' (dropped)' : ''}`;
    });
    return `of ${sent} records the clients lack ${clients.join(', ')}`;
  }

  async stop(): Promise<void> {
    Atomics.store(this.#slots, this.#clients, 1);
    await new Promise((resolve) => this.#worker.once('exit', resolve));
  }
}
