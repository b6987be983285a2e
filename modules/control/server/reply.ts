import type { ServerResponse } from 'node:http';
import { type AnswerForm, PROBLEM_TRAILER, type Problem } from '../protocol.js';
import type { PendingCall, Reply } from './kernel-link.js';

/** Items of a stream that are under way between the kernel and the socket at the most. */
const WINDOW = 64;
/** Bytes of a trailer: most clients limit all header fields together, node:http to 16 KiB. */
const MAX_TRAILER = 8 * 1024;
/** So many characters of a detail always fit, each of them nine bytes at the most. */
const MAX_DETAIL = 800;

/** Counts bytes that are given to a client. @returns to be called when they are out */
export type Hold = (bytes: Buffer) => () => void;

export function sendProblem(response: ServerResponse, problem: Problem): void {
  if (response.headersSent || response.destroyed) return void response.destroy();
  const headers: Record<string, string> = { 'content-type': 'application/problem+json' };
  if (problem.status === 503) headers['retry-after'] = '1';
  // What is left of a body that was too large is not read.
  if (problem.status === 413) headers['connection'] = 'close';
  sendBody(response, problem.status, headers, Buffer.from(`${JSON.stringify(problem)}\n`));
}

export function sendJson(response: ServerResponse, body: Buffer): void {
  sendBody(response, 200, { 'content-type': 'application/json' }, body);
}

/** With its length, so that node:http writes it in one piece instead of in chunks. */
function sendBody(
  response: ServerResponse,
  status: number,
  headers: Record<string, string>,
  body: Buffer,
): void {
  response.writeHead(status, { ...headers, 'content-length': body.length }).end(body);
}

/** Answers one request with one body. @param textType the media type of its text */
export function answerReply(
  response: ServerResponse,
  form: AnswerForm,
  hold: Hold,
  textType = 'text/plain; charset=utf-8',
): Reply {
  return {
    answer(body) {
      const type = form === 'text' ? textType : 'application/json';
      response.once('close', hold(body));
      sendBody(response, 200, { 'content-type': type }, body);
    },
    refuse: (problem) => sendProblem(response, problem),
    item: () => undefined,
    end: () => response.end(),
  };
}

/**
 * Answers one request with items as they come: server-sent events, or plain lines. The reader's socket decides how
 * many the kernel may send: while it takes no more, the kernel is asked for no more.
 */
export class StreamReply implements Reply {
  readonly #response: ServerResponse;
  readonly #form: AnswerForm;
  readonly #hold: Hold;
  /**
   * Whether the reader takes the problem that ends lines behind them (RFC 9110, section 6.5), and not as one of them. One that
   * speaks HTTP/1.0 gets no chunks, behind which trailers stand.
   */
  readonly #trailers: boolean;
  #call: PendingCall | undefined;
  #serial = 0;
  /** Items written since the kernel was last granted room. */
  #written = 0;

  constructor(response: ServerResponse, form: AnswerForm, hold: Hold) {
    this.#response = response;
    this.#form = form;
    this.#hold = hold;
    const { useChunkedEncodingByDefault: hasChunks, req } = response;
    this.#trailers = form === 'text' && hasChunks && /\btrailers\b/.test(req.headers.te?.toString() ?? '');
  }

  /** Begins to read, once the call is under way. */
  begin(call: PendingCall): void {
    this.#call = call;
    const type = this.#form === 'text' ? 'text/plain; charset=utf-8' : 'text/event-stream';
    this.#response.writeHead(200, {
      'content-type': type,
      'cache-control': 'no-store',
      ...(this.#trailers && { trailer: PROBLEM_TRAILER }),
    });
    this.#response.flushHeaders();
    call.more(WINDOW);
  }

  answer(body: Buffer): void {
    this.item(body.toString());
    this.#response.end();
  }

  refuse(problem: Problem): void {
    this.end(problem);
  }

  item(body: string): void {
    const text = this.#form === 'text' ? `${body}\n` : `id: ${++this.#serial}\n${dataLines(body)}\n`;
    const bytes = Buffer.from(text);
    const taken = this.#response.write(bytes, this.#hold(bytes));
    this.#written++;
    if (!taken) this.#response.once('drain', () => this.#grant());
    else if (this.#written >= WINDOW / 2 && this.#response.listenerCount('drain') === 0) this.#grant();
  }

  end(problem: Problem | undefined): void {
    if (!this.#response.headersSent && problem !== undefined) return sendProblem(this.#response, problem);
    if (problem !== undefined) this.#writeProblem(problem);
    this.#response.end();
  }

  #writeProblem(problem: Problem): void {
    if (this.#trailers) this.#response.addTrailers({ [PROBLEM_TRAILER]: trailerOf(problem) });
    else if (this.#form === 'text') this.#response.write(`${problem.detail}\n`);
    else this.#response.write(`event: problem\n${dataLines(JSON.stringify(problem))}\n`);
  }

  #grant(): void {
    if (this.#written === 0) return;
    this.#call?.more(this.#written);
    this.#written = 0;
  }
}

/** A header field holds no other characters than ASCII. A long detail is cut: the reader would take the answer for broken. */
function trailerOf(problem: Problem): string {
  const encoded = encodeURIComponent(JSON.stringify(problem));
  if (encoded.length <= MAX_TRAILER) return encoded;
  const detail = `${problem.detail.slice(0, MAX_DETAIL)}…`;
  return encodeURIComponent(JSON.stringify({ ...problem, detail }));
}

function dataLines(body: string): string {
  return body
    .split('\n')
    .map((line) => `data: ${line}\n`)
    .join('');
}
