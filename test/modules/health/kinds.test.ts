/** Each kind of check against the real thing: it succeeds, and says why when it does not. */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { createServer as createHttp } from 'node:http';
import { createServer as createHttps } from 'node:https';
import { type AddressInfo, createServer as createTcp } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import * as v from 'valibot';
import { seededRandom } from '../../../core/index.js';
import { probe } from '../../../modules/health/kinds/builtin.js';
import { Disks } from '../../../modules/health/kinds/disks.js';
import { HostNames } from '../../../modules/health/kinds/host-names.js';
import { probeIcmp } from '../../../modules/health/kinds/icmp.js';
import { HealthKinds } from '../../../modules/health/kinds/registry.js';
import { healthSchema } from '../../../modules/health/settings.js';
import { IfnetModule } from '../../../modules/ifnet/index.js';
import { needs as wants } from '../../support/needs.js';
import { World } from '../carp/support/world.js';

const folder = mkdtempSync(join(tmpdir(), 'carpet-health-'));
after(() => rmSync(folder, { recursive: true }));
const world = new World();
const host = await world.host();
after(() => world[Symbol.asyncDispose]());
const needs = {
  clock: { wallTime: () => Date.now() } as never,
  random: seededRandom(1),
  ifnet: host.kernel.get(IfnetModule),
  kinds: new HealthKinds(),
  names: new HostNames(),
  disks: new Disks(),
};

/** What a run says; a failure after `!`. */
async function look(check: unknown, timeout = 3000): Promise<string> {
  const controller = new AbortController();
  // Not AbortSignal.timeout: that does not keep the process.
  const timer = setTimeout(() => controller.abort(), timeout);
  const settings = v.parse(healthSchema, { checks: { it: check } }).checks['it']!;
  try {
    return (await probe(settings, controller.signal, needs)) ?? 'well';
  } catch (error) {
    return `!${(error as Error).message}`;
  } finally {
    clearTimeout(timer);
  }
}

describe('the kinds of checks', () => {
  it('file: there, fresh, with a text, or absent', async () => {
    const path = join(folder, 'file');
    assert.equal(await look({ kind: 'file', path }), `!${path} does not exist`);
    assert.equal(await look({ kind: 'file', path, absent: true }), 'well');
    writeFileSync(path, 'state=active');
    assert.equal(await look({ kind: 'file', path, contains: 'active', maxAge: 60_000 }), 'well');
    assert.equal(await look({ kind: 'file', path, contains: 'backup' }), `!${path} lacks 'backup'`);
    assert.equal(await look({ kind: 'file', path, absent: true }), `!${path} exists`);
    const old = Date.now() / 1000 - 100;
    utimesSync(path, old, old);
    assert.equal(await look({ kind: 'file', path, maxAge: 60_000 }), `!${path} is 100 s old`);
    // The clock was set back: until it is there again, every file would count as fresh.
    utimesSync(path, old + 200, old + 200);
    assert.match(
      await look({ kind: 'file', path, maxAge: 60_000 }),
      /^!.*file was written in the future, in (99|100) s$/,
    );
    assert.equal(await look({ kind: 'file', path, maxAge: 600_000 }), 'well');
  });

  it('process: by its number, by its name, or by both', async () => {
    const pidFile = join(folder, 'pid');
    assert.match(await look({ kind: 'process', pidFile }), /^!.*pid cannot be read \(ENOENT\)$/);
    writeFileSync(pidFile, `${process.pid}\n`);
    assert.equal(await look({ kind: 'process', pidFile }), `process ${process.pid}`);
    assert.equal(
      await look({ kind: 'process', pidFile, name: 'nginx' }),
      `!process ${process.pid} does not run as nginx`,
    );
    // Newer versions of Node are not called node there.
    const name = readFileSync('/proc/self/comm', 'utf8').trim();
    assert.match(await look({ kind: 'process', name }), /^process \d+$/);
    assert.equal(await look({ kind: 'process', name: 'no-such-name' }), '!no process is named no-such-name');
    writeFileSync(pidFile, 'none');
    assert.match(await look({ kind: 'process', pidFile }), /^!.*has no process number$/);
  });

  it('process: by a name of which Linux keeps fifteen bytes, and no more characters', async () => {
    const program = join(folder, 'überwachungsdienst');
    copyFileSync('/bin/sleep', program);
    const child = spawn(program, ['60']);
    try {
      await once(child, 'spawn');
      assert.equal(await look({ kind: 'process', name: 'überwachungsdienst' }), `process ${child.pid}`);
    } finally {
      child.kill();
    }
  });

  it('a FIFO is no file, and holds no thread of the pool', { timeout: 10_000 }, async (t) => {
    const fifo = join(folder, 'fifo');
    execFileSync('mkfifo', [fifo]);
    t.after(() => execFileSync('sh', ['-c', ': 3<>"$1"', 'sh', fifo])); // frees a thread that waits for a writer
    const refused = `!${fifo} is not a regular file`;
    assert.equal(await look({ kind: 'file', path: fifo, contains: 'x' }), refused);
    assert.equal(await look({ kind: 'process', pidFile: fifo }), refused);
  });

  it('tcp: connects', async () => {
    const server = createTcp((socket) => socket.destroy()).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    assert.equal(await look({ kind: 'tcp', port }), 'well');
    server.close();
    await once(server, 'close');
    assert.match(await look({ kind: 'tcp', port }), /^!connect ECONNREFUSED 127\.0\.0\.1:\d+$/);
  });

  it('http: the status, the text, and a server that never answers', async () => {
    const server = createHttp((request, response) => {
      if (request.url === '/hang') return;
      response.statusCode = request.url === '/bad' ? 503 : 200;
      response.end(`well ${String(request.headers['x-probe'])}`);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const headers = { 'x-probe': 'yes' };
    assert.equal(await look({ kind: 'http', url: `${url}/`, contains: 'well yes', headers }), 'status 200');
    assert.equal(
      await look({ kind: 'http', url: `${url}/`, contains: 'ill' }),
      "!status 200, but the answer lacks 'ill'",
    );
    assert.equal(await look({ kind: 'http', url: `${url}/bad`, method: 'HEAD' }), '!status 503');
    assert.equal(await look({ kind: 'http', url: `${url}/bad`, status: [500, 599] }), 'status 503');
    assert.match(await look({ kind: 'http', url: `${url}/hang` }, 100), /^!.*abort/i);
    server.closeAllConnections();
    server.close();
    assert.match(await look({ kind: 'http', url }), /^!connect ECONNREFUSED/);
  });

  it('http: an answer that is no response, and a body that does not end', { timeout: 10_000 }, async () => {
    let answer = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n';
    const server = createTcp((socket) =>
      socket
        .on('error', () => undefined)
        .resume()
        .write(answer),
    );
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    assert.equal(await look({ kind: 'http', url }), '!the connection closed without a response');
    answer = 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nwell, ';
    assert.match(await look({ kind: 'http', url, contains: 'ill' }, 300), /^!.*abort/i);
    server.close();
  });

  it('http: a certificate that nobody vouches for, unless any is right', {
    skip: wants('program:openssl'),
  }, async () => {
    const [key, cert] = ['key.pem', 'cert.pem'].map((name) => join(folder, name)) as [string, string];
    const made = [
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:prime256v1',
      '-nodes',
      '-subj',
      '/CN=localhost',
    ];
    execFileSync('openssl', ['req', '-x509', ...made, '-keyout', key, '-out', cert], { stdio: 'ignore' });
    const credentials = { key: readFileSync(key), cert: readFileSync(cert) };
    const server = createHttps(credentials, (_, response) => response.end('well')).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    assert.match(await look({ kind: 'http', url }), /^!.*self-signed certificate/);
    assert.equal(await look({ kind: 'http', url, insecure: true, contains: 'well' }), 'status 200');
    server.close();
  });

  it('interface: up, with a link', async () => {
    const eth0 = needs.ifnet.byName('eth0')!;
    assert.equal(await look({ kind: 'interface', name: 'eth0' }), 'eth0 is up');
    world.lan.cut('host1:eth0');
    assert.equal(await look({ kind: 'interface', name: 'eth0' }), '!eth0 has no link');
    world.lan.mend('host1:eth0');
    eth0.setUp(false);
    assert.equal(await look({ kind: 'interface', name: 'eth0' }), '!eth0 is down');
    eth0.setUp(true);
    assert.equal(await look({ kind: 'interface', name: 'eth9' }), '!there is no interface eth9');
  });

  it('icmp: says why it cannot ask', async () => {
    assert.match(
      await look({ kind: 'icmp', to: '192.0.2.1' }),
      /^!192\.0\.2\.1 is in the network of no interface/,
    );
    assert.equal(await look({ kind: 'icmp', to: 'fd00::1', interface: 'eth0' }), '!eth0 has no IPv6 address');
    assert.equal(await look({ kind: 'icmp', to: '10.88.0.77' }, 50), '!10.88.0.77 does not answer');
  });

  it('icmp: asks from an address of the same network', async () => {
    const routed = await world.host(['192.0.2.1/24', '10.88.0.9/24']);
    const sources: string[] = [];
    using _peer = needs.ifnet.byName('eth0')!.openIp({
      family: 4,
      protocol: 1,
      input: ({ source }) => void sources.push(source.toString()),
      error: (error) => assert.fail(error),
    });
    const settings = { to: needs.ifnet.byName('eth0')!.addresses[0]!.prefix.address.toString() };
    const answered = probeIcmp(settings, new AbortController().signal, {
      ...needs,
      ifnet: routed.kernel.get(IfnetModule),
    });
    await world.clock.advance(10);
    await answered;
    assert.deepEqual(sources, ['10.88.0.9']);
  });

  it('pressure: the limit, or that the kernel lacks it', async () => {
    assert.match(
      await look({ kind: 'pressure', resource: 'cpu', limit: 100 }),
      /^(\d+(\.\d+)? %|!.*CONFIG_PSI)$/,
    );
  });

  it('module: a kind of which there can be one', () => {
    using _kind = needs.kinds.add('lamp', () => undefined);
    assert.throws(() => needs.kinds.add('lamp', () => undefined), { code: 'EEXIST' });
  });
});
