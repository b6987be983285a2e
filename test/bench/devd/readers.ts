/** Clients of the seqpacket socket, all in one thread of their own, that do nothing but read as fast as they can. */
import { Worker } from 'node:worker_threads';

export class Readers {
  private constructor(
    private readonly worker: Worker,
    private readonly counts: Int32Array,
  ) {}

  /** Resolves when all are connected. */
  static async connect(path: string, clients: number): Promise<Readers> {
    // One slot a client, and one that tells the thread to end.
    const shared = new SharedArrayBuffer(4 * (clients + 1));
    const worker = new Worker(new URL('./reader-thread.js', import.meta.url), {
      workerData: { path, clients, shared },
    });
    await new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject));
    return new Readers(worker, new Int32Array(shared));
  }

  /** Records that the slowest client has read. */
  get least(): number {
    let least = Infinity;
    for (let i = 0; i < this.counts.length - 1; i++) least = Math.min(least, Atomics.load(this.counts, i));
    return least;
  }

  async stop(): Promise<void> {
    Atomics.store(this.counts, this.counts.length - 1, 1);
    await new Promise((resolve) => this.worker.once('exit', resolve));
  }
}
