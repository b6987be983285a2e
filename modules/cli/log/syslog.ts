import { UnixDatagram } from '../../libc/index.js';
import { timeOfDay } from './time.js';

/** Facilities by the names that ucarp takes, with the codes of syslog(3). */
export const FACILITIES: ReadonlyMap<string, number> = new Map([
  ['kern', 0],
  ['user', 1],
  ['mail', 2],
  ['daemon', 3],
  ['auth', 4],
  ['security', 4],
  ['syslog', 5],
  ['lpr', 6],
  ['news', 7],
  ['uucp', 8],
  ['cron', 9],
  ['authpriv', 10],
  ['ftp', 11],
  ...[0, 1, 2, 3, 4, 5, 6, 7].map((n) => [`local${n}`, 16 + n] as const),
]);

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/**
 * syslog(3) without libc: datagrams to /dev/log in the form of RFC 3164, which every syslog daemon reads. Never blocks: a
 * line that the daemon cannot take now is lost; a daemon that was absent or has restarted gets the next line.
 */
export class Syslog implements Disposable {
  readonly #ident: string;
  readonly #facility: number;
  readonly #socket: UnixDatagram;

  /**
   * @param ident name of the program, in front of each line
   * @param facility a name of FACILITIES
   */
  constructor(ident: string, facility: string, path = '/dev/log') {
    this.#ident = ident;
    this.#facility = FACILITIES.get(facility)!;
    this.#socket = new UnixDatagram(path);
  }

  /**
   * Sends one line.
   *
   * @param priority 0 (emergency) to 7 (debug)
   * @param time ms since the epoch
   */
  write(priority: number, text: string, time: number): void {
    const code = this.#facility * 8 + priority;
    this.#socket.send(`<${code}>${stamp(time)} ${this.#ident}[${process.pid}]: ${text}`);
  }

  [Symbol.dispose](): void {
    this.#socket[Symbol.dispose]();
  }
}

/** RFC 3164, section 4.1.2: local time, the day padded with a blank. */
function stamp(time: number): string {
  const date = new Date(time);
  return `${MONTHS[date.getMonth()]} ${String(date.getDate()).padStart(2, ' ')} ${timeOfDay(date)}`;
}
