import { closeSync } from 'node:fs';
import { CarpetError } from '../../../core/index.js';
import type { Libc } from '../../libc/index.js';
import { BUS, Connection } from './dbus/connection.js';
import type { Message } from './dbus/message.js';
import type { Inhibitor, SleepListener, SleepManager } from './sleep-watch.js';

const LOGIN = 'org.freedesktop.login1';
const OBJECT = '/org/freedesktop/login1';
const MANAGER = 'org.freedesktop.login1.Manager';

/** logind on the machine's message bus: org.freedesktop.login1(5), systemd.io/INHIBITOR_LOCKS. */
export class Logind implements SleepManager {
  readonly #connection: Connection;
  readonly #events: SleepListener;
  /** logind's unique name, which alone may announce a sleep; empty while it does not run. */
  #owner = '';

  private constructor(libc: Libc, path: string, events: SleepListener) {
    this.#events = events;
    this.#connection = new Connection(libc, path, process.geteuid!(), {
      signal: (message) => this.#heard(message),
      lost: (error) => events.lost(error),
    });
  }

  /**
   * @param signal gives the attempt up
   * @throws SystemError or CarpetError, as a rejection, if there is no bus, or it refuses this user
   */
  static async connect(
    libc: Libc,
    path: string,
    events: SleepListener,
    signal: AbortSignal,
  ): Promise<Logind> {
    const logind = new Logind(libc, path, events);
    const giveUp = (): void => logind[Symbol.dispose]();
    signal.addEventListener('abort', giveUp);
    try {
      await logind.#subscribe();
      return logind;
    } catch (error) {
      logind[Symbol.dispose]();
      throw error;
    } finally {
      signal.removeEventListener('abort', giveUp);
    }
  }

  async #subscribe(): Promise<void> {
    const connection = this.#connection;
    await connection.hello();
    await connection.match(
      `type='signal',sender='${LOGIN}',path='${OBJECT}',interface='${MANAGER}',member='PrepareForSleep'`,
    );
    // A logind that was started again knows no inhibitors.
    await connection.match(
      `type='signal',sender='${BUS.destination}',member='NameOwnerChanged',arg0='${LOGIN}'`,
    );
    try {
      const { body } = await connection.call({ ...BUS, member: 'GetNameOwner', body: [LOGIN] });
      this.#owner ||= String(body[0] ?? ''); // news of it may have overtaken the answer
    } catch (error) {
      // It does not run yet: the first call to it starts it, and NameOwnerChanged names it.
      if (!(error instanceof CarpetError) || error.code !== 'EREMOTE') throw error;
    }
  }

  async inhibit(why: string): Promise<Inhibitor> {
    const { body, descriptors } = await this.#connection.call({
      destination: LOGIN,
      path: OBJECT,
      interface: MANAGER,
      member: 'Inhibit',
      body: ['sleep', 'carpet', why, 'delay'],
    });
    const fd = descriptors[Number(body[0])];
    if (fd === undefined) throw new Error('logind answered without a lock');
    return { [Symbol.dispose]: () => closeSync(fd) };
  }

  [Symbol.dispose](): void {
    this.#connection[Symbol.dispose]();
  }

  /** Any user of the machine may send this process a signal by its unique name: rules keep out broadcasts alone. */
  #heard({ sender, path, interface: face, member, body }: Message): void {
    if (sender === BUS.destination) {
      if (member !== 'NameOwnerChanged' || body[0] !== LOGIN) return;
      this.#owner = String(body[2] ?? '');
      if (this.#owner !== '') this.#events.restarted();
    } else if (sender === this.#owner && path === OBJECT && face === MANAGER && member === 'PrepareForSleep')
      this.#events.prepareForSleep(body[0] === true);
  }
}
