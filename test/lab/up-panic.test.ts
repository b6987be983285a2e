/** A kernel in which something throws where nobody catches it: it hands over before it ends. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { needs } from '../support/needs.js';
import { Laboratory } from './support/index.js';
import { upPair } from './support/up-host.js';

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
