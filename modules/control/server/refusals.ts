import type { Socket } from 'node:net';
import { problem } from '../problem.js';

/** So many wait for their answer at a time; more are closed without a word. */
const MAX_WAITING = 16;
/** Who has asked nothing by then is closed. */
const PATIENCE_MS = 1000;

/**
 * The connections that are not taken. Each is answered, whatever it will ask, and closed once it has asked: a socket that is
 * closed with a request unread breaks, and the answer is lost.
 */
export class Refusals {
  #waiting = 0;

  /** @param detail why, and what helps. The socket is closed by whoever reads the request */
  refuse(socket: Socket, detail: string): void {
    if (this.#waiting >= MAX_WAITING) return void socket.destroy();
    this.#waiting++;
    const timer = setTimeout(() => socket.destroy(), PATIENCE_MS);
    timer.unref();
    socket.once('close', () => {
      this.#waiting--;
      clearTimeout(timer);
    });
    socket.write(answerOf(detail));
  }
}

function answerOf(detail: string): string {
  const body = `${JSON.stringify(problem(503, detail))}\n`;
  const head = [
    'HTTP/1.1 503 Service Unavailable',
    'Content-Type: application/problem+json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Retry-After: 1',
    'Connection: close',
  ];
  return `${head.join('\r\n')}\r\n\r\n${body}`;
}
