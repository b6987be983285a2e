import { request as httpRequest, type IncomingMessage } from 'node:http';
import { setTimeout as elapse } from 'node:timers/promises';
import { CarpetError } from '../../../core/index.js';
import { type AnswerForm, type OfferedVerb, PROBLEM_TRAILER, type Problem } from '../protocol.js';
import { pathOf } from '../server/openapi.js';

/** HTTP's words for a mistake of the caller's, which another request mends. */
const MISTAKES: ReadonlySet<number> = new Set([400, 404, 405, 413, 415]);

/** sysexits.h: "temporary failure; the user is invited to retry". */
const EX_TEMPFAIL = 75;

/** The kernel refused; `code` is the code that the verb's own error had. */
export class ControlError extends CarpetError {
  override readonly name = 'ControlError';
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.code ?? 'ECONTROL', problem.detail);
    this.problem = problem;
  }

  /** What a command exits with: 1 for a mistake in what was asked, 75 where the same will do later, 2 for all else. */
  get status(): number {
    if (this.code === 'EAGAIN') return EX_TEMPFAIL;
    return MISTAKES.has(this.problem.status) ? 1 : 2;
  }
}

/** What `GET /v1` answers. */
export interface KernelIndex {
  readonly name: string;
  readonly version: string;
  /** The number of its process: another one after an upgrade. */
  readonly pid: number;
  readonly verbs: readonly (OfferedVerb & { readonly path: string })[];
}

/** A kernel that is being replaced is asked again after this, so many times. */
const AGAIN_MS = 50;
const MAX_AGAIN = 40;

const NOT_RUNNING = new Set(['ENOENT', 'ECONNREFUSED']);

/** Asks a running kernel over its control socket. Every call is a connection of its own. */
export class ControlClient {
  readonly path: string;
  readonly #background: boolean;

  /** @param options.background whether the process may end while an answer is still to come */
  constructor(path: string, { background = false }: { readonly background?: boolean } = {}) {
    this.path = path;
    this.#background = background;
  }

  /**
   * What the kernel offers now.
   * @throws CarpetError ENOKERNEL when no kernel listens there, EACCES when this user may not ask
   */
  async index(): Promise<KernelIndex> {
    return JSON.parse(await this.#body('GET', '/v1', undefined, 'json')) as KernelIndex;
  }

  /**
   * Carries out a verb and returns its answer: text for people as it is, JSON parsed.
   * @throws ControlError when the kernel refuses; else as {@link index}
   */
  call(verb: OfferedVerb, input: unknown, form: 'text'): Promise<string>;
  call(verb: OfferedVerb, input: unknown, form: 'json'): Promise<unknown>;
  async call(verb: OfferedVerb, input: unknown, form: AnswerForm): Promise<unknown> {
    const body = await this.#body(methodOf(verb), targetOf(verb, input), bodyOf(verb, input), form);
    return form === 'text' ? body : JSON.parse(body);
  }

  /**
   * The items of a stream verb, each as a text: lines for people, or one JSON object. Ends when the kernel ends it.
   * @throws CarpetError ELOST when the connection breaks: the kernel was killed or replaced; else as {@link call}
   */
  async *stream(
    verb: OfferedVerb,
    input: unknown,
    form: AnswerForm,
    signal?: AbortSignal,
  ): AsyncGenerator<string> {
    const response = await this.#send(
      methodOf(verb),
      targetOf(verb, input),
      bodyOf(verb, input),
      form,
      signal,
    );
    response.setEncoding('utf8');
    if (response.statusCode !== 200) throw refusal(await text(response));
    try {
      if (form === 'json') return yield* events(response as AsyncIterable<string>);
      yield* response as AsyncIterable<string>;
      const problem = response.trailers[PROBLEM_TRAILER];
      if (problem !== undefined) throw refusal(decodeURIComponent(problem));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ECONNRESET') throw error;
      throw new CarpetError('ELOST', `the kernel on ${this.path} has ended`, { cause: error });
    }
  }

  async #body(method: string, target: string, body: string | undefined, form: AnswerForm): Promise<string> {
    let replaced = false;
    for (let again = 0; ; again++) {
      const response = await this.#send(method, target, body, form);
      const answer = await text(response.setEncoding('utf8'));
      if (response.statusCode === 200) return answer;
      const refused = refusal(answer);
      // The new kernel, which is asked then, may not be at work yet.
      replaced ||= refused.problem.status === 503;
      if (refused.code !== 'EAGAIN' || !replaced || again >= MAX_AGAIN) throw refused;
      await elapse(AGAIN_MS);
    }
  }

  #send(
    method: string,
    target: string,
    body: string | undefined,
    form: AnswerForm,
    signal?: AbortSignal,
  ): Promise<IncomingMessage> {
    const headers = {
      host: 'carpet',
      accept: form === 'text' ? 'text/plain' : 'application/json',
      connection: 'close, te',
      te: 'trailers',
      ...(body === undefined
        ? {}
        : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
    };
    return new Promise((resolve, reject) => {
      const options = { socketPath: this.path, method, path: target, headers, agent: false as const };
      const request = httpRequest({ ...options, ...(signal && { signal }) }, resolve);
      request.once('error', (error) => reject(connectError(error, this.path, method)));
      if (this.#background) request.once('socket', (socket) => socket.unref());
      request.end(body);
    });
  }
}

function methodOf({ access }: OfferedVerb): string {
  return access === 'write' ? 'POST' : 'GET';
}

/** What only looks has its input in the query. */
function targetOf({ name, access }: OfferedVerb, input: unknown): string {
  const query = new URLSearchParams();
  if (access === 'read') {
    for (const [key, value] of Object.entries((input ?? {}) as Record<string, unknown>)) {
      for (const each of Array.isArray(value) ? value : [value]) {
        query.append(key, typeof each === 'string' ? each : JSON.stringify(each));
      }
    }
  }
  return query.size === 0 ? pathOf(name) : `${pathOf(name)}?${query.toString()}`;
}

function bodyOf({ access }: OfferedVerb, input: unknown): string | undefined {
  return access === 'write' ? JSON.stringify(input ?? {}) : undefined;
}

async function text(response: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of response as AsyncIterable<string>) body += chunk;
  return body;
}

function refusal(body: string): ControlError {
  try {
    return new ControlError(JSON.parse(body) as Problem);
  } catch {
    return new ControlError({
      status: 500,
      title: 'No answer',
      detail: `no kernel answers like this: ${body}`,
    });
  }
}

function connectError(error: NodeJS.ErrnoException, path: string, method: string): CarpetError {
  if (NOT_RUNNING.has(error.code ?? ''))
    return new CarpetError('ENOKERNEL', `no kernel listens on ${path}: start one with carpet up`, {
      cause: error,
    });
  if (error.code === 'EACCES')
    return new CarpetError('EACCES', `${path} is for root and its group only: use sudo, or join the group`, {
      cause: error,
    });
  if (error.code === 'ECONNRESET' || error.code === 'EPIPE') {
    const remedy = method === 'POST' ? ': look whether it has done what was asked' : '';
    return new CarpetError(
      'ELOST',
      `the kernel on ${path} closed the connection without an answer${remedy}`,
      {
        cause: error,
      },
    );
  }
  return new CarpetError('ECONTROL', `${path}: ${error.message}`, { cause: error });
}

/** The `data` of server-sent events, one after another; an event named `problem` ends them with an error. */
async function* events(chunks: AsyncIterable<string>): AsyncGenerator<string> {
  let rest = '';
  for await (const chunk of chunks) {
    const blocks = (rest + chunk).split('\n\n');
    rest = blocks.pop()!;
    for (const block of blocks) {
      const lines = block.split('\n');
      const data = lines
        .filter((line) => line.startsWith('data: '))
        .map((line) => line.slice(6))
        .join('\n');
      if (lines.includes('event: problem')) throw new ControlError(JSON.parse(data) as Problem);
      yield data;
    }
  }
}
