/** How a stream of lines ends with an error: behind the lines for a client that takes trailers, else as the last of them. */
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { describe, it } from 'node:test';
import { CarpetError } from '../../../core/index.js';
import { needs } from '../../support/needs.js';
import { ControlledKernel } from './support/server.js';

async function failing(detail: string): Promise<ControlledKernel> {
  const kernel = await ControlledKernel.start();
  kernel.kernel.verbs.register({
    name: 'flow',
    summary: 'flow until it fails',
    access: 'read',
    stream: true,
    async *run() {
      yield 'one';
      throw new CarpetError('EDRY', detail);
    },
    text: (item: unknown) => String(item),
  });
  return kernel;
}

/** The answer to a client that speaks this version of HTTP, to its last byte. */
function answer(path: string, version: string, te: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    let received = '';
    socket.setEncoding('utf8').on('data', (chunk: string) => (received += chunk));
    socket.once('error', reject).once('close', () => resolve(received));
    socket.write(
      `GET /v1/flow HTTP/${version}\r\nHost: c\r\nAccept: text/plain\r\nConnection: close\r\n${te}\r\n`,
    );
  });
}

describe('a stream of lines that fails', { skip: needs('native') }, () => {
  it('says why in a trailer, or in its last line for clients that take none', async () => {
    await using kernel = await failing('nothing is left');
    const lines = await answer(kernel.socket, '1.1', '');
    assert.match(lines, /one\n[^]*nothing is left\n/);
    const trailed = await answer(kernel.socket, '1.1', 'TE: trailers\r\n');
    assert.match(trailed, /one\n[^]*\r\n0\r\nproblem: %7B.*nothing%20is%20left.*\r\n\r\n$/);
  });

  it('says so in its last line to a client of HTTP/1.0, whatever that claims to take', async () => {
    await using kernel = await failing('nothing is left');
    const text = await answer(kernel.socket, '1.0', 'TE: trailers\r\n');
    assert.match(text, /^HTTP\/1\.1 200 [^]*\r\n\r\none\nnothing is left\n$/);
  });

  it('cuts a reason for which the trailer has no room', async () => {
    for (const reason of [
      'é'.repeat(4000),
      '\u{1f600}'.repeat(4000),
      '\0'.repeat(4000),
      '"'.repeat(20_000),
    ]) {
      await using kernel = await failing(reason);
      const { verbs } = await kernel.client.index();
      const verb = verbs.find(({ name }) => name === 'flow')!;
      const read = async (): Promise<void> => {
        for await (const line of kernel.client.stream(verb, undefined, 'text')) assert.equal(line, 'one\n');
      };
      await assert.rejects(read(), ({ code, message }: CarpetError) => {
        assert.equal(code, 'EDRY');
        assert.ok(message.length > 700 && message.endsWith('…') && reason.startsWith(message.slice(0, -1)));
        return true;
      });
    }
  });
});
