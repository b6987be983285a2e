import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { LookupFunction } from 'node:net';
import { HealthError } from '../errors.js';

const MAX_BYTES = 64 * 1024;

/** What is asked for, and which answer is right. */
export interface HttpSettings {
  readonly url: string;
  readonly method: 'GET' | 'HEAD';
  /** Lowest and highest status that count as success. */
  readonly status: readonly [number, number];
  /** The first 64 KiB of the answer must have this text in them. */
  readonly contains?: string | undefined;
  /** Takes any certificate. */
  readonly insecure: boolean;
  readonly headers: Readonly<Record<string, string>>;
}

/** Asks a web server. Redirections are answers like others. */
export async function probeHttp(
  settings: HttpSettings,
  signal: AbortSignal,
  lookup: LookupFunction,
): Promise<string> {
  const { status, contains } = settings;
  const answer = await ask(settings, signal, lookup);
  const code = answer.statusCode ?? 0;
  const [from, to] = status;
  try {
    if (code < from || code > to) throw new HealthError('EFAILED', `status ${code}`);
    if (contains !== undefined && !(await beginningOf(answer)).includes(contains))
      throw new HealthError('EFAILED', `status ${code}, but the answer lacks '${contains}'`);
  } finally {
    answer.destroy();
  }
  return `status ${code}`;
}

function ask(
  { url, method, insecure, headers }: HttpSettings,
  signal: AbortSignal,
  lookup: LookupFunction,
): Promise<IncomingMessage> {
  const common = {
    method,
    headers: { connection: 'close', ...headers },
    agent: false as const,
    signal,
    lookup,
  };
  return new Promise((resolve, reject) => {
    const request = url.startsWith('https:')
      ? httpsRequest(url, { ...common, rejectUnauthorized: !insecure })
      : httpRequest(url, common);
    request.on('response', resolve).on('error', reject);
    // Also after an answer that is neither a response nor an error: 101 Switching Protocols.
    request.on('close', () => reject(new HealthError('EFAILED', 'the connection closed without a response')));
    request.end();
  });
}

async function beginningOf(answer: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    size += chunk.length;
    if (size >= MAX_BYTES) break;
  }
  return Buffer.concat(chunks).toString('utf8');
}
