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
} from '../libc/index.js';
import { Link } from './link.js';
import { PROTOCOL, type UpgradeMessage } from './protocol.js';

/** An offer that no process takes up is withdrawn. */
const OFFER_MS = 10_000;

/** What the giver works with. */
export interface GiverServices {
  readonly clock: Clock;
  readonly log: Log;
  readonly succession: Succession;
  /** How long this process may stand still for the successor's last step, in ms. */
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
  #given = false;

  constructor(services: GiverServices) {
    this.#services = services;
    this.#deadline = services.clock.callout('upgrade deadline', () => this.#abort('it took too long'));
  }

  /**
   * Waits for one successor. An earlier offer that nobody has taken up is withdrawn: who asked for it may have learnt
   * that the service manager's process has to start the successor, which asks for itself.
   *
   * @param name where, an abstract `@name`
   * @throws CarpetError EBUSY while there is another one
   */
  offer(name: string): void {
    if (this.#link !== undefined || this.#given)
      throw new CarpetError('EBUSY', 'an upgrade is under way already: wait for its end');
    this.#withdraw();
    const { bytes } = new SocketAddress(name);
    const fd = this.#libc.open(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, (opened) => {
      this.#libc.bind(opened, bytes);
      this.#libc.listen(opened, 1);
    });
    this.#listener = { fd, poller: new Poller(this.#libc, fd, () => this.#accept(fd)) };
    this.#deadline.reset(OFFER_MS);
  }

  [Symbol.dispose](): void {
    this.#withdraw();
    this.#deadline.stop();
    if (!this.#given) this.#link?.[Symbol.dispose]();
    this.#link = undefined;
  }

  #withdraw(): void {
    if (this.#listener === undefined) return;
    this.#listener.poller[Symbol.dispose]();
    this.#libc.close(this.#listener.fd);
    this.#listener = undefined;
  }

  #accept(listener: number): void {
    const fd = this.#libc.accept(listener);
    if (fd < 0) return;
    const peer = this.#libc.credentials(fd);
    if (!mayReplace(peer)) return this.#libc.close(fd);
    this.#withdraw();
    this.#pid = peer.pid;
    this.#deadline.reset(this.#services.patience.value);
    this.#link = new Link(this.#libc, fd, (message) => void this.#receive(message));
  }

  async #receive(message: UpgradeMessage | undefined): Promise<void> {
    try {
      if (message === undefined) this.#abort('it has ended');
      else if (message.type === 'refused') this.#abort(message.reason);
      else if (message.type === 'hello') await this.#greet(message.protocol);
      else if (message.type === 'ready') await this.#handOver(message.modules);
    } catch (error) {
      this.#refuse(describe(error));
    }
  }

  async #greet(protocol: number): Promise<void> {
    if (protocol !== PROTOCOL)
      return this.#refuse(`it speaks upgrade protocol ${protocol}, this one ${PROTOCOL}: restart instead`);
    this.#services.log.notice(`process ${this.#pid} prepares to take over`);
    const states = await this.#services.succession.capture();
    this.#link?.send({ type: 'state', states });
  }

  /**
   * From the capture to the answer nothing else happens in this process, so the state cannot change: packets wait in
   * the sockets, and timers run late, by `pause` at most.
   */
  async #handOver(modules: readonly string[]): Promise<void> {
    const { succession, pause } = this.#services;
    const earlier = await succession.capture();
    const link = this.#link;
    if (link === undefined) return;
    link.send({ type: 'final', states: succession.captureNow(earlier) });
    const answer = link.waitFor(pause.value) ?? link.last();
    if (answer?.type === 'running') return this.#give(link, modules);
    const reason = answer?.type === 'refused' ? answer.reason : `it did not begin within ${pause.value} ms`;
    this.#abort(reason);
  }

  #give(link: Link, modules: readonly string[]): void {
    this.#given = true;
    this.#deadline.stop();
    for (const name of this.#services.modules().filter((each) => !modules.includes(each)))
      this.#services.log.warning(
        `${name}, which was loaded here by hand, is not in the new process: load it there`,
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

  #refuse(reason: string): void {
    try {
      this.#link?.send({ type: 'refused', reason });
    } catch {
      // it has gone
    }
    this.#abort(reason);
  }

  #abort(reason: string): void {
    this.#withdraw();
    this.#deadline.stop();
    if (this.#given || this.#link === undefined) return;
    this.#link[Symbol.dispose]();
    this.#link = undefined;
    this.#services.log.warning(`process ${this.#pid} does not take over, and this one goes on: ${reason}`);
  }
}

/** Root and our own user may end this process anyway. */
function mayReplace(peer: Credentials | undefined): peer is Credentials {
  return peer !== undefined && isTrusted(peer.uid);
}

/** Whether that user may replace this process. */
export function isTrusted(uid: number): boolean {
  return uid === 0 || uid === process.geteuid?.();
}
