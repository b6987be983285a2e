import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { describe } from '../../../core/errors.js';
import { CaptureError } from '../../capture/index.js';
import { UsageError } from '../failure.js';

const GZIP = [0x1f, 0x8b];

/**
 * Reads a capture file chunk by chunk, and decompresses it if gzip has compressed it.
 *
 * @param file a path, or `-` for standard input
 * @throws UsageError if the file cannot be read; CaptureError if it is compressed and damaged
 */
export async function* captureChunks(file: string): AsyncGenerator<Uint8Array> {
  const chunks = plainChunks(file)[Symbol.asyncIterator]();
  const first = await chunks.next();
  if (first.done === true) return;
  const all = rejoined(first.value, chunks);
  if (!GZIP.every((byte, i) => first.value[i] === byte)) yield* all;
  else yield* unpacked(all);
}

async function* plainChunks(file: string): AsyncGenerator<Uint8Array> {
  const stream: Readable = file === '-' ? process.stdin : createReadStream(file);
  try {
    for await (const chunk of stream) yield chunk as Uint8Array;
  } catch (error) {
    throw new UsageError(`cannot read ${file}: ${describe(error).replace(/, .*$/, '')}`);
  }
}

async function* rejoined(first: Uint8Array, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield first;
  for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value;
}

async function* unpacked(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const source = Readable.from(chunks);
  const gunzip = createGunzip();
  source.once('error', (error) => gunzip.destroy(error));
  try {
    for await (const chunk of source.pipe(gunzip)) yield chunk as Uint8Array;
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new CaptureError(`the compressed file is damaged: ${describe(error)}`);
  }
}
