import { CarpetError, type Counter, type Log, type Scope, type SysctlInt } from '../../core/index.js';
import { type DevEventInfo, RecordQueue } from './queue.js';
import { DevctlReader, type ReadRecords } from './reader.js';

/**
 * The device node /dev/devctl: the queue, and the one who has it open.
 *
 * The reader is woken a microtask after a record was put in, and gets everything there is. When the queue is full it
 * gets it at once, so that nothing is lost while there is one; without a reader, and for what a reader itself puts
 * in, the oldest records make room.
 */
export class DevctlNode {
  readonly #log: Log;
  readonly #limit: SysctlInt;
  readonly #drops: Counter;
  readonly #queue: RecordQueue;
  #reader: DevctlReader | undefined;
  #dropped = 0;
  #awake = false;
  #delivering = false;

  constructor(log: Log, scope: Scope) {
    this.#log = log;
    this.#limit = scope.sysctl.int('hw.bus.devctl_queue', {
      description: 'records kept for the reader, the oldest dropped first; 0 keeps none',
      value: 1000,
      min: 0,
      max: 1_000_000,
    });
    this.#drops = scope.sysctl.counter('hw.bus.devctl_drops', 'records lost because the queue was full');
    this.#queue = new RecordQueue(this.#limit.value);
    scope.own(
      this.#limit.onChange((limit) => {
        this.#lost(this.#queue.resize(limit));
        this.#warnOfNone();
      }),
    );
  }

  get queued(): number {
    return this.#queue.length;
  }

  /** @throws CarpetError EBUSY while it is open already */
  open(read: ReadRecords): DevctlReader {
    if (this.#reader !== undefined) {
      throw new CarpetError('EBUSY', 'devctl has a reader already; connect to the devd socket instead');
    }
    this.#reader = new DevctlReader(read, this.#log, () => {
      this.#reader = undefined;
    });
    this.#warnOfNone();
    this.#wakeup();
    return this.#reader;
  }

  /** The records that wait for the reader. */
  list(): readonly DevEventInfo[] {
    return this.#queue.list();
  }

  /** These wait, and no others. */
  replace(records: readonly DevEventInfo[]): void {
    this.#queue.takeAll();
    for (const record of records) this.#lost(this.#queue.push(record));
    this.#wakeup();
  }

  put(record: DevEventInfo): void {
    if (this.#limit.value === 0) return;
    if (this.#queue.length >= this.#limit.value) this.#deliver();
    this.#lost(this.#queue.push(record));
    this.#wakeup();
  }

  /** The reader would wait for ever. */
  #warnOfNone(): void {
    if (this.#reader !== undefined && this.#limit.value === 0)
      this.#log.warning('hw.bus.devctl_queue is 0, so that nobody gets a record: set it to 1000');
  }

  #lost(dropped: number): void {
    this.#dropped += dropped;
    this.#drops.add(dropped);
  }

  #wakeup(): void {
    if (this.#awake || this.#reader === undefined) return;
    this.#awake = true;
    queueMicrotask(() => {
      this.#awake = false;
      this.#deliver();
    });
  }

  #deliver(): void {
    if (this.#reader === undefined || this.#delivering) return;
    if (this.#queue.length === 0 && this.#dropped === 0) return;
    const dropped = this.#dropped;
    this.#dropped = 0;
    this.#delivering = true;
    this.#reader.deliver(this.#queue.takeAll(), dropped);
    this.#delivering = false;
  }
}
