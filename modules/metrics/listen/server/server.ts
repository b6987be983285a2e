/**
 * @module
 * `/metrics` on a loopback port, in a thread of its own. Every user of the host reaches it, so connections, headers and
 * times are limited, and the kernel is asked at most twice a second for each format, however many ask here. Time is the
 * machine's own: the thread has no kernel, and its clients are real.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { MessagePort } from 'node:worker_threads';
import { CONTENT_TYPES, type MetricsFormat } from '../../text/writer.js';
import type { ScrapeAnswer, ScrapeMessage, ScrapeServerOptions } from '../protocol.js';

const TIMES = {
  headersTimeout: 5_000,
  requestTimeout: 5_000,
  keepAliveTimeout: 5_000,
  connectionsCheckingInterval: 1_000,
} as const;
const MAX_HEADER_BYTES = 8 * 1024;
const MAX_CONNECTIONS = 64;
/** Requests of one connection whose answers are not out. */
const MAX_UNANSWERED = 8;
/** A reader that takes nothing for as long is cut off. */
const IDLE_MS = 10_000;
/** An answer serves all who ask this soon after it. */
const FRESH_MS = 500;

/** What is known of one format. */
interface Shelf {
  text: string;
  at: number;
  /** The kernel has not answered yet. */
  asked: boolean;
  /** Wait for its answer. */
  readonly waiting: Set<(text: string) => void>;
}

export class ScrapeServer {
  readonly #port: MessagePort;
  readonly #server: Server;
  readonly #shelves = new Map<MetricsFormat, Shelf>();
  /** Requests whose answers are not out. */
  readonly #unanswered = new WeakMap<Socket, number>();

  constructor({ host, port }: ScrapeServerOptions, kernel: MessagePort) {
    this.#port = kernel;
    this.#server = createServer({ ...TIMES, maxHeaderSize: MAX_HEADER_BYTES }, (request, response) =>
      this.#serve(request, response),
    );
    this.#server.maxConnections = MAX_CONNECTIONS;
    this.#server.setTimeout(IDLE_MS);
    this.#server.on('error', (error: NodeJS.ErrnoException) => {
      this.#send({ type: 'failed', code: error.code ?? error.message });
      kernel.close();
    });
    kernel.on('message', (answer: ScrapeAnswer) => this.#receive(answer));
    this.#server.listen({ host, port }, () => this.#send({ type: 'listening' }));
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    if (!this.#begin(response)) return;
    // A body is never read: its connection ends with the answer.
    if (request.method !== 'GET' && request.method !== 'HEAD')
      return refuse(response, 405, 'only GET and HEAD are taken here');
    if (request.url?.split('?')[0] !== '/metrics')
      return refuse(response, 404, 'the metrics are at /metrics');
    const format = wantedFormat(request.headers.accept ?? '');
    const give = (text: string): void => {
      response.writeHead(200, { 'content-type': CONTENT_TYPES[format], 'cache-control': 'no-store' });
      response.end(text);
    };
    this.#ask(format, response, give);
  }

  /** @returns false for one whose sender is cut off: it asks on and reads nothing */
  #begin(response: ServerResponse): boolean {
    const { socket } = response.req;
    if (socket.destroyed) return false;
    const count = (change: number): number => {
      const now = (this.#unanswered.get(socket) ?? 0) + change;
      this.#unanswered.set(socket, now);
      return now;
    };
    response.once('close', () => count(-1));
    if (count(1) <= MAX_UNANSWERED) return true;
    this.#send({ type: 'cutOff' });
    socket.destroy();
    return false;
  }

  #ask(format: MetricsFormat, response: ServerResponse, give: (text: string) => void): void {
    const shelf = this.#shelf(format);
    if (performance.now() - shelf.at < FRESH_MS) return give(shelf.text);
    if (!shelf.asked) this.#send({ type: 'scrape', format });
    shelf.asked = true;
    shelf.waiting.add(give);
    response.once('close', () => shelf.waiting.delete(give));
  }

  #receive(answer: ScrapeAnswer): void {
    if (answer.type === 'stop') {
      this.#server.close();
      this.#server.closeAllConnections();
      return this.#port.close();
    }
    const shelf = this.#shelf(answer.format);
    shelf.text = answer.text;
    shelf.at = performance.now();
    shelf.asked = false;
    const waiting = [...shelf.waiting];
    shelf.waiting.clear();
    for (const give of waiting) give(answer.text);
  }

  #shelf(format: MetricsFormat): Shelf {
    let shelf = this.#shelves.get(format);
    if (shelf === undefined) {
      shelf = { text: '', at: Number.NEGATIVE_INFINITY, asked: false, waiting: new Set() };
      this.#shelves.set(format, shelf);
    }
    return shelf;
  }

  #send(message: ScrapeMessage): void {
    this.#port.postMessage(message);
  }
}

function refuse(response: ServerResponse, status: number, why: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', connection: 'close' });
  response.end(`${why}\n`);
}

/** Prometheus names OpenMetrics when it can read it. */
function wantedFormat(accept: string): MetricsFormat {
  return accept.includes('application/openmetrics-text') ? 'openmetrics' : 'prometheus';
}
