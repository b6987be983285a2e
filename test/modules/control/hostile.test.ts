/** What strangers do to the control socket, and what it costs. */
import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { promisify } from 'node:util';
import { needs } from '../../support/needs.js';
import { ControlledKernel } from './support/server.js';

const run = promisify(execFile);

/** Everything that comes back until the server closes, or for `ms`. */
function exchange(path: string, bytes: string | Buffer, ms = 3000): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(path);
    let received = '';
    socket.setEncoding('latin1').on('data', (chunk: string) => (received += chunk));
    socket.once('error', () => undefined);
    socket.once('close', () => resolve(received));
    socket.write(bytes);
    setTimeout(() => socket.destroy(), ms).unref();
  });
}

const status = (answer: string): string => answer.split('\r\n', 1)[0]!;

describe('the control socket is hostile ground', { skip: needs('native') }, () => {
  it('refuses what is no request, and goes on', async () => {
    await using kernel = await ControlledKernel.start();
    const { socket } = kernel;
    const garbage = [
      'GARBAGE\r\n\r\n',
      'GET\r\n\r\n',
      `GET /${'x'.repeat(20_000)} HTTP/1.1\r\nHost: c\r\n\r\n`,
      `GET /v1 HTTP/1.1\r\nHost: c\r\n${'X: y\r\n'.repeat(5000)}\r\n`,
      'POST /v1/kldload HTTP/1.1\r\nHost: c\r\nContent-Length: 99999999999\r\nContent-Type: application/json\r\n\r\n',
      'POST /v1/kldload HTTP/1.1\r\nHost: c\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n',
      Buffer.from(Array.from({ length: 4096 }, (_, i) => (i * 31) % 256)),
    ];
    for (const bytes of garbage) {
      const line = status(await exchange(socket, bytes, 1500));
      assert.ok(line === '' || /^HTTP\/1\.1 4\d\d/.test(line), `${line} for ${String(bytes).slice(0, 40)}`);
    }
    assert.equal((await kernel.ask('/v1')).status, 200);
  });

  it('answers in a thread that lets the kernel go first', async () => {
    await using kernel = await ControlledKernel.start();
    const before = new Set(readdirSync('/proc/self/task'));
    await kernel.ask('/v1');
    const niceness = (task: string): number =>
      Number(readFileSync(`/proc/self/task/${task}/stat`, 'utf8').split(') ')[1]!.split(' ')[16]);
    const started = readdirSync('/proc/self/task').filter((task) => !before.has(task));
    assert.ok(started.map(niceness).includes(5), `nice ${started.map(niceness).join(', ')}`);
    assert.equal(niceness(String(process.pid)), 0);
  });

  it('refuses paths, bodies and types that lead nowhere', async () => {
    await using kernel = await ControlledKernel.start();
    for (const path of [
      '/',
      '/v1/..',
      '/v1/kldstat/',
      '//v1/kldstat',
      '/v2/kldstat',
      '/v1/sysctl.set',
      '/v1/__proto__',
    ])
      assert.equal((await kernel.ask(path)).status, 404, path);
    const load = (body: string, type = 'application/json') =>
      kernel.ask('/v1/kldload', { body, headers: { 'content-type': type } });
    assert.equal((await load('{')).status, 400);
    assert.equal((await load('{}', 'text/plain')).status, 415);
    assert.equal((await load('[]')).status, 400);
    assert.equal((await load('{"module":"x","__proto__":{"a":1}}')).status, 400);
    assert.equal((await load(`{"module":"${'x'.repeat(1024 * 1024)}"}`)).status, 413);
    assert.equal((await kernel.ask('/v1/kldload?module=x', { body: {} })).status, 400);
    assert.equal((await kernel.ask('/v1/sysctl?__proto__=1&constructor=2')).status, 400);
  });

  it('lets an unprivileged user look, and change nothing', {
    skip: needs('root', 'program:setpriv'),
  }, async () => {
    await using kernel = await ControlledKernel.start({}, { group: '12345' });
    chmodSync(kernel.folder, 0o755);
    // What a stranger could do who gets at the control socket all the same: the peer's credentials still say no.
    chmodSync(kernel.socket, 0o666);
    const script = join(kernel.folder, 'ask.mjs');
    writeFileSync(
      script,
      `import { request } from 'node:http';
       const [socketPath, method, path] = process.argv.slice(2);
       request({ socketPath, method, path }, (r) => { console.log(r.statusCode); r.resume(); }).on('error', (e) => console.log(e.code)).end();`,
    );
    const ask = async (groups: string, ...args: string[]): Promise<string> => {
      const user = ['--reuid=65534', '--regid=65534', groups];
      const { stdout } = await run('setpriv', [...user, process.execPath, script, ...args]);
      return stdout.trim();
    };
    assert.equal(await ask('--clear-groups', kernel.socket, 'POST', '/v1/kldunload'), '403');
    assert.equal(await ask('--clear-groups', kernel.readSocket, 'POST', '/v1/kldunload'), '403');
    assert.equal(await ask('--clear-groups', kernel.readSocket, 'GET', '/v1'), '200');
    // A member of the socket's group may change something: here one without input, which the verb refuses.
    assert.equal(await ask('--groups=12345', kernel.socket, 'POST', '/v1/kldunload'), '400');
    assert.equal(await ask('--groups=12345', kernel.readSocket, 'POST', '/v1/kldunload'), '403');
  });

  it('lets members of the group of a kernel that is not root change something', {
    skip: needs('root'),
  }, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'carpet-control-'));
    try {
      chownSync(folder, 65534, 65534);
      const script = join(folder, 'open.mjs');
      const { href: modules } = new URL('../../../modules/', import.meta.url);
      // What it needs is loaded first: the folder of this program may be root's alone.
      writeFileSync(
        script,
        `import { statSync } from 'node:fs';
         import { ControlSocket } from '${modules}control/socket.js';
         import { Libc } from '${modules}libc/index.js';
         Libc.load();
         process.setgroups(process.argv.slice(2).map(Number));
         process.setgid(65534);
         process.setuid(65534);
         const path = ${JSON.stringify(join(folder, 'control.sock'))};
         const socket = await ControlSocket.open(path, { writes: true, group: 12345 });
         const { mode, gid } = statSync(path);
         console.log((mode & 0o777).toString(8), gid);
         socket[Symbol.dispose]();`,
      );
      const opened = async (...groups: string[]): Promise<string> =>
        (await run(process.execPath, [script, ...groups])).stdout.trim();
      assert.equal(await opened('12345'), '660 12345');
      assert.equal(await opened(), '600 65534');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('holds a thousand connections, of one user who is not root only some, and gives each back', async () => {
    await using kernel = await ControlledKernel.start();
    const sockets: Socket[] = [];
    let closed = 0;
    for (let i = 0; i < 1100; i++) {
      const socket = connect(kernel.socket);
      socket.on('error', () => undefined);
      socket.on('close', () => closed++);
      sockets.push(socket);
    }
    const limit = process.getuid?.() === 0 ? 100 : 1036;
    for (const end = performance.now() + 10_000; closed < limit && performance.now() < end; )
      await new Promise((r) => setTimeout(r, 20));
    assert.ok(closed >= limit, `${closed} of 1100 refused`);
    for (const socket of sockets) socket.destroy();
    for (const end = performance.now() + 10_000; performance.now() < end; ) {
      const answer = await kernel.ask('/v1').catch(() => undefined);
      if (answer?.status === 200) return;
      await new Promise((r) => setTimeout(r, 20));
    }
    assert.fail('nobody is served any more');
  });

  it('cuts off who asks on and on and reads no answer', { timeout: 30_000 }, async () => {
    await using kernel = await ControlledKernel.start();
    // As many as carpet up has.
    for (let i = 0; i < 32; i++)
      kernel.kernel.verbs.register({
        name: `look.n${i}`,
        summary: 'look at one of many things. '.repeat(40),
        access: 'read',
        run: () => i,
      });
    const asking = 'GET /v1/openapi.json HTTP/1.1\r\nHost: c\r\n\r\n'.repeat(1600);
    const flood = ['/v1', '/v1/openapi.json'].flatMap((path) => [
      asking.replaceAll('/v1/openapi.json', path),
      asking,
    ]);
    const clients = flood.map((text) => {
      const socket = connect(kernel.socket).pause();
      const closed = new Promise((resolve) => socket.once('close', resolve));
      socket.on('error', () => undefined).write(text);
      return { socket, closed };
    });
    assert.equal((await kernel.ask('/v1')).status, 200);
    for (const { socket, closed } of clients) {
      let answers = 0;
      socket
        .setEncoding('latin1')
        .on('data', (chunk: string) => (answers += chunk.split(' 200 OK').length - 1));
      socket.resume();
      await closed;
      assert.ok(answers <= 8, `${answers} answers`);
    }
    assert.deepEqual(
      kernel.log.filter((line) => /failed/.test(line)),
      [],
    );
  });

  it('cuts off the user for whom most waits that is not read, and answers the others', {
    timeout: 60_000,
  }, async () => {
    await using kernel = await ControlledKernel.start();
    let asked = 0;
    const text = 'x'.repeat(1_000_000);
    const verb = { summary: 'look at much', access: 'read' } as const;
    kernel.kernel.verbs.register({ name: 'much', ...verb, run: () => ({ asked: ++asked, text }) });
    const clients: Socket[] = [];
    for (let i = 0; i < 48; i++) {
      const socket = connect(kernel.socket).pause();
      socket.on('error', () => undefined).write('GET /v1/much HTTP/1.1\r\nHost: c\r\n\r\n'.repeat(8));
      clients.push(socket);
      const before = asked;
      while (asked === before && kernel.log.length < 2) await new Promise((r) => setTimeout(r, 10));
    }
    const answer = await kernel.ask('/v1/much');
    assert.equal(answer.status, 200);
    assert.ok(answer.body.length > text.length);
    assert.match(kernel.log.join('\n'), /cut off a client of user \d+: this user has not read 1\d\.\d MiB/);
    assert.ok(!kernel.log.some((line) => line.includes('failed')), kernel.log.join('\n'));
    for (const socket of clients) socket.destroy();
  });

  it('says once what is asked for again and again in one request', async () => {
    await using kernel = await ControlledKernel.start();
    for (const name of ['kern.hostile.a', 'kern.hostile.b'])
      kernel.kernel.sysctl.int(name, { description: 'a test', value: 1 });
    kernel.kernel.eventhandler.register('kld_load', () => undefined);
    const query = (name: string, ...values: string[]): string =>
      values.map((value) => `${name}=${value}`.concat('&').repeat(100)).join('');
    const asked = query('names', 'kern.hostile.b', 'kern.hostile', 'kern');
    const { json } = await kernel.ask(`/v1/sysctl?${asked}`);
    const names = (json as { name: string }[]).map(({ name }) => name);
    assert.deepEqual(names.slice(0, 2), ['kern.hostile.b', 'kern.hostile.a'], 'in the order of the request');
    assert.equal(new Set(names).size, names.length);
    const lists = await kernel.ask(`/v1/eventhandler?${query('lists', 'kld_load')}`);
    assert.equal((lists.json as unknown[]).length, 1);
  });

  it('refuses an answer that would end the process', { timeout: 60_000 }, async () => {
    await using kernel = await ControlledKernel.start();
    const verb = { name: 'huge', summary: 'look at too much', access: 'read' } as const;
    kernel.kernel.verbs.register({ ...verb, run: () => 'x'.repeat(20 * 2 ** 20) });
    const { status, json } = await kernel.ask('/v1/huge');
    assert.equal(status, 500);
    assert.match((json as { detail: string }).detail, /^the answer has 20\.0 MiB, and 16\.0 at most fit/);
    assert.equal((await kernel.ask('/v1')).status, 200);
  });

  it('answers what a client asks before it has read', async () => {
    await using kernel = await ControlledKernel.start();
    const text = await exchange(kernel.socket, 'GET /v1/kldstat HTTP/1.1\r\nHost: c\r\n\r\n'.repeat(8), 1500);
    assert.equal(text.match(/HTTP\/1\.1 200/g)?.length, 8);
  });

  it('ends a request that never ends', { timeout: 20_000 }, async () => {
    await using kernel = await ControlledKernel.start();
    const began = performance.now();
    const answer = await exchange(kernel.socket, 'GET /v1 HTTP/1.1\r\nHost', 15_000);
    assert.match(status(answer), /^HTTP\/1\.1 40[08]|^$/);
    assert.ok(performance.now() - began < 12_000);
  });

  it('takes the place of a socket that a dead process left, and of nothing else', async () => {
    const first = await ControlledKernel.start();
    const settings = { socket: first.socket, readSocket: false };
    await assert.rejects(ControlledKernel.start({}, settings), { code: 'EADDRINUSE' });
    assert.equal(statSync(first.socket).mode & 0o777, 0o600);
    await first[Symbol.asyncDispose]();
    assert.ok(!existsSync(first.socket));

    const folder = await ControlledKernel.start();
    const left = join(folder.folder, 'left.sock');
    const code = `require('net').createServer().listen(${JSON.stringify(left)}, () => process.kill(process.pid, 'SIGKILL'))`;
    spawnSync(process.execPath, ['-e', code]);
    assert.ok(existsSync(left));
    await using second = await ControlledKernel.start({}, { socket: left, readSocket: false });
    assert.equal((await second.ask('/v1', { socket: left })).status, 200);

    const file = join(folder.folder, 'file');
    writeFileSync(file, 'precious');
    await assert.rejects(ControlledKernel.start({}, { socket: file, readSocket: false }), { code: 'EEXIST' });
    await folder[Symbol.asyncDispose]();
  });
});
