/**
 * How reports become events, and in which order. Reports are read 64 at a time, at most 16 batches per turn of the event
 * loop. After an overrun the queue is first read to its end (what it holds is older than what was lost), then everything
 * is dumped and compared. In a lasting storm dumps take at most a third of the time. A dump that changes overtook is
 * followed by another. If the queue overruns again before everything that arrived during a dump has been read, its
 * content is discarded: it may be older than the dump, and bring back an object whose removal was among the lost reports.
 *
 * The Monitor never runs inside a handler of its own events: a change made there is reported when the handlers are done.
 *
 * @module
 */
import type { Callout, Clock, Counter, Log } from '../../../core/index.js';
import { type Ifnet, IfnetError, type IfnetModule } from '../index.js';
import type { EventSocket } from './netlink/event-socket.js';
import type { NetlinkMessage } from './netlink/message.js';
import type { Reporter } from './reporter.js';
import type { Reports } from './services.js';

const BATCHES_PER_TURN = 16;
const BATCHES_AFTER_CHANGE = 4;
const RETRY_MS = 50;
const REFUSED_MS = 1000;

/** What a Monitor works with. */
export interface MonitorParts {
  readonly ifnet: IfnetModule;
  readonly events: EventSocket;
  readonly reporter: Reporter;
  readonly clock: Clock;
  readonly log: Log;
  readonly overruns: Counter;
  readonly dumps: Counter;
  callout(name: string, fn: () => void): Callout;
}

/** Reads the kernel's reports as they arrive, and keeps IfnetModule's table in step with the kernel. */
export class Monitor implements Reports {
  /** Reports were lost, and no dump has made up for it yet. */
  #stale = false;
  /** Everything queued during the last dump has been read. */
  #settled = true;
  /** The content of the queue is discarded, to its end. */
  #discarding = false;
  #reading = false;
  #notBefore = 0;
  readonly #retry: Callout;

  constructor(private readonly parts: MonitorParts) {
    this.#retry = parts.callout('compare with the kernel', () => this.readable());
  }

  /** Whether the table is in step with the kernel: false between an overrun and the dump after it. */
  get inStep(): boolean {
    return !this.#stale;
  }

  /** Makes the first dump: every interface arrives. */
  start(): void {
    this.#guarded(() => this.#compare());
  }

  /** Reads a turn's share of reports, and compares if some were lost. */
  readable(): void {
    this.#guarded(() => {
      if (this.#read(BATCHES_PER_TURN) && this.#stale) this.#compareWhenDue();
    });
  }

  /** Reads the reports of a change just made. If the queue is long, or some were lost, the rest follows in later turns. */
  catchUp(): void {
    this.#guarded(() => {
      // The queue may have nothing more that would wake it.
      if (this.#read(BATCHES_AFTER_CHANGE) && this.#stale && !this.#retry.pending) this.#retry.reset(0);
    });
  }

  handle(message: NetlinkMessage): void {
    this.#guarded(() => this.parts.reporter.handle(message));
  }

  lookUp(name: string): Ifnet {
    return this.parts.reporter.lookUp(name);
  }

  #guarded(work: () => void): void {
    if (this.#reading || this.parts.ifnet.dispatching) return;
    this.#reading = true;
    try {
      work();
    } finally {
      this.#reading = false;
    }
  }

  /** Returns true if the queue was read to its end. */
  #read(batches: number): boolean {
    for (let i = 0; i < batches; i++) {
      const result = this.parts.events.read((message) => {
        if (!this.#discarding) this.parts.reporter.handle(message);
      });
      if (result === 'overrun') this.#lost();
      if (result !== 'empty') continue;
      this.#settled = true;
      this.#discarding = false;
      return true;
    }
    return false;
  }

  /** The kernel reports a loss before it delivers what it still has (netlink(7)). */
  #lost(): void {
    this.#stale = true;
    this.#discarding ||= !this.#settled;
    this.parts.overruns.add();
    this.parts.log
      .limited('overrun')
      .notice('the kernel reported changes faster than they were read; comparing with a dump');
  }

  #compareWhenDue(): void {
    const wait = this.#notBefore - this.parts.clock.now();
    if (wait <= 0) this.#tryCompare();
    else if (!this.#retry.pending) this.#retry.reset(wait);
  }

  #compare(): void {
    const started = this.parts.clock.now();
    const consistent = this.parts.reporter.synchronize();
    const ended = this.parts.clock.now();
    this.parts.dumps.add();
    this.#settled = false;
    this.#stale = !consistent;
    this.#notBefore = ended + 2 * (ended - started);
    if (!consistent) this.#retry.reset(Math.max(RETRY_MS, this.#notBefore - ended));
  }

  /** The kernel may refuse a dump for a moment (ENOMEM, ENOBUFS): the table stays stale until a retry succeeds. */
  #tryCompare(): void {
    try {
      this.#compare();
    } catch (error) {
      if (!(error instanceof IfnetError)) throw error;
      this.parts.log.limited(`dump ${error.code}`).warning(`${error.message}; trying again`);
      this.#retry.reset(REFUSED_MS);
    }
  }
}
