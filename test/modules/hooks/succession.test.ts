/** An upgrade and a reload are no end: no hook is told STOP while the host goes on, and the last word is the successor's. */
import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { CarpModule } from '../../../modules/carp/index.js';
import { type HookMessage, HooksModule } from '../../../modules/hooks/index.js';
import { waitFor } from '../../lab/support/wait.js';
import { type Host, SHARED, World } from '../carp/support/world.js';

/** A hook that writes down what it is told, after `first`. */
async function hooked(t: TestContext, { kernel }: Host, first = ':') {
  const folder = mkdtempSync(join(tmpdir(), 'carpet-hooks-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const [script, out] = [join(folder, 'script'), join(folder, 'out')];
  writeFileSync(script, `#!/bin/sh\n${first}\ncat >> ${out}\n`);
  chmodSync(script, 0o755);
  const states = ['MASTER', 'BACKUP', 'STOP'] as const;
  await kernel.load(HooksModule, { hooks: { it: { form: 'json', command: [script], states: [...states] } } });
  const told = (): string[] => {
    const lines = existsSync(out) ? readFileSync(out, 'utf8').split('\n').slice(0, -1) : [];
    return lines.map((line) => {
      const { event, state } = JSON.parse(line) as HookMessage;
      return `${event} ${state}`;
    });
  };
  return { folder, told };
}

test('what runs and waits at an upgrade is not told after what the successor tells', async (t) => {
  await using world = new World();
  const host = await world.host();
  const vhid = host.create();
  const { folder, told } = await hooked(t, host, 'touch $0.begun; sleep 0.3');
  await waitFor('the first run', 5000, () => existsSync(join(folder, 'script.begun')));
  vhid.setState('INIT');
  vhid.setState('BACKUP');
  const hooks = host.kernel.get(HooksModule);
  assert.equal(hooks.list()[0]!.waiting, 1);
  host.kernel.succession.give();
  await waitFor('the end of the run', 5000, () => !hooks.list()[0]!.running);
  assert.deepEqual([told(), hooks.list()[0]!.waiting], [[], 0]);
});

test('a successor that ends before it is at work tells no hook of an end', async (t) => {
  await using world = new World();
  const host = await world.host(undefined, {}, { predecessor: {} });
  host.create();
  const { told } = await hooked(t, host);
  await host.kernel.shutdown();
  assert.deepEqual(told(), []);
});

for (const module of [HooksModule, CarpModule]) {
  test(`a reload of ${module.name} tells hooks of no end, but the present state again`, async (t) => {
    await using world = new World();
    const host = await world.host();
    await host.kernel.unload(CarpModule);
    const vhid = { ifname: 'eth0', vhid: 1, password: 'secret', addresses: [SHARED] };
    await host.kernel.load(CarpModule, { vhids: [vhid] });
    world.advance(5000);
    const { told } = await hooked(t, host);
    await waitFor('the first run', 5000, () => told().length === 1);
    await host.kernel.reload(module);
    await waitFor('the second run', 5000, () => told().length === 2);
    assert.deepEqual(told(), ['present MASTER', 'present MASTER']);
  });
}
