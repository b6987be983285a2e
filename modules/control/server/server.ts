/**
 * @module
 * HTTP on Unix sockets, in a thread of its own. Everything that comes in here is hostile until its sender is known:
 * each connection's peer is asked of the operating system when it is accepted; connections, requests, bodies and
 * streams are limited in number, size and time, so that what a stranger sends costs this thread and not the kernel's.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { MessagePort } from 'node:worker_threads';
import { problem } from '../problem.js';
import type { KernelMessage, Listener, OfferedVerb, ServerMessage, ServerOptions } from '../protocol.js';
import { writeRefusal } from './access.js';
import { Connections } from './connections.js';
import { KernelLink } from './kernel-link.js';
import { index, openApi, pathOf } from './openapi.js';
import { answerReply, type Hold, StreamReply, sendJson, sendProblem } from './reply.js';
import { answerForm, RequestError, readInput } from './request.js';

const TIMES = {
  headersTimeout: 5_000,
  requestTimeout: 10_000,
  keepAliveTimeout: 5_000,
  connectionsCheckingInterval: 1_000,
} as const;
const MAX_HEADER_BYTES = 8 * 1024;

/** What describes all verbs, by its path. */
const DOCUMENTS = new Map([
  ['/v1', index],
  ['/v1/', index],
  ['/v1/openapi.json', openApi],
]);

/** Serves the verbs of the kernel to HTTP clients, until the kernel says stop. */
export class ControlServer {
  readonly #options: ServerOptions;
  readonly #port: MessagePort;
  readonly #link: KernelLink;
  readonly #connections: Connections;
  readonly #servers: Server[];
  /** What describes all verbs, by its path: made once, so that many who ask for it share one text. */
  readonly #documents = new Map<string, Buffer>();

  constructor(options: ServerOptions, port: MessagePort) {
    this.#options = options;
    this.#port = port;
    this.#link = new KernelLink(port, options.limits);
    this.#connections = new Connections(options.limits, {
      idle: () => this.#send({ type: 'idle' }),
      cutOff: (uid, why) => this.#send({ type: 'cutOff', uid, why }),
    });
    this.#servers = options.listeners.map((listener) => this.#server(listener));
    port.on('message', (message: KernelMessage) => {
      if (message.type === 'stop') return this.#stop();
      this.#link.receive(message);
      if (message.type !== 'verbs') return;
      this.#documents.clear();
      this.#listen();
    });
    this.#send({ type: 'started' });
  }

  /** Listens once the verbs are known: the first request, which may have waited for it, must find them. */
  #listen(): void {
    if (this.#servers.every(({ listening }) => listening)) return;
    this.#send({ type: 'listening' });
    this.#servers.forEach((server, i) => {
      if (!server.listening) server.listen({ fd: this.#options.listeners[i]!.fd });
    });
  }

  #server(listener: Listener): Server {
    const server = createServer({ ...TIMES, maxHeaderSize: MAX_HEADER_BYTES }, (request, response) => {
      this.#serve(request, response, listener).catch((error: unknown) => {
        if (error instanceof RequestError) sendProblem(response, error.problem);
        else if (request.destroyed) response.destroy();
        else sendProblem(response, problem(500, String(error)));
      });
    });
    server.on('connection', (socket: Socket) => this.#connections.accept(socket));
    // A broken request gets node:http's own bare answer; a connection that broke gets nothing.
    server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
      if (error.code === 'ECONNRESET' || !socket.writable) socket.destroy();
      else socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n');
    });
    return server;
  }

  async #serve(request: IncomingMessage, response: ServerResponse, listener: Listener): Promise<void> {
    const peer = this.#connections.begin(response);
    if (peer === undefined) return void response.destroy();
    const url = parseUrl(request.url ?? '');
    const document = this.#document(url.pathname);
    if (document !== undefined) {
      assertMethod(request, { access: 'read', name: '' });
      return sendJson(response, document);
    }
    const verb = this.#verbAt(url.pathname);
    assertMethod(request, verb);
    const refusal = verb.access === 'write' ? writeRefusal(peer, listener) : undefined;
    if (refusal !== undefined) throw new RequestError(problem(403, refusal, 'EPERM'));
    const input = await readInput(request, url, verb, this.#options.limits.body);
    const form = answerForm(request, verb);
    const hold: Hold = (bytes) => this.#connections.hold(response, bytes);
    const stream = verb.stream ? new StreamReply(response, form, hold) : undefined;
    const { pid, uid, gid } = peer;
    const call = this.#link.call(
      verb,
      input,
      form,
      { pid, uid, gid },
      stream ?? answerReply(response, form, hold, verb.contentType),
    );
    if (call === undefined) return;
    response.once('close', () => call.cancel());
    stream?.begin(call);
  }

  #verbAt(path: string): OfferedVerb {
    const name = path.replace(/^\/v1\//, '').replaceAll('/', '.');
    const verb = path.startsWith('/v1/') ? this.#link.verbs.get(name) : undefined;
    if (verb !== undefined && pathOf(verb.name) === path) return verb;
    throw new RequestError(
      problem(404, `there is nothing at ${path}; GET /v1 lists what there is`, 'ENOENT'),
    );
  }

  #document(path: string): Buffer | undefined {
    const make = DOCUMENTS.get(path);
    if (make === undefined) return undefined;
    let text = this.#documents.get(path);
    if (text === undefined) {
      const description = make(this.#options.kernel, [...this.#link.verbs.values()]);
      text = Buffer.from(`${JSON.stringify(description)}\n`);
      this.#documents.set(path, text);
    }
    return text;
  }

  #send(message: ServerMessage): void {
    this.#port.postMessage(message);
  }

  /** Somebody may have come since it said that nobody is there: it then goes on. */
  #stop(): void {
    if (!this.#connections.empty) return;
    for (const server of this.#servers) server.close();
    this.#connections.close();
    this.#port.close();
  }
}

/** A change is always a POST, and a look always a GET. */
function assertMethod(
  { method = '' }: IncomingMessage,
  { access }: Pick<OfferedVerb, 'access' | 'name'>,
): void {
  const wanted = access === 'write' ? 'POST' : 'GET';
  if (method !== wanted) throw new RequestError(problem(405, `${wanted} is the method here, not ${method}`));
}

function parseUrl(target: string): URL {
  try {
    return new URL(target, 'http://carpet');
  } catch {
    throw new RequestError(problem(400, 'the request names no path'));
  }
}
