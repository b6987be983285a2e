/** What an operator asks of a running kernel with CARP, as the control socket does it. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { World } from './support/world.js';

const call = { caller: {}, signal: new AbortController().signal };

async function pair() {
  const world = new World();
  const [a, b] = [await world.host(), await world.host()];
  a.create();
  b.create({ advskew: 100 });
  await world.clock.advance(6000);
  const ask = async (host: typeof a, verb: string, input?: unknown) =>
    host.kernel.verbs.invoke(verb, input, call);
  return { world, a, b, ask };
}

describe('the verbs of carp', () => {
  it('show the vhids, for programs and for people', async () => {
    const { world, a, b, ask } = await pair();
    await using _world = world;
    const [status] = (await ask(a, 'carp')) as { name: string; state: string }[];
    assert.deepEqual([status?.name, status?.state], ['1@eth0', 'MASTER']);
    const verb = a.kernel.verbs.find('carp');
    assert.equal(
      verb.text?.([status] as never),
      'VHID    STATE   ADVBASE  ADVSKEW  PREEMPT  MASTER HEARD  ADDRESSES\n' +
        '1@eth0  MASTER  1 s      0        no       -             10.88.0.100/24',
    );
    await world.clock.advance(400);
    const [backup] = (await ask(b, 'carp')) as { name: string; state: string }[];
    assert.match(
      verb.text?.([backup] as never) ?? '',
      /^1@eth0 +BACKUP +1 s +100 +no +10\.88\.0\.1 \(1 s, 0\) 0\.\d s ago +10\.88\.0\.100\/24$/m,
    );
  });

  it('hand over and take over', async () => {
    const { world, a, b, ask } = await pair();
    await using _world = world;
    assert.deepEqual(await ask(a, 'carp.state', { vhid: '1@eth0', state: 'backup' }), [
      { name: '1@eth0', state: 'BACKUP' },
    ]);
    await world.clock.advance(1000);
    assert.deepEqual(b.addresses().filter((text) => text.endsWith('.100/24')).length, 1);
    await ask(b, 'carp.state', { vhid: 'all', state: 'init' });
    await world.clock.advance(6000);
    assert.equal(a.carp.list()[0]?.state, 'MASTER');
    await assert.rejects(ask(a, 'carp.state', { vhid: '2@eth0', state: 'init' }), {
      code: 'ENOENT',
      message: 'there is no vhid 2@eth0; there are: 1@eth0',
    });
    await assert.rejects(ask(a, 'carp.state', { vhid: 'all', state: 'boss' }), { code: 'EINVAL' });
  });

  it('demote and promote', async () => {
    const { world, a, b, ask } = await pair();
    await using _world = world;
    assert.deepEqual(await ask(a, 'carp.demote', { delta: 240, reason: 'disk' }), { demotion: 240 });
    assert.match(a.log.map(({ message }) => message).join('\n'), /demoted by 240 to 240 \(disk\)/);
    assert.deepEqual(await ask(a, 'carp.demote', { delta: -240 }), { demotion: 0 });
    await assert.rejects(ask(b, 'carp.demote', { delta: 'abc' }), {
      code: 'EINVAL',
      message: 'carp.demote: delta: expected a number, not "abc"',
    });
  });

  it('go with the module', async () => {
    const { world, a } = await pair();
    await using _world = world;
    await a.kernel.unload('carp');
    assert.deepEqual(
      a.kernel.verbs.list().filter(({ name }) => name.startsWith('carp')),
      [],
    );
  });
});
