/**
 * What the thread that watches may do to the kernel: each kernel is a process of its own, since one that is not let go
 * would hold this test up as well.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';

const url = (path: string): string => JSON.stringify(new URL(`../../../${path}`, import.meta.url).href);

/** How long the kernel computes; it ends with this on stdout. */
const STALL_MS = 1_500;

/**
 * A kernel that computes in a handler, while a thread of it takes one look.
 * @param still what the thread does when the kernel is stopped, in JavaScript
 * @param name the handler's name, in JavaScript
 */
function look(still: string, name = "'spin'"): { status: number | null; lines: string[]; stderr: string } {
  const thread = `
    const { Session } = await import('node:inspector');
    const { parentPort } = await import('node:worker_threads');
    const { Look } = await import(${url('modules/softlockup/watcher/look.js')});
    parentPort.on('message', () => undefined);
    process.on('uncaughtException', ({ message }) => parentPort.postMessage('failed: ' + message));
    setTimeout(() => {
      const look = new Look(() => { ${still} }, ({ dispatch }) => parentPort.postMessage(dispatch?.handler ?? 'nothing'));
    }, 300);
    parentPort.postMessage('up');
  `;
  const kernel = `
    import { once } from 'node:events';
    import { Worker } from 'node:worker_threads';
    const { EventHandlerRegistry } = await import(${url('core/eventhandler/index.js')});
    let computing = false;
    const spin = () => {
      computing = true;
      const end = performance.now() + ${STALL_MS};
      while (performance.now() < end);
      computing = false;
    };
    Object.defineProperty(spin, 'name', { get: () => ${name} });
    const registry = new EventHandlerRegistry();
    registry.register('stall_event', spin);
    const worker = new Worker(${JSON.stringify(`(async () => {${thread}})()`)}, { eval: true });
    worker.on('error', ({ code }) => console.log(code));
    worker.on('exit', (code) => console.log('exit', code));
    await once(worker, 'message');
    worker.on('message', (text) => console.log(text));
    registry.invoke('stall_event');
    setTimeout(() => process.exit(), 500);
  `;
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', kernel], {
    encoding: 'utf8',
    timeout: 20_000,
  });
  return { status, lines: stdout.split('\n').filter((line) => line !== ''), stderr };
}

test('a look that is ended while the kernel answers lets it go, and is no failure of the thread', () => {
  const ended = look('queueMicrotask(() => look.end()); return true;');
  assert.deepEqual(ended, { status: 0, lines: [], stderr: '' });
});

test('a kernel that another session lets go is looked at again', () => {
  const early = look(`
    if (globalThis.other !== undefined) return true;
    globalThis.other = new Session();
    other.connectToMainThread();
    other.post('Debugger.enable');
    other.post('Debugger.resume');
    other.disconnect();
    const end = performance.now() + 100;
    while (performance.now() < end);
    return true;
  `);
  assert.deepEqual(early, { status: 0, lines: ['spin'], stderr: '' });
});

test('a name that loops is not waited for', () => {
  const named = look('return true;');
  assert.deepEqual(named, { status: 0, lines: ['spin'], stderr: '' });
  const looping = look('return true;', "{ while (computing); return 'spin'; }");
  assert.deepEqual(looping, { status: 0, lines: ['nothing'], stderr: '' });
});

test('a thread that ends or fails while the kernel is stopped lets it go', () => {
  const left = look('process.exit(3);');
  assert.deepEqual(left, { status: 0, lines: ['exit 3'], stderr: '' });
  const failed = look("throw new Error('boom');");
  assert.deepEqual(failed, { status: 0, lines: ['failed: boom'], stderr: '' });
});
