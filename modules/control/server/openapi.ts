import type { JsonSchema } from '../../json-schema/index.js';
import type { OfferedVerb, ServerOptions } from '../protocol.js';

/** The path of a verb: `carp.demote` is at `/v1/carp/demote`. */
export function pathOf(verb: string): string {
  return `/v1/${verb.replaceAll('.', '/')}`;
}

/** Lists the verbs that are offered now, each with its path. */
export function index(kernel: ServerOptions['kernel'], verbs: readonly OfferedVerb[]): object {
  return { ...kernel, verbs: verbs.map((verb) => ({ ...verb, path: pathOf(verb.name) })) };
}

/** Describes the control socket as an OpenAPI 3.1 document, with the verbs that are offered now. */
export function openApi(kernel: ServerOptions['kernel'], verbs: readonly OfferedVerb[]): object {
  return {
    openapi: '3.1.0',
    info: {
      title: `carpet: the kernel ${kernel.name}`,
      version: kernel.version,
      description: 'The verbs of the running kernel and its loaded modules, served on its Unix socket.',
    },
    servers: [{ url: 'http://carpet' }],
    paths: Object.fromEntries(verbs.map((verb) => [pathOf(verb.name), operations(verb)])),
    components: { schemas: { Problem: PROBLEM } },
  };
}

const PROBLEM = {
  type: 'object',
  description: 'RFC 9457: what went wrong, and what to do about it',
  properties: {
    status: { type: 'integer' },
    title: { type: 'string' },
    detail: { type: 'string' },
    code: { type: 'string' },
  },
  required: ['status', 'title', 'detail'],
};

function operations(verb: OfferedVerb): object {
  const common = {
    summary: verb.summary,
    responses: {
      200: {
        description: verb.stream ? 'the items, as they come' : 'the answer',
        content: verb.stream
          ? { 'text/event-stream': {}, 'text/plain': {} }
          : { 'application/json': {}, [verb.contentType ?? 'text/plain']: {} },
      },
      default: {
        description: 'why the verb failed',
        content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
      },
    },
  };
  if (verb.access === 'write') {
    const body = verb.input && {
      requestBody: { required: true, content: { 'application/json': { schema: verb.input } } },
    };
    return { post: { operationId: verb.name, ...common, ...body } };
  }
  return { get: { operationId: verb.name, ...common, parameters: parameters(verb.input) } };
}

function parameters(input: JsonSchema | undefined): object[] {
  return Object.entries(input?.properties ?? {}).map(([name, schema]) => ({
    name,
    in: 'query',
    required: input?.required?.includes(name) ?? false,
    schema,
  }));
}
