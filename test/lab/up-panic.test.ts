/** What a module beside CARP throws: what a handler throws costs nothing; where nobody catches it, the kernel hands over before it ends. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { needs } from '../support/needs.js';
import { Laboratory } from './support/index.js';
import { UpHost, upPair } from './support/up-host.js';

const skip = needs('root', 'netns', 'native', 'program:ip');

/** A module as its author must not write it: a timer of Node's own, a promise that nobody awaits. */
const MODULES: Readonly<Record<string, string>> = {
  'throws in a timer of its own': "setTimeout(() => { throw new Error('boom'); }, 1500);",
  'rejects a promise that nobody awaits': "setTimeout(() => void Promise.reject(new Error('boom')), 1500);",
  'throws again and again, and does not end': `setTimeout(() => setInterval(() => { throw new Error('boom'); }, 5), 1500);
    this.stop = () => new Promise(() => undefined);`,
};

for (const [name, body] of Object.entries(MODULES)) {
  test(`a module that ${name}: the address goes to the peer, the process ends`, { skip }, async (t) => {
    const lab = Laboratory.open(t);
    const [a, b] = await upPair(lab, t);
    const file = join(a.folder, 'careless.mjs');
    writeFileSync(
      file,
      `import { Module } from '${import.meta.resolve('../../core/index.js')}';
class Careless { constructor() { ${body} } }
export default Module({ name: 'careless' })(Careless) ?? Careless;
`,
    );
    const loaded = await a.carpet('kldload', file);
    assert.equal(loaded.code, 0, loaded.text);
    const panic = await a.program.waitForLine(/panic: boom/, 5000);
    const { time } = await b.reaches('MASTER', 5000);
    const { code, time: ended } = await a.program.exited;
    assert.equal(code, 2, a.program.text);
    assert.ok(time - panic.time < 1500, `the peer took over ${time - panic.time} ms after the panic`);
    assert.ok(ended - panic.time < 3500, `ended ${ended - panic.time} ms after the panic`);
    assert.ok(b.holds && !a.holds);
  });
}

/** A module that is loaded from a file, with what its class does. */
function moduleFile(folder: string, name: string, body: string): string {
  const file = join(folder, `${name}.mjs`);
  writeFileSync(
    file,
    `import { EventHandler, Module } from '${import.meta.resolve('../../core/index.js')}';
class Faulty { ${body} }
for (const [key, event] of Object.entries({ onState: 'carp_state_event', onFinal: 'shutdown_final' }))
  if (key in Faulty.prototype) EventHandler(event)(Faulty.prototype, key, {});
export default Module({ name: '${name}' })(Faulty) ?? Faulty;
`,
  );
  return file;
}

test('a handler of carp_state_event that rejects while the host is MASTER leaves it MASTER', {
  skip,
}, async (t) => {
  const lab = Laboratory.open(t);
  const host = new UpHost(lab.host('a', { addresses: ['10.88.0.1/24'], ipv6: false }), 0, t);
  const body = `async onState(_vhid, { to }) {
  if (to !== 'MASTER') return;
  await new Promise((resolve) => setTimeout(resolve, 1500));
  throw new Error('webhook is down');
}`;
  await host.start(`  ${moduleFile(host.folder, 'webhook', body)}: {}\n`);
  await host.reaches('MASTER', 8000);
  await host.program.waitForLine(/webhook\.onState .* failed: webhook is down/, 5000);
  const { code } = await host.carpet('kldstat');
  assert.equal(code, 0, 'it answers');
  assert.ok(host.program.running && host.holds);
  assert.equal(host.transitions, 2, 'INIT -> BACKUP -> MASTER');
});

test('a handler that throws at the shutdown keeps no module from its end: the peer takes over', {
  skip,
}, async (t) => {
  const lab = Laboratory.open(t);
  const [a, b] = await upPair(lab, t);
  const body = `onFinal() { throw new Error('no good-bye'); } stop() { console.log('faulty has stopped'); }`;
  const loaded = await a.carpet('kldload', moduleFile(a.folder, 'faulty', body));
  assert.equal(loaded.code, 0, loaded.text);
  const { code } = await a.program.end('SIGTERM', 10_000);
  assert.match(a.program.text, /faulty\.onFinal .* failed: no good-bye/);
  assert.match(a.program.text, /faulty has stopped/);
  assert.equal(code, 0, a.program.text);
  await b.reaches('MASTER', 3000);
  assert.ok(b.holds && !a.holds);
});
