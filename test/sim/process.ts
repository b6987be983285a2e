import { type Callout, Clock, type VirtualClock } from '../../core/index.js';
import { CalloutQueue } from '../../core/time/callout-queue.js';
import { type Ifnet, InetAddress, type IpPacket, type IpSocketOptions } from '../../modules/ifnet/index.js';

const NOBODY = InetAddress.parse('0.0.0.0');
const ROUNDING_MS = 1e-6;
/** Of an advertisement: CARP's vhid, VRRP's VRID. */
const OFF_NUMBER = 1;

/** What the event loop of a process does first when it goes on: both happen, depending on where it was stopped. */
export type Awakening = 'timers' | 'sockets';

/**
 * A process as its host's kernel sees it: it can be stopped (SIGSTOP) and continued (SIGCONT). Meanwhile its callouts
 * wait and its sockets hold what arrives; the interface, its addresses and ARP go on, since they are the kernel's.
 */
export class SimProcess extends Clock {
  protected override readonly queue = new CalloutQueue<Callout>(() => this.#arm());
  readonly #wake: Callout;
  readonly #held: (() => void)[] = [];
  #stopped = false;
  /** When the machine fell asleep. */
  #asleepAt: number | undefined;
  /** For how many true ms it has slept before. */
  #slept = 0;

  /** What its host's wall clock is wrong by, in ms. */
  wallOffset = 0;

  /** Called when a callout has run or a packet been read, with all that came of it. */
  handled: () => void = () => {};
  #depth = 0;
  /** Packets that its sockets were given, by the number that they carry. */
  readonly #inputs = new Map<number, number>();

  constructor(
    private readonly machine: VirtualClock,
    name: string,
    /** Its milliseconds in one true millisecond. */
    private readonly rate = 1,
  ) {
    super();
    this.#wake = machine.callout(`process ${name}`, () => this.#run());
  }

  get stopped(): boolean {
    return this.#stopped;
  }

  /** As CLOCK_MONOTONIC it stands still while the machine sleeps. */
  override now(): number {
    return ((this.#asleepAt ?? this.machine.now()) - this.#slept) * this.rate;
  }

  override wallTime(): number {
    const { machine } = this;
    return machine.wallTime() - machine.now() + machine.now() * this.rate + this.wallOffset;
  }

  /** By how many ms CLOCK_BOOTTIME is ahead. */
  get slept(): number {
    return this.#slept * this.rate;
  }

  /** Sockets opened on the interface from now on are read by this process. */
  adopt(ifp: Ifnet): void {
    const open = ifp.openIp.bind(ifp);
    ifp.openIp = (options: IpSocketOptions) => {
      const input = (packet: IpPacket): void => {
        const give = (): void => {
          const number = packet.payload[OFF_NUMBER]!;
          this.#inputs.set(number, (this.#inputs.get(number) ?? 0) + 1);
          lend(packet, options.input);
        };
        if (this.#stopped) this.#held.push(give);
        else this.#handle(give);
      };
      return Object.assign(open({ ...options, input }), { drain: () => this.#read() });
    };
  }

  /** How many packets with these numbers its sockets were given. */
  inputsFor(numbers: ReadonlySet<number>): number {
    let sum = 0;
    for (const [number, count] of this.#inputs) if (numbers.has(number)) sum += count;
    return sum;
  }

  /** The modules that were given them have ended. */
  forgetInputs(): void {
    this.#inputs.clear();
  }

  stop(): void {
    this.#stopped = true;
    this.#wake.stop();
  }

  /** The machine falls asleep, and its clock with it. */
  suspend(): void {
    this.stop();
    this.#asleepAt = this.machine.now();
  }

  continue(first: Awakening): void {
    if (!this.#stopped) return;
    this.#stopped = false;
    this.#slept += this.machine.now() - (this.#asleepAt ?? this.machine.now());
    this.#asleepAt = undefined;
    if (first === 'sockets') this.#read();
    this.#run();
    this.#read();
  }

  #read(): void {
    for (const give of this.#held.splice(0)) this.#handle(give);
  }

  #run(): void {
    const { mark } = this.queue;
    for (;;) {
      // Two clocks that count differently agree about a moment only so far.
      const callout = this.queue.takeDue(this.now() + ROUNDING_MS, mark);
      if (callout === undefined) break;
      this.#handle(() => callout.fn(Math.max(0, this.now() - callout.deadline)));
    }
    this.#arm();
  }

  /** A callout may read sockets: only the outermost event is over when it returns. */
  #handle(event: () => void): void {
    this.#depth++;
    event();
    // One that was armed for the past waits for the next round behind those that are due now, and so may be hidden by one of them.
    const { earliest } = this.queue;
    const more = earliest !== undefined && earliest.deadline <= this.now() + ROUNDING_MS;
    if (--this.#depth === 0 && !more) this.handled();
  }

  #arm(): void {
    const { earliest } = this.queue;
    if (earliest === undefined || this.#stopped) this.#wake.stop();
    else this.#wake.resetAt(Math.max(earliest.deadline / this.rate + this.#slept, this.machine.now()));
  }
}

/** A packet is valid only during the call: who keeps it sees another one, or nonsense. */
function lend(packet: IpPacket, input: (packet: IpPacket) => void): void {
  const lent = { ...packet, payload: packet.payload.slice() };
  input(lent);
  lent.payload.fill(0xff);
  Object.assign(lent, { source: NOBODY, destination: undefined, ttl: 0, arrivedAt: Number.NaN });
}
