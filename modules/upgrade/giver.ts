import {
  type Callout,
  CarpetError,
  type Clock,
  describe,
  type Log,
  type Succession,
  type SysctlInt,
} from '../../core/index.js';
import {
  AF_UNIX,
  type Credentials,
  Libc,
  Poller,
  SOCK_NONBLOCK,
  SOCK_STREAM,
  SocketAddress,
  SystemError,
} from '../libc/index.js';
import { Link, Pause } from './link.js';
import { PROTOCOL, type UpgradeMessage } from './protocol.js';
import { mebibytes } from './reader.js';

/** An offer that no process takes up is withdrawn. */
const OFFER_MS = 10_000;
/** A change of this kernel that takes longer is not waited for; less than what the successor waits for our state. */
const BUSY_MS = 5000;
/** kern.upgrade.pause is for so much state, in bytes: two hundred vhids; a thousand need several of it. */
const PAUSE_BYTES = 512 * 1024;
/** What is longer the peers would notice: by default the sum stays below an interval of a second. */
const MAX_PAUSES = 8;

/** What the giver works with. */
export interface GiverServices {
  readonly clock: Clock;
  readonly log: Log;
  readonly succession: Succession;
  /** How long this process may stand still for the successor's last step, in ms per half a MiB that is handed over. */
  readonly pause: SysctlInt;
  /** How long the successor may take to load everything, in ms. */
  readonly patience: SysctlInt;
  /** The names of the modules that are loaded here. */
  readonly modules: () => readonly string[];
  /** A successor is at work: called once, and nothing may be done any more that others can see. */
  readonly given: (successor: Successor) => void;
}

/** The process that takes this one's place. */
export interface Successor {
  readonly pid: number;
  /** Tells it that it is alone responsible; the connection stays until this process ends. */
  dismiss(): void;
}

/** The predecessor's side of an upgrade. Whatever the successor does, this process goes on until that one is at work. */
export class Giver implements Disposable {
  readonly #services: GiverServices;
  readonly #libc = Libc.load();
  readonly #deadline: Callout;
  #listener: { readonly fd: number; readonly poller: Poller } | undefined;
  #link: Link | undefined;
  #pid = 0;
  /** Bytes of the state that it was given to start with: the last one is about as large. */
  #size = 0;
  /** While a successor prepares: nothing that it is told changes. */
  #frozen: Disposable | undefined;
  #given = false;

  constructor(services: GiverServices) {
    this.#services = services;
    this.#deadline = services.clock.callout('upgrade deadline', () => this.#expired());
  }

  /**
   * Waits for one successor. An earlier offer that nobody has taken up is withdrawn: who asked for it may have learnt
   * that the service manager's process has to start the successor, which asks for itself.
   *
   * @param name where, an abstract `@name`
   * @throws CarpetError EAGAIN while there is another one
   */
  offer(name: string): void {
    if (this.#link !== undefined || this.#given)
      throw new CarpetError('EAGAIN', 'an upgrade is under way already: wait for its end');
    this.#withdraw();
    const { bytes } = new SocketAddress(name);
    this.#libc.open(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, (fd) => {
      this.#libc.bind(fd, bytes);
      this.#libc.listen(fd, 1);
      this.#listener = { fd, poller: new Poller(this.#libc, fd, () => this.#accept(fd)) };
    });
    this.#deadline.reset(OFFER_MS);
  }

  [Symbol.dispose](): void {
    this.#withdraw();
    this.#deadline.stop();
    if (this.#given) return;
    this.#link?.[Symbol.dispose]();
    this.#link = undefined;
    this.#thaw();
  }

  #thaw(): void {
    this.#frozen?.[Symbol.dispose]();
    this.#frozen = undefined;
  }

  #withdraw(): void {
    if (this.#listener === undefined) return;
    this.#listener.poller[Symbol.dispose]();
    this.#libc.close(this.#listener.fd);
    this.#listener = undefined;
  }

  #expired(): void {
    this.#withdraw();
    if (this.#link !== undefined) this.#refuse(this.#link, 'it took too long');
  }

  /** Where descriptors are short (EMFILE) the poller would report who waits again at once: the offer is withdrawn. */
  #accept(listener: number): void {
    try {
      const fd = this.#libc.accept(listener);
      if (fd >= 0) this.#admit(fd);
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      this.#withdraw();
      this.#services.log.warning(`no process can take over now, and this one goes on: ${describe(error)}`);
    }
  }

  #admit(fd: number): void {
    const peer = this.#libc.credentials(fd);
    if (!mayReplace(peer)) return this.#libc.close(fd);
    this.#withdraw();
    const link = Link.accepted(this.#libc, fd, (message) => void this.#receive(link, message));
    this.#link = link;
    this.#pid = peer.pid;
    this.#deadline.reset(this.#services.patience.value);
  }

  async #receive(link: Link, message: UpgradeMessage | undefined): Promise<void> {
    try {
      if (message === undefined) this.#refuse(link, link.end!);
      else if (message.type === 'refused') this.#abort(link, message.reason);
      else if (message.type === 'hello') await this.#greet(link, message.protocol);
      else if (message.type === 'ready') await this.#handOver(link, message.modules);
      else this.#refuse(link, `it sent ${message.type} out of turn`);
    } catch (error) {
      this.#refuse(link, describe(error));
    }
  }

  async #greet(link: Link, protocol: number): Promise<void> {
    if (protocol !== PROTOCOL)
      return this.#refuse(
        link,
        `it speaks upgrade protocol ${protocol}, this one ${PROTOCOL}: restart instead`,
      );
    this.#services.log.notice(`process ${this.#pid} prepares to take over`);
    await this.#freeze(link);
    if (this.#link !== link) return;
    const states = await this.#services.succession.capture();
    this.#size = link.post({ type: 'state', states });
  }

  /**
   * What is captured from now on is whole, and stays so. Nothing is frozen for a successor that has gone meanwhile.
   * @throws CarpetError EBUSY when a change does not end
   */
  async #freeze(link: Link): Promise<void> {
    const { clock, succession } = this.#services;
    let late = false;
    let expire: () => void = () => undefined;
    const expired = new Promise<void>((resolve) => (expire = resolve));
    using _deadline = armed(clock, 'upgrade wait', BUSY_MS, () => {
      late = true;
      expire();
    });
    while (succession.held !== undefined && !late) await Promise.race([succession.released(), expired]);
    if (this.#link !== link) return;
    if (succession.held !== undefined) throw new CarpetError('EBUSY', succession.held);
    this.#frozen = succession.freeze();
  }

  /**
   * From the capture to the answer nothing else happens in this process, so the state cannot change: packets wait in
   * the sockets, and timers run late, by the pause at most.
   */
  async #handOver(link: Link, modules: readonly string[]): Promise<void> {
    const { clock, succession } = this.#services;
    const earlier = await succession.captureSlow();
    if (this.#pauses > 1) succession.pausing();
    // What is due by now leaves before, so that it is late by the pause and no more.
    await clock.nextTurn();
    if (this.#link !== link || this.#given) return;
    const pauseMs = this.#pauseMs;
    const left = new Pause(pauseMs);
    const bytes = link.send({ type: 'final', states: succession.captureNow(earlier) }, left);
    const first = link.waitFor(left);
    const reason = link.end ?? `it did not begin within ${pauseMs} ms (kern.upgrade.pause)`;
    const answer = first ?? link.last();
    if (answer?.type === 'running') {
      const still = (pauseMs - left.left).toFixed(0);
      this.#services.log.info(`handed over ${mebibytes(bytes)}, and stood still for ${still} ms`);
      return this.#give(link, modules);
    }
    if (answer?.type === 'refused') return this.#abort(link, answer.reason);
    this.#refuse(link, answer === undefined ? reason : `it sent ${answer.type} out of turn`);
  }

  get #pauseMs(): number {
    return this.#services.pause.value * Math.min(this.#pauses, MAX_PAUSES);
  }

  /** How many pauses so much state needs. */
  get #pauses(): number {
    return Math.max(1, Math.ceil(this.#size / PAUSE_BYTES));
  }

  #give(link: Link, modules: readonly string[]): void {
    this.#given = true;
    this.#deadline.stop();
    for (const name of this.#services.modules().filter((each) => !modules.includes(each)))
      this.#services.log.warning(
        `${name}, which a program has loaded here, is not in the new process: load it there`,
      );
    link.rest();
    const dismiss = (): void => {
      try {
        link.send({ type: 'given' });
      } catch (error) {
        this.#services.log.warning(`process ${this.#pid} has taken over, and ended: ${describe(error)}`);
      }
    };
    this.#services.given({ pid: this.#pid, dismiss });
  }

  /** Should it be at work against all rules, it leaves again. */
  #refuse(link: Link, reason: string): void {
    try {
      link.send({ type: 'refused', reason }, new Pause(0));
    } catch {
      // it has gone, or does not read
    }
    this.#abort(link, reason);
  }

  #abort(link: Link, reason: string): void {
    if (this.#given || this.#link !== link) return;
    this.#deadline.stop();
    this.#link = undefined;
    link[Symbol.dispose]();
    this.#thaw();
    this.#services.log.warning(`process ${this.#pid} does not take over, and this one goes on: ${reason}`);
  }
}

function armed(clock: Clock, name: string, ms: number, fn: () => void): Callout {
  const callout = clock.callout(name, fn);
  callout.reset(ms);
  return callout;
}

/** Root and our own user may end this process anyway. */
function mayReplace(peer: Credentials | undefined): peer is Credentials {
  return peer !== undefined && isTrusted(peer.uid);
}

/** Whether that user may replace this process. */
export function isTrusted(uid: number): boolean {
  return uid === 0 || uid === process.geteuid?.();
}
