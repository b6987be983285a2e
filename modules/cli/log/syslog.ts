/**
 * syslog(3) without libc's own: datagrams to /dev/log, in the form that every syslog daemon reads (RFC 3164).
 * Never blocks: what the daemon cannot take now is lost, and one that is absent or restarts is found again with the next
 * line, as by syslog(3).
 */
import { UnixDatagram } from '../../libc/index.js';
import { timeOfDay } from './time.js';

/** Names as ucarp takes them, with syslog(3)'s codes. */
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

export class Syslog implements Disposable {
  readonly #socket: UnixDatagram;

  /** @param ident the program's name in front of each line  @param facility a name of FACILITIES */
  constructor(
    private readonly ident: string,
    private readonly facility: string,
    path = '/dev/log',
  ) {
    this.#socket = new UnixDatagram(path);
  }

  /** @param priority 0 (emergency) to 7 (debug)  @param time milliseconds since the epoch */
  write(priority: number, text: string, time: number): void {
    const code = FACILITIES.get(this.facility)! * 8 + priority;
    this.#socket.send(`<${code}>${stamp(time)} ${this.ident}[${process.pid}]: ${text}`);
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
