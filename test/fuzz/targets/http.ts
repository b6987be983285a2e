import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { createConnection } from 'node:net';
import { Readable } from 'node:stream';
import fc from 'fast-check';
import type { OfferedVerb } from '../../../modules/control/protocol.js';
import { answerForm, RequestError, readInput } from '../../../modules/control/server/request.js';
import { ControlledKernel } from '../../modules/control/support/server.js';
import { corpusTexts } from '../corpus.js';
import { mutants, mutantTexts } from '../mutation.js';
import { asyncFuzzProperty, type FuzzProperty, type FuzzTarget } from '../target.js';

const VERB: OfferedVerb = {
  name: 'sysctl.get',
  summary: '',
  access: 'read',
  stream: false,
  positional: ['name'],
  input: {
    type: 'object',
    properties: {
      name: { type: 'string' },
      all: { type: 'boolean' },
      count: { type: 'integer' },
      list: { type: 'array', items: { type: 'number' } },
      tree: { type: 'object' },
    },
  },
  contentType: undefined,
  module: undefined,
};
const MAX_BODY = 256;

/** A request as node:http hands it over; every part may be anything that node:http lets through. */
const request = fc.record({
  method: fc.constantFrom('GET', 'POST'),
  query: mutantTexts(corpusTexts('http-query'), {
    tokens: ['&', '=', '%', '%00', '+', '?', 'name'],
    maxLength: 80,
  }),
  body: mutantTexts(corpusTexts('http-body'), {
    tokens: ['{', '}', '"', ':', '\\u0000', '__proto__'],
    maxLength: 300,
  }),
  type: fc.constantFrom(
    '',
    'application/json',
    'application/json; charset=x',
    'text/plain',
    'application/jsonx',
  ),
  accept: fc.constantFrom('', 'text/plain', 'application/json', '*/*', ' text/plain;q=0'),
});
type Made = Parameters<Parameters<(typeof request)['map']>[0]>[0];

async function isInputOrProblem({ method, query, body, type, accept }: Made): Promise<void> {
  const url = new URL(`/v1/sysctl/get?${query}`, 'http://carpet');
  const readable = Readable.from([Buffer.from(body)]) as unknown as IncomingMessage;
  const message = Object.assign(readable, { method, headers: { 'content-type': type, accept } });
  assert.ok(['json', 'text'].includes(answerForm(message, VERB)));
  try {
    const input = (await readInput(message, url, VERB, MAX_BODY)) as object | undefined;
    if (method === 'POST' && body.trim() !== '') assert.deepEqual(input, JSON.parse(body));
    if (method === 'GET' && input !== undefined)
      assert.deepEqual(Object.keys(input).toSorted(), [...new Set(url.searchParams.keys())].toSorted());
    assert.equal(({} as Record<string, unknown>)['polluted'], undefined);
  } catch (error) {
    assert.ok(error instanceof RequestError, String(error));
    assert.ok([400, 413, 415].includes(error.problem.status), error.message);
    if (error.problem.status === 413) assert.ok(Buffer.byteLength(body) > MAX_BODY);
  } finally {
    readable.destroy();
  }
}

const TOKENS = [
  '\r\n',
  '\r\n\r\n',
  ': ',
  'Content-Length: 5',
  'Transfer-Encoding: chunked',
  '0\r\n\r\n',
  'HTTP/1.1',
  '%2e%2e/',
].map((text) => Buffer.from(text));
const sent = mutants(
  corpusTexts('http').map((text) => Buffer.from(text)),
  { tokens: TOKENS, maxLength: 1000 },
);
/** Connections at a time. */
const CLIENTS = 16;
const ANSWERS = /^HTTP\/1\.1 (100|200|400|403|404|405|408|413|415|417|426|431|501|505) /;

/** What is written to the socket is answered, if at all, by HTTP, and the next client is served. */
function overTheSocket(controlled: ControlledKernel): FuzzProperty {
  const logged = controlled.log.length;
  return asyncFuzzProperty({
    input: fc.array(sent, { minLength: CLIENTS, maxLength: CLIENTS }),
    check: async (each) => {
      const answers = await Promise.all(each.map((bytes) => exchange(controlled.readSocket, bytes)));
      for (const answer of answers) if (answer !== '') assert.match(answer, ANSWERS);
      assert.equal((await controlled.ask('/v1')).status, 200);
      assert.deepEqual(controlled.log.slice(logged), []);
    },
    size: CLIENTS,
    usual: 10,
  });
}

/** Sends the bytes and the end, and returns what comes until the end. */
function exchange(path: string, bytes: Uint8Array): Promise<string> {
  return new Promise((resolve) => {
    let received = '';
    const socket = createConnection({ path });
    socket.setEncoding('latin1').on('data', (text) => (received += text));
    socket.on('error', () => resolve(received)).on('close', () => resolve(received));
    socket.end(bytes);
  });
}

export const target: FuzzTarget = {
  about:
    'requests to the control socket: an input or a problem; over the socket HTTP, and the next is served',
  open: async () => {
    const controlled = await ControlledKernel.start();
    return {
      properties: {
        parts: asyncFuzzProperty({ input: request, check: isInputOrProblem, usual: 500 }),
        socket: overTheSocket(controlled),
      },
      [Symbol.asyncDispose]: () => controlled[Symbol.asyncDispose](),
    };
  },
};
