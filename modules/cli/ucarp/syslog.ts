/**
 * syslog(3) without libc's own: datagrams to /dev/log, in the form that every syslog daemon reads (RFC 3164).
 * Node has no Unix datagram sockets, so the five calls are made with koffi. Never blocks: what the daemon cannot take
 * now is lost, and a daemon that is absent or restarts is tried again with the next line, as syslog(3) does it.
 */
import koffi from 'koffi';
import { timeOfDay } from '../log/index.js';

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

const AF_UNIX = 1;
const SOCK_DGRAM_CLOEXEC = 2 | 0o2000000;
const MSG_DONTWAIT_NOSIGNAL = 0x40 | 0x4000;
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

export class Syslog implements Disposable {
  private fd = -1;
  private readonly address: Uint8Array;
  private readonly libc = koffi.load('libc.so.6');
  private readonly socket = this.libc.func('int socket(int, int, int)');
  private readonly connect = this.libc.func('int connect(int, const uint8_t *, uint32_t)');
  private readonly send = this.libc.func('int64_t send(int, const uint8_t *, size_t, int)');
  private readonly close = this.libc.func('int close(int)');

  /** @param ident the program's name in front of each line  @param facility a name of FACILITIES */
  constructor(
    private readonly ident: string,
    private readonly facility: string,
    path = '/dev/log',
  ) {
    this.address = Buffer.concat([Buffer.from(Uint16Array.of(AF_UNIX).buffer), Buffer.from(`${path}\0`)]);
  }

  /** @param priority 0 (emergency) to 7 (debug)  @param time milliseconds since the epoch */
  write(priority: number, text: string, time: number): void {
    const code = FACILITIES.get(this.facility)! * 8 + priority;
    const line = Buffer.from(`<${code}>${stamp(time)} ${this.ident}[${process.pid}]: ${text}`);
    if (this.trySend(line)) return;
    // The daemon was restarted: its old socket is gone, the new one has the same name.
    this[Symbol.dispose]();
    this.trySend(line);
  }

  [Symbol.dispose](): void {
    if (this.fd >= 0) this.close(this.fd);
    this.fd = -1;
  }

  private trySend(line: Uint8Array): boolean {
    if (this.fd < 0) this.open();
    return this.fd >= 0 && this.send(this.fd, line, line.length, MSG_DONTWAIT_NOSIGNAL) >= 0;
  }

  private open(): void {
    this.fd = this.socket(AF_UNIX, SOCK_DGRAM_CLOEXEC, 0) as number;
    if (this.fd >= 0 && this.connect(this.fd, this.address, this.address.length) !== 0)
      this[Symbol.dispose]();
  }
}

/** RFC 3164, section 4.1.2: local time, the day padded with a blank. */
function stamp(time: number): string {
  const date = new Date(time);
  return `${MONTHS[date.getMonth()]} ${String(date.getDate()).padStart(2, ' ')} ${timeOfDay(date)}`;
}
