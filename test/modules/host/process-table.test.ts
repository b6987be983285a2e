import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { EventHandlerRegistry } from '../../../core/index.js';
import '../../../modules/host/events.js';
import { ProcessTable } from '../../../modules/host/process-table.js';

function bench() {
  const eventhandler = new EventHandlerRegistry();
  const heard: string[] = [];
  for (const name of ['process_fork', 'process_exec'] as const) {
    eventhandler.register(name, (child) => void heard.push(`${name} ${child.pid} ${child.name}`));
  }
  eventhandler.register('process_exit', (child, { code, signal }) => {
    heard.push(`process_exit ${child.pid} ${child.args.slice(1).join(' ')}: ${code ?? signal}`);
  });
  return { eventhandler, heard };
}

test('children are told of from start to end, with how they ended', async () => {
  const { eventhandler, heard } = bench();
  using table = new ProcessTable(eventhandler);
  const ends = spawn(process.execPath, ['-e', 'process.exit(3)']);
  await once(ends, 'exit');
  const killed = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
  await once(killed, 'spawn');
  assert.deepEqual(table.list(), [
    { pid: killed.pid, name: 'node', args: [process.execPath, '-e', 'setInterval(() => {}, 1000)'] },
  ]);
  killed.kill('SIGKILL');
  await once(killed, 'exit');
  assert.deepEqual(heard, [
    `process_fork ${ends.pid} node`,
    `process_exec ${ends.pid} node`,
    `process_exit ${ends.pid} -e process.exit(3): 3`,
    `process_fork ${killed.pid} node`,
    `process_exec ${killed.pid} node`,
    `process_exit ${killed.pid} -e setInterval(() => {}, 1000): SIGKILL`,
  ]);
  assert.deepEqual(table.list(), []);
});

test('what could not be started is no child', async () => {
  const { eventhandler, heard } = bench();
  using table = new ProcessTable(eventhandler);
  const [error] = await once(spawn('/nonexistent/program'), 'error');
  assert.equal(error.code, 'ENOENT');
  assert.throws(() => spawn('/bin/sh', { cwd: '\0' } as never));
  await new Promise(setImmediate);
  assert.deepEqual([heard, table.list()], [[], []]);
});

test('a disposed table has let go of the living children', async () => {
  const { eventhandler, heard } = bench();
  const table = new ProcessTable(eventhandler);
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
  await once(child, 'spawn');
  const late = spawn(process.execPath, ['-e', '0']);
  table[Symbol.dispose]();
  assert.equal(child.listenerCount('exit'), 0);
  child.kill();
  await Promise.all([once(child, 'exit'), once(late, 'exit')]);
  assert.equal(heard.length, 2);
  execFileSync(process.execPath, ['-e', '0']);
});
