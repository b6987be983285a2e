/** The loopback port: what it serves, what it refuses, and what hostile scrapers cost the kernel. */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { request } from 'node:http';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { describe, it } from 'node:test';
import { Kernel } from '../../../core/index.js';
import { MetricsModule } from '../../../modules/metrics/index.js';
import { strict } from '../../support/kernel.js';

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function ask(port: number, path = '/metrics', accept = '', method = 'GET'): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port, path, method, agent: false as const, headers: { accept } };
    const sent = request(options, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
      response.once('end', () =>
        resolve({ status: response.statusCode!, type: response.headers['content-type'] ?? '', body }),
      );
    });
    sent.once('error', reject).end();
  });
}

function opened(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => resolve(socket));
    socket.once('error', reject);
  });
}

const threads = (): number => readdirSync('/proc/self/task').length;

describe('the port for Prometheus', () => {
  it('serves the format that is asked for, and nothing but /metrics', async () => {
    const port = await freePort();
    await using kernel = new Kernel(strict);
    await kernel.load(MetricsModule, { listen: `127.0.0.1:${port}` });
    const open = await ask(port, '/metrics', 'application/openmetrics-text;version=1.0.0,text/plain;q=0.5');
    assert.equal(open.type, 'application/openmetrics-text; version=1.0.0; charset=utf-8');
    assert.match(open.body, /^# HELP [\s\S]*\n# EOF\n$/);
    const older = await ask(port, '/metrics?x=1', '*/*');
    assert.equal(older.type, 'text/plain; version=0.0.4; charset=utf-8');
    assert.doesNotMatch(older.body, /# EOF/);
    assert.deepEqual((await ask(port, '/metrics', '', 'HEAD')).body, '');
    assert.equal((await ask(port, '/v1/kldload')).status, 404);
    assert.equal((await ask(port, '/metrics', '', 'POST')).status, 405);
  });

  it('is closed, moved and left alone by new settings, and goes with the module', async () => {
    const [one, two] = [await freePort(), await freePort()];
    const before = threads();
    await using kernel = new Kernel(strict);
    await kernel.load(MetricsModule, { listen: `127.0.0.1:${one}` });
    const holder = createServer();
    await new Promise<void>((resolve) => holder.listen(two, '127.0.0.1', resolve));
    const settings = { listen: `127.0.0.1:${two}` };
    await assert.rejects(kernel.reconfigure('metrics', settings), { code: 'EADDRINUSE' });
    assert.equal((await ask(one)).status, 200, 'a mistake changes nothing');
    await new Promise((resolve) => holder.close(resolve));
    assert.deepEqual(await kernel.changes('metrics', settings), [
      `listen 127.0.0.1:${one} -> 127.0.0.1:${two}`,
    ]);
    await kernel.reconfigure('metrics', settings);
    assert.equal((await ask(two)).status, 200);
    await assert.rejects(ask(one), { code: 'ECONNREFUSED' });
    await kernel.unload('metrics');
    await assert.rejects(ask(two), { code: 'ECONNREFUSED' });
    assert.ok(threads() <= before + 4, `${threads()} threads, ${before} before`);
  });

  it('goes over to a new version of the module, and goes with that', async () => {
    const port = await freePort();
    await using kernel = new Kernel(strict);
    await kernel.load(MetricsModule, { listen: `127.0.0.1:${port}` });
    await kernel.reload(MetricsModule);
    assert.equal((await ask(port)).status, 200);
    await kernel.unload('metrics');
    await assert.rejects(ask(port), { code: 'ECONNREFUSED' });
  });

  it('of a successor is opened when its predecessor has closed it, or never, if that goes first', async () => {
    const port = await freePort();
    const predecessor = createServer();
    await new Promise<void>((resolve) => predecessor.listen(port, '127.0.0.1', resolve));
    const begun = async (): Promise<Kernel> => {
      const kernel = new Kernel({ ...strict, predecessor: {} });
      await kernel.load(MetricsModule, { listen: `127.0.0.1:${port}` });
      kernel.succession.begin();
      return kernel;
    };
    {
      await using kernel = await begun();
      await kernel.unload('metrics');
    }
    await using kernel = await begun();
    const { holds } = kernel.inspect().modules[0]!;
    // Three attempts or more.
    await new Promise((resolve) => setTimeout(resolve, 700));
    assert.ok(kernel.inspect().modules[0]!.holds <= holds + 1, 'an attempt leaves nothing behind');
    await new Promise((resolve) => predecessor.close(resolve));
    for (;;) {
      const answer = await ask(port).catch(() => undefined);
      if (answer?.status === 200) break;
    }
  });

  it('is on loopback only', async () => {
    await using kernel = new Kernel(strict);
    for (const listen of [
      '0.0.0.0:9112',
      '[::]:9112',
      '192.0.2.1:9112',
      '[fd00::1]:9112',
      '[::ffff:192.0.2.1]:9112',
    ])
      await assert.rejects(kernel.load(MetricsModule, { listen }), /metrics have no password/, listen);
    for (const listen of [
      'localhost:9112',
      '127.0.0.1',
      '127.0.0.1:0',
      '127.0.0.1:65536',
      '127.1:9112',
      ':9112',
    ])
      await assert.rejects(kernel.load(MetricsModule, { listen }), /an address and a port/, listen);
  });

  it('cuts off who asks on and on and reads no answer, and says so', { timeout: 30_000 }, async () => {
    const port = await freePort();
    const log: string[] = [];
    await using kernel = new Kernel({ ...strict, log: ({ message }) => log.push(message) });
    await kernel.load(MetricsModule, { listen: `127.0.0.1:${port}` });
    const asking = 'GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(1800);
    const clients: { readonly socket: Socket; readonly closed: Promise<unknown> }[] = [];
    for (let i = 0; i < 40; i++) {
      const socket = (await opened(port)).pause();
      clients.push({ socket, closed: new Promise((resolve) => socket.once('close', resolve)) });
      socket.on('error', () => undefined).write(asking);
    }
    for (const { socket, closed } of clients) {
      socket.resume();
      await closed;
    }
    assert.equal((await ask(port)).status, 200);
    assert.ok(!log.some((line) => line.includes('failed')), log.join('\n'));
    assert.match(log.join('\n'), /the metrics server cut off a client that asked on and on/);
  });

  it('renders at most twice a second, however many ask, and outlives those who send garbage or read nothing', async () => {
    const port = await freePort();
    await using kernel = new Kernel(strict);
    const { registry } = await kernel.load(MetricsModule, { listen: `127.0.0.1:${port}` });
    let renderings = 0;
    registry.add({ name: 'renderings', help: 'r', type: 'gauge', write: () => void renderings++ });
    const idle = await Promise.all(Array.from({ length: 40 }, () => opened(port)));
    for (const socket of idle) socket.on('error', () => undefined);
    idle.forEach((socket, i) => {
      if (i % 3 === 0) socket.write('GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(50));
      else if (i % 3 === 1) socket.write(Buffer.alloc(20_000, i));
      else socket.write('GET /metrics HTTP/1.1\r\nX: ');
    });
    const began = performance.now();
    let answered = 0;
    while (performance.now() - began < 1500) {
      const hurried = await opened(port);
      hurried.on('error', () => undefined);
      hurried.end('GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n');
      hurried.destroy();
      assert.equal((await ask(port)).status, 200);
      answered++;
    }
    const most = 1 + Math.ceil((performance.now() - began) / 500);
    assert.ok(renderings >= 2 && renderings <= most, `${renderings} renderings in ${most / 2} s`);
    assert.ok(answered > 2 * renderings, `${answered} answers`);
    for (const socket of idle) socket.destroy();
  });
});
