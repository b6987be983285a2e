import { closeSync } from 'node:fs';
import type { Libc } from '../../libc/index.js';
import { Connection } from './dbus/connection.js';
import type { Message } from './dbus/message.js';
import type { Inhibitor, SleepListener, SleepManager } from './sleep-watch.js';

const LOGIN = 'org.freedesktop.login1';
const OBJECT = '/org/freedesktop/login1';
const MANAGER = 'org.freedesktop.login1.Manager';

/** logind on the machine's message bus: org.freedesktop.login1(5), systemd.io/INHIBITOR_LOCKS. */
export class Logind implements SleepManager {
  readonly #connection: Connection;

  private constructor(connection: Connection) {
    this.#connection = connection;
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
    const connection = new Connection(libc, path, process.geteuid!(), {
      signal: (message) => heard(message, events),
      lost: (error) => events.lost(error),
    });
    const giveUp = (): void => connection[Symbol.dispose]();
    signal.addEventListener('abort', giveUp);
    try {
      await connection.hello();
      await connection.match(
        `type='signal',sender='${LOGIN}',path='${OBJECT}',interface='${MANAGER}',member='PrepareForSleep'`,
      );
      // A logind that was started again knows no inhibitors.
      await connection.match(
        `type='signal',sender='org.freedesktop.DBus',member='NameOwnerChanged',arg0='${LOGIN}'`,
      );
      return new Logind(connection);
    } catch (error) {
      connection[Symbol.dispose]();
      throw error;
    } finally {
      signal.removeEventListener('abort', giveUp);
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
}

function heard({ member, body }: Message, events: SleepListener): void {
  if (member === 'PrepareForSleep') events.prepareForSleep(body[0] === true);
  else if (member === 'NameOwnerChanged' && body[2] !== '') events.restarted();
}
