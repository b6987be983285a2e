import type { IncomingMessage } from 'node:http';
import { coerce } from '../coerce.js';
import { problem } from '../problem.js';
import type { AnswerForm, OfferedVerb, Problem } from '../protocol.js';

/** A request that cannot be carried out, and why. */
export class RequestError extends Error {
  constructor(readonly problem: Problem) {
    super(problem.detail);
  }
}

/** Reads a request's input: a query for what only looks, a body of JSON for what changes. @throws RequestError */
export async function readInput(
  request: IncomingMessage,
  url: URL,
  verb: OfferedVerb,
  maxBytes: number,
): Promise<unknown> {
  if (request.method === 'GET') return queryInput(url, verb);
  if (url.search !== '')
    throw new RequestError(problem(400, 'a POST takes its input as JSON in the body, not as a query'));
  const text = await readBody(request, maxBytes);
  if (text.trim() === '') return undefined;
  const type = request.headers['content-type'] ?? '';
  // curl's -d says this of everything; a browser cannot send application/json across origins unasked.
  if (!/^application\/(json|x-www-form-urlencoded)(;|$)/.test(type))
    throw new RequestError(problem(415, `the body must be application/json, not ${type || 'unnamed'}`));
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new RequestError(problem(400, `the body is not JSON: ${(error as Error).message}`));
  }
}

/** `?name=net.inet&all=1`; a name given more than once is a list. */
function queryInput(url: URL, verb: OfferedVerb): unknown {
  const texts: Record<string, string | string[]> = Object.create(null);
  for (const name of new Set(url.searchParams.keys())) {
    const given = url.searchParams.getAll(name);
    texts[name] = given.length === 1 ? given[0]! : given;
  }
  return Object.keys(texts).length === 0 ? undefined : coerce(texts, verb.input);
}

async function readBody(request: IncomingMessage, maxBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBytes) throw new RequestError(problem(413, `the body is larger than ${maxBytes} bytes`));
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** JSON unless plain text is asked for first; of a verb whose text has a media type of its own, that unless JSON is. */
export function answerForm(request: IncomingMessage, { contentType }: OfferedVerb): AnswerForm {
  const accept = (request.headers.accept ?? '').trimStart();
  if (contentType !== undefined) return accept.startsWith('application/json') ? 'json' : 'text';
  return accept.startsWith('text/plain') ? 'text' : 'json';
}
