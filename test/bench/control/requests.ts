/**
 * `requests.js SOCKET PATH RATE SECONDS CONNECTIONS`: GETs over so many connections that stay open, at that rate, for so
 * long; prints `{ sent, answered, refused }`. It runs beside the kernel in a process of its own, and writes HTTP itself,
 * pipelined: an HTTP client would take more of the machine than the server, and ask half as often.
 */
import { createConnection, type Socket } from 'node:net';

const [socketPath, path, rate, seconds, connections] = process.argv.slice(2);
/** Milliseconds between two bursts. */
const BURST = 2;
/** Requests on one connection that wait for their answers at the most. */
const PIPELINED = 20;
const HEADER_END = '\r\n\r\n';

const request = `GET ${path!} HTTP/1.1\r\nHost: carpet\r\n\r\n`;
const counts = { sent: 0, answered: 0, refused: 0 };

/** One connection, which counts the answers by their lengths and reads no further. */
class Asker {
  readonly #socket: Socket;
  #waiting = 0;
  #head = '';
  #bodyLeft = 0;

  constructor() {
    this.#socket = createConnection(socketPath!).on('data', (chunk) => this.#read(chunk));
  }

  get room(): boolean {
    return this.#waiting < PIPELINED;
  }

  ask(): void {
    counts.sent++;
    this.#waiting++;
    this.#socket.write(request);
  }

  #read(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length) {
      if (this.#bodyLeft > 0) {
        const skipped = Math.min(this.#bodyLeft, chunk.length - at);
        this.#bodyLeft -= skipped;
        at += skipped;
        continue;
      }
      const before = this.#head.length;
      this.#head += chunk.toString('latin1', at, at + 1024);
      const end = this.#head.indexOf(HEADER_END);
      if (end < 0) {
        at += 1024;
        continue;
      }
      at += end + HEADER_END.length - before;
      this.#answer(this.#head.slice(0, end));
      this.#head = '';
    }
  }

  #answer(head: string): void {
    this.#waiting--;
    this.#bodyLeft = Number(/content-length: (\d+)/i.exec(head)![1]);
    if (head.startsWith('HTTP/1.1 200')) counts.answered++;
    else counts.refused++;
  }
}

const askers = Array.from({ length: Number(connections) }, () => new Asker());
let next = 0;

/** Asks over the next connection that has room; false: none has. */
function ask(): boolean {
  for (let tried = 0; tried < askers.length; tried++) {
    const asker = askers[next++ % askers.length]!;
    if (!asker.room) continue;
    asker.ask();
    return true;
  }
  return false;
}

process.stdout.write('asking\n');
const start = performance.now();
const timer = setInterval(() => {
  const elapsed = performance.now() - start;
  if (elapsed > Number(seconds) * 1000) {
    clearInterval(timer);
    process.stdout.write(`${JSON.stringify(counts)}\n`);
    process.exit(0);
  }
  const due = (elapsed * Number(rate)) / 1000;
  // What the kernel does not answer must not fill this process.
  while (counts.sent < due && ask());
}, BURST);
