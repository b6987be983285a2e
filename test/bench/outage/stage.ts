/**
 * Two hosts that share an address, two clients that ask it, and watchers that say who has it. One client asks every 10 ms, and
 * its requests are counted; the other one asks every 2 ms, to time what takes no longer than the first one's pause.
 */
import { fileURLToPath } from 'node:url';
import {
  type Capture,
  elapse,
  Laboratory,
  type Namespace,
  type Owner,
  type Program,
  waitFor,
  wallTime,
} from '../../lab/support/index.js';
import { Holding, type Span } from './holding.js';

export const SHARED = '10.88.0.100';

const ECHO = fileURLToPath(new URL('../../lab/support/echo.js', import.meta.url));
const CLIENT = fileURLToPath(new URL('client.js', import.meta.url));
const COUNTED_EVERY_MS = 10;
const TIMED_EVERY_MS = 2;
/** An answer that comes later is none. */
const MAX_ANSWER_MS = 200;

/** What a client saw in a stretch of time, and for how much of it both hosts had the address. */
export interface Outage {
  readonly lost: number;
  readonly outage: number;
  readonly both: number;
}

/** A daemon on one of the hosts. */
export interface Daemon {
  /** Its processes: a signal goes to all of them. */
  readonly pids: () => number[];
  readonly program: Program;
}

export class Stage implements AsyncDisposable {
  readonly lab = Laboratory.open();
  /** What is to be done when it closes. */
  readonly owner: Owner = { after: (undo) => void this.#undo.push(undo as () => void) };
  /** The better one first. */
  readonly hosts: readonly [Namespace, Namespace];
  readonly trunk: { part(): void; heal(): void };
  readonly #holding: readonly [Holding, Holding];
  readonly #undo: (() => void)[] = [];
  readonly #counted: Program;
  readonly #timed: Program;
  #capture!: Capture;

  private constructor() {
    const [a, b, c] = ['a', 'b', 'c'].map((role, i) =>
      this.lab.host(role, { addresses: [`10.88.0.${i + 1}/24`], ipv6: false }),
    ) as [Namespace, Namespace, Namespace];
    this.hosts = [a, b];
    this.trunk = this.lab.beyondTrunk(b, c);
    this.#holding = [new Holding(a, SHARED), new Holding(b, SHARED)];
    this.#counted = c.node(CLIENT, [SHARED, String(COUNTED_EVERY_MS)]);
    this.#timed = c.node(CLIENT, [SHARED, String(TIMED_EVERY_MS)]);
  }

  static async open(): Promise<Stage> {
    const stage = new Stage();
    for (const host of stage.hosts) {
      host.sysctl('net.ipv4.ip_nonlocal_bind', 1);
      await host.node(ECHO, ['serve', SHARED]).waitForLine(/serves/, 15_000);
    }
    stage.#capture = await stage.lab.capture('proto 112');
    return stage;
  }

  /** Whether a host has the address now. */
  holds(host: 0 | 1): boolean {
    return this.#holding[host].now;
  }

  /** Waits until this host has the address, and the other one lacks it. */
  async settled(host: 0 | 1, deadlineMs = 20_000): Promise<void> {
    const other = host === 0 ? 1 : 0;
    await waitFor(
      `host ${host} to be the only holder`,
      deadlineMs,
      () => this.holds(host) && !this.holds(other),
    );
  }

  /** Waits until a moment after an advertisement: whatever happens then, a successor waits longest. */
  async afterAdvertisement(): Promise<void> {
    const seen = this.#capture.frames.length;
    await waitFor('an advertisement', 5000, () => this.#capture.frames.length > seen);
    await elapse(100);
  }

  /**
   * What `act` costs, and what comes within `after` ms behind it.
   * @param apart a stretch in which one of the hosts cannot be reached: two holders then do not meet
   */
  async measure(act: () => Promise<void> | void, after: number, apart?: () => Span): Promise<Outage> {
    const from = wallTime();
    await act();
    await elapse(after);
    return this.between(from, wallTime(), apart?.());
  }

  /** @param apart as in {@link measure} */
  between(from: number, to: number, apart?: Span): Outage {
    const end = to - MAX_ANSWER_MS;
    const counted = said(this.#counted, from, end);
    const timed = said(this.#timed, from, end);
    const times = [from, ...timed.answered, end];
    return {
      lost: Math.max(0, counted.sent - counted.answered.length),
      outage: Math.max(...times.slice(1).map((time, i) => time - times[i]!)),
      both: Holding.overlap(this.#holding, { from, to }, apart),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.lab[Symbol.asyncDispose]();
    for (const undo of this.#undo) undo();
  }
}

/** How many requests a client sent in a stretch of time, and when the answers to them came. */
function said(client: Program, from: number, end: number): { sent: number; answered: number[] } {
  const lines = client.lines
    .map(({ text }) => text.split(' '))
    .filter(([, sent]) => Number(sent) >= from && Number(sent) < end);
  return {
    sent: lines.filter(([kind]) => kind === 'q').length,
    answered: lines
      .filter(([kind, sent, at]) => kind === 'a' && Number(at) - Number(sent) < MAX_ANSWER_MS)
      .map(([, , at]) => Number(at)),
  };
}
