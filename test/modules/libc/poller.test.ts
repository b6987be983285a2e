/**
 * Poller, at each thing that koffi.node.poll alone would not survive: an abort of the process, silence, or an error that
 * surfaces elsewhere. Each program runs in a process of its own, so that an abort is a failed test and not the end of all.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { needs } from '../../support/needs.js';

const skip = process.platform === 'linux' ? needs('native') : 'needs Linux';
const LIBC = new URL('../../../modules/libc/index.js', import.meta.url).href;

/** What every program begins with: two ends of a pipe, and a way to make one readable. */
const PRELUDE = `
  import { closeSync, openSync, readSync, writeSync } from 'node:fs';
  import { Libc, PipeMaker, Poller } from '${LIBC}';
  const libc = Libc.load();
  const pipes = new PipeMaker();
  const byte = Buffer.alloc(1);
  const code = (call) => { try { call(); return 'allowed'; } catch (error) { return error.code; } };
  // Also on a busy machine, where a timer may be due before the loop has looked at its descriptors.
  const turn = async () => {
    await new Promise((resolve) => setTimeout(resolve, 20));
    for (let i = 0; i < 3; i++) await new Promise(setImmediate);
  };
`;

/** Runs the program; what it printed, a line each. */
function run(program: string, ...flags: string[]): string[] {
  const args = [...flags, '--input-type=module', '-e', PRELUDE + program];
  const { status, signal, stdout, stderr } = spawnSync(process.execPath, args, {
    encoding: 'utf8',
    timeout: 30_000,
  });
  assert.equal(status, 0, `ended by ${signal ?? status}: ${stderr}`);
  return stdout.split('\n').slice(0, -1);
}

/** Name, program, what it prints. */
const CASES: readonly [string, string, string[]][] = [
  [
    'refuses a descriptor that is none, and a regular file, with an errno',
    `console.log(code(() => new Poller(libc, -1, () => {})));
     console.log(code(() => new Poller(libc, 999, () => {})));
     console.log(code(() => new Poller(libc, openSync('/etc/passwd', 'r'), () => {})));
     console.log(libc.descriptors);`,
    ['EBADF', 'EBADF', 'EPERM', '0'],
  ],
  [
    'watches a descriptor that is watched already, by another poller or by Node itself',
    `import { createServer, connect } from 'node:net';
     const { readEnd, writeEnd } = pipes.open();
     for (const name of ['first', 'second']) {
       const poller = new Poller(libc, readEnd, () => { console.log(name); poller[Symbol.dispose](); });
     }
     writeSync(writeEnd, 'x');
     await turn();
     const server = createServer((socket) => {
       const poller = new Poller(libc, socket._handle.fd, () => { poller[Symbol.dispose](); console.log('node'); });
       socket.on('end', () => console.log('end'));
       socket.resume();
     }).listen(0, '127.0.0.1', () => connect(server.address().port, '127.0.0.1').end('x'));
     await turn(); await turn();
     server.close();`,
    ['first', 'second', 'node', 'end'],
  ],
  [
    'goes on after an error that was pending on the descriptor',
    `import { AF_INET, SOCK_DGRAM, SOCK_NONBLOCK, inetAddress } from '${LIBC}';
     const address = (port) => { const a = inetAddress(Buffer.from([127, 0, 0, 1]), 0); a.writeUInt16BE(port, 2); return a; };
     const open = (from, to) => {
       const fd = libc.socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK);
       libc.bind(fd, address(from));
       libc.connect(fd, address(to));
       return fd;
     };
     const PORT = 20000 + process.pid % 20000;
     const fd = open(PORT, PORT + 1);
     const poller = new Poller(libc, fd, () => console.log(code(() => console.log(libc.recv(fd, byte)))));
     libc.send(fd, byte); // nobody is there: ICMP says so, and the error stays until it is read
     await turn();
     const peer = open(PORT + 1, PORT);
     libc.send(peer, byte);
     await turn();
     poller[Symbol.dispose]();`,
    ['ECONNREFUSED', '1', 'allowed'],
  ],
  [
    'makes an exception of its callback an uncaught one of the next turn',
    `const { readEnd, writeEnd } = pipes.open();
     process.on('uncaughtException', (error) => console.log('uncaught', error.message));
     const poller = new Poller(libc, readEnd, () => { readSync(readEnd, byte); throw new Error('mine'); });
     setTimeout(() => { console.log('timer'); poller[Symbol.dispose](); }, 500);
     writeSync(writeEnd, 'x');
     await turn();
     writeSync(writeEnd, 'x');`,
    ['uncaught mine', 'uncaught mine', 'timer'],
  ],
  [
    'is called again for what is left unread, rests when paused, and goes on',
    `const { readEnd, writeEnd } = pipes.open();
     let calls = 0;
     const poller = new Poller(libc, readEnd, () => ++calls >= 3 && poller.pause(true));
     writeSync(writeEnd, 'x');
     await turn();
     console.log(calls);
     poller.pause(true);
     poller.pause(false);
     await turn();
     console.log(calls);
     readSync(readEnd, byte);
     poller.pause(false);
     await turn();
     console.log(calls);
     poller[Symbol.dispose]();`,
    ['3', '4', '4'],
  ],
  [
    'can be disposed of twice, in its callback, after its descriptor; and be paused then',
    `const { readEnd, writeEnd } = pipes.open();
     const poller = new Poller(libc, readEnd, () => { console.log('ready'); poller[Symbol.dispose](); });
     writeSync(writeEnd, 'x');
     await turn();
     poller[Symbol.dispose]();
     poller.pause(true);
     poller.pause(false);
     await turn();
     const late = new Poller(libc, readEnd, () => console.log('never'));
     closeSync(readEnd);
     const again = pipes.open();
     console.log(again.readEnd === readEnd);
     const other = new Poller(libc, again.readEnd, () => { console.log('other'); other[Symbol.dispose](); });
     writeSync(again.writeEnd, 'x');
     await turn();
     late[Symbol.dispose]();
     console.log(libc.descriptors);`,
    ['ready', 'true', 'other', '0'],
  ],
  [
    'tells a hang-up where nothing else is asked for',
    `const { readEnd, writeEnd } = pipes.open();
     const poller = new Poller(libc, readEnd, () => { console.log('hung up'); poller[Symbol.dispose](); }, 0);
     writeSync(writeEnd, 'x');
     await turn();
     console.log('closing');
     closeSync(writeEnd);
     await turn();`,
    ['closing', 'hung up'],
  ],
  [
    'works in a worker thread',
    `import { Worker } from 'node:worker_threads';
     const { readEnd, writeEnd } = pipes.open();
     const worker = new Worker(\`
       import { parentPort } from 'node:worker_threads';
       import { Libc, Poller } from '${LIBC}';
       const poller = new Poller(Libc.load(), \${readEnd}, () => {
         poller[Symbol.dispose]();
         parentPort.postMessage('heard');
       });
       parentPort.postMessage('watching');\`, { eval: true });
     worker.on('message', (message) => {
       console.log(message);
       if (message === 'watching') writeSync(writeEnd, 'x');
     });`,
    ['watching', 'heard'],
  ],
];

for (const [name, program, printed] of CASES) {
  test(`a poller ${name}`, { skip }, () => assert.deepEqual(run(program), printed));
}

test('a poller that nobody refers to is not collected', { skip }, () => {
  const program = `
    const { readEnd, writeEnd } = pipes.open();
    let stop;
    (() => { const ref = new WeakRef(new Poller(libc, readEnd, () => { console.log('heard'); ref.deref()[Symbol.dispose](); })); })();
    for (let i = 0; i < 20; i++) { await turn(); gc(); }
    writeSync(writeEnd, 'x');
    await turn();`;
  assert.deepEqual(run(program, '--expose-gc'), ['heard']);
});

test('koffi has the poll handles that its documentation does not promise, in the minor version they were seen in', () => {
  const require = createRequire(import.meta.url);
  const koffi = require('koffi') as { node?: { poll?: unknown } };
  assert.equal(typeof koffi.node?.poll, 'function');
  const manifest = new URL('../../../../package.json', import.meta.url);
  const { dependencies } = JSON.parse(readFileSync(manifest, 'utf8')) as {
    dependencies: Record<string, string>;
  };
  assert.match(dependencies['koffi']!, /^~\d+\.\d+\.\d+$/);
});

test('what a callback has queued runs in the same turn, also when nothing else happens', { skip }, () => {
  const lines = run(`
    const { TimerFd } = await import('${LIBC}');
    const { readEnd, writeEnd } = pipes.open();
    const ran = [];
    const poller = new Poller(libc, readEnd, () => {
      readSync(readEnd, byte);
      poller[Symbol.dispose]();
      Promise.resolve().then(() => ran.push('promise'));
      process.nextTick(() => ran.push('tick'));
    });
    const timer = new TimerFd(libc, () => Promise.resolve().then(() => ran.push('timer')));
    timer.start(100);
    writeSync(writeEnd, 'x');
    setTimeout(() => console.log(ran.toSorted().join()), 500);`);
  assert.deepEqual(lines, ['promise,tick,timer']);
});
