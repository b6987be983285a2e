/** The addresses of one virtual host at a provider, by themselves: what is known of them, and what of that is announced. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { VirtualClock } from '../../../core/index.js';
import { InetPrefix } from '../../../modules/ifnet/index.js';
import { ProvidedAddresses } from '../../../modules/vip/provider/provided.js';
import type { AddressProvider } from '../../../modules/vip/provider/provider.js';
import { AddressProviders } from '../../../modules/vip/provider/registry.js';

const [A, B] = ['10.88.0.100/24', '10.88.0.101/24'].map((text) => InetPrefix.parse(text)) as [
  InetPrefix,
  InetPrefix,
];
const log = { error: () => undefined, warning: () => undefined, limited: () => log } as never;

/** A provider, and virtual hosts that it serves. */
function world(provider: Partial<AddressProvider> = {}) {
  const clock = new VirtualClock();
  const providers = new AddressProviders(clock);
  const calls: string[] = [];
  const call =
    (what: string): AddressProvider['add'] =>
    async ({ name, addresses }) =>
      void calls.push(`${what} ${addresses.join(' ')} of ${name}`);
  providers.register('cloud', { add: call('add'), remove: call('remove'), ...provider });
  const host = (vhid: number): ProvidedAddresses =>
    new ProvidedAddresses(
      { name: `${vhid}@eth0`, protocol: 'carp', vhid, ifname: 'eth0' },
      'cloud',
      { clock, log, protocol: 'carp', providers },
      { report: () => undefined, placed: () => undefined },
    );
  return { clock, calls, host, settled: () => providers.settled() };
}

it('what is here is told to a successor only if it is known: not before a call, while one runs, or after it failed', async () => {
  const provider = { failure: '' };
  const { calls, host, settled } = world({
    add: async () => {
      if (provider.failure !== '') throw new Error(provider.failure);
    },
  });
  const addresses = host(1);
  assert.equal(addresses.capture(), null);
  addresses.set(true, [A]);
  assert.equal(addresses.capture(), null);
  await settled();
  assert.deepEqual(addresses.capture(), [String(A)]);
  provider.failure = 'no quota';
  addresses.set(true, [A, B]);
  await settled();
  assert.equal(addresses.capture(), null);
  addresses.set(false, [A, B]);
  await settled();
  assert.deepEqual([addresses.capture(), calls], [[], [`remove ${A} ${B} of 1@eth0`]]);
});

it('an address is announced while it is here for certain, if the provider puts it where that is of use', async () => {
  for (const announces of [true, false]) {
    const { host, settled } = world({ announces });
    const addresses = host(1);
    assert.equal(addresses.announces(A), false);
    addresses.set(true, [A]);
    assert.equal(addresses.announces(A), false);
    await settled();
    assert.deepEqual([addresses.announces(A), addresses.announces(B)], [announces, false]);
    addresses.set(true, [A, B]);
    assert.equal(addresses.announces(A), announces, 'while another is being added');
    await settled();
    assert.equal(addresses.announces(B), announces);
  }
});

it('they are checked every ten seconds unless the provider says otherwise', async () => {
  const checks: number[] = [];
  const { clock, host, settled } = world({ check: () => checks.push(clock.now()) > 0 });
  host(1).set(true, [A]);
  for (let second = 0; second < 25; second++) {
    await settled();
    clock.advanceSync(1000);
  }
  assert.deepEqual(checks, [10_000, 20_000]);
});

it('those of a virtual host that goes are removed, whoever else the provider serves', async () => {
  const { calls, host, settled } = world();
  const [one, two] = [host(1), host(2)];
  one.set(true, [A]);
  two.set(true, [B]);
  await settled();
  one[Symbol.dispose]();
  await settled();
  assert.deepEqual(calls.slice(2), [`remove ${A} of 1@eth0`]);
});

it('the last call for a virtual host that goes is made three times if it fails, a second apart', async () => {
  const removals: number[] = [];
  const { clock, host, settled } = world({
    remove: () => {
      removals.push(clock.now());
      throw new Error('no answer');
    },
  });
  const addresses = host(1);
  addresses.set(true, [A]);
  await settled();
  addresses[Symbol.dispose]();
  for (let step = 0; step < 20; step++) {
    await setImmediate();
    clock.advanceSync(500);
  }
  assert.deepEqual(removals, [0, 1000, 2000]);
});
