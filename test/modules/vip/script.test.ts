/** Programs as address providers: real ones, which note what they are called with. */
import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { SystemClock } from '../../../core/index.js';
import { CarpModule, checkVhidOptions } from '../../../modules/carp/index.js';
import { VipModule } from '../../../modules/vip/index.js';
import { VipScriptModule } from '../../../modules/vip-script/index.js';
import { ScriptProvider } from '../../../modules/vip-script/script.js';
import { SHARED, World } from '../carp/support/world.js';

const REQUEST = { name: '1@eth0', protocol: 'carp', vhid: 1, ifname: 'eth0', addresses: [SHARED] };
const SETTINGS = { user: undefined, timeout: 5000, check: 0, announce: false };
const { signal } = new AbortController();

class Folder implements Disposable {
  readonly path = mkdtempSync(join(tmpdir(), 'carpet-script-'));

  script(text: string): string {
    const file = join(this.path, 'script');
    writeFileSync(file, `#!/bin/sh\n${text}\n`);
    chmodSync(file, 0o755);
    return file;
  }

  read(name: string): string {
    return readFileSync(join(this.path, name), 'utf8');
  }

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true });
  }
}

it('gets what is to be done as its last argument, and the request as JSON on standard input', async () => {
  using folder = new Folder();
  const command = [folder.script(`echo "$@" >> ${folder.path}/args; cat >> ${folder.path}/input`), 'eu-1'];
  const provider = new ScriptProvider({ ...SETTINGS, command }, new SystemClock());
  await provider.add(REQUEST, signal);
  await provider.remove(REQUEST, signal);
  assert.equal(folder.read('args'), 'eu-1 add\neu-1 remove\n');
  const requests = folder
    .read('input')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);
  assert.deepEqual(requests, [
    { action: 'add', ...REQUEST },
    { action: 'remove', ...REQUEST },
  ]);
});

it('says by its exit status whether the addresses are there; another one is a failure with its last line', async () => {
  using folder = new Folder();
  const command = folder.script(
    `[ "$1" = check ] && exit $(cat ${folder.path}/status); echo no quota; exit 7`,
  );
  const provider = new ScriptProvider({ ...SETTINGS, command: [command], check: 1000 }, new SystemClock());
  for (const [status, here] of [
    [0, true],
    [1, false],
  ] as const) {
    writeFileSync(join(folder.path, 'status'), String(status));
    assert.equal(await provider.check?.(REQUEST, signal), here);
  }
  writeFileSync(join(folder.path, 'status'), '2');
  await assert.rejects(async () => provider.check?.(REQUEST, signal), {
    code: 'ESCRIPT',
    message: 'exit status 2',
  });
  await assert.rejects(provider.add(REQUEST, signal), { message: 'exit status 7: no quota' });
});

it('is ended at its limit', async () => {
  const provider = new ScriptProvider({ ...SETTINGS, command: 'sleep 60', timeout: 50 }, new SystemClock());
  await assert.rejects(provider.add(REQUEST, signal), { message: 'runs for more than 50 ms' });
});

it('the module registers its programs by name, follows its settings, and has them remove their addresses at its end', async () => {
  using folder = new Folder();
  await using world = new World();
  const host = await world.host();
  const note = (name: string) => ({ command: `echo ${name} $1 >> ${folder.path}/calls`, timeout: 5000 });
  const { kernel } = host;
  await kernel.load(VipScriptModule, { providers: { one: note('one'), two: note('two') } });
  const { providers } = kernel.get(VipModule);
  assert.deepEqual(providers.names.slice(3), ['one', 'two']);
  host.create({ provider: 'one' });
  for (let second = 0; second < 5; second++) {
    world.advance(1000);
    await providers.settled();
  }
  await kernel.reconfigure('vip-script', { providers: { one: { ...note('new') } } });
  assert.deepEqual(providers.names.slice(3), ['one']);
  await kernel.unload('vip-script');
  assert.deepEqual(folder.read('calls').trim().split('\n'), ['one remove', 'one add', 'new remove']);
  assert.deepEqual(providers.names.slice(3), []);
});

it('a reload of the module, or of one below it, leaves the addresses where they are', async () => {
  using folder = new Folder();
  await using world = new World();
  const { kernel } = await world.host();
  await kernel.unload(CarpModule);
  const vhid = { ifname: 'eth0', vhid: 1, password: 'secret', addresses: [SHARED], provider: 'one' };
  await kernel.load(CarpModule, { vhids: [vhid] });
  const one = { command: `echo $1 >> ${folder.path}/calls`, timeout: 5000, check: 1000 };
  await kernel.load(VipScriptModule, { providers: { one } });
  const pass = async (): Promise<void> => {
    for (let second = 0; second < 5; second++) {
      world.advance(1000);
      await kernel.get(VipModule).providers.settled();
    }
  };
  await pass();
  for (const module of [VipScriptModule, CarpModule, VipModule]) {
    await kernel.reload(module);
    await pass();
    assert.equal(kernel.get(CarpModule).list()[0]!.state, 'MASTER', module.name);
  }
  const calls = folder.read('calls').trim().split('\n');
  assert.deepEqual(
    calls.filter((call) => call !== 'check'),
    ['add'],
  );
  assert.ok(calls.lastIndexOf('check') > calls.indexOf('add'));
});

it('a name that cannot be one is refused with the settings', () => {
  const options = { ifname: 'eth0', vhid: 1, password: '', addresses: [SHARED], provider: 'a b' };
  assert.throws(() => checkVhidOptions(options), { message: /provider is not a name of letters, digits/ });
});
