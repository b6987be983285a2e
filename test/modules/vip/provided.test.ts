/** The addresses of one virtual host at a provider, by themselves: what is known of them, what is announced, and what reported. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { ProvidedAddresses } from '../../../modules/vip/provider/provided.js';
import { A, B, slow, world } from './support/provided.js';

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

it('what failed to be removed may be gone all the same: it is added when it is wanted again', async () => {
  const provider = { failure: '' };
  const { calls, host, settled } = world({
    remove: async () => {
      if (provider.failure !== '') throw new Error(provider.failure);
    },
  });
  const addresses = host(1);
  addresses.set(true, [A]);
  await settled();
  provider.failure = 'no answer';
  addresses.set(false, [A]);
  await settled();
  assert.equal(addresses.capture(), null);
  addresses.set(true, [A]);
  await settled();
  assert.deepEqual(calls, [`add ${A} of 1@eth0`, `add ${A} of 1@eth0`]);
});

it('after the first removal it is known that nothing is here', async () => {
  const { host, settled } = world();
  const addresses = host(1);
  addresses.set(false, [A]);
  await settled();
  assert.deepEqual(addresses.capture(), []);
});

it('what stays while others are removed is known to be here, and is not added again', async () => {
  const { calls, host, settled } = world();
  const addresses = host(1);
  addresses.set(true, [A, B]);
  await settled();
  addresses.set(true, [B]);
  await settled();
  assert.deepEqual(calls, [`add ${A} ${B} of 1@eth0`, `remove ${A} of 1@eth0`]);
  assert.deepEqual(addresses.capture(), [String(B)]);
});

it('a check under way makes nothing unknown: a successor need not add again', async () => {
  const { ended, end } = slow();
  const { host, settled } = world({ check: () => ended.then(() => true) });
  const addresses = host(1);
  addresses.set(true, [A]);
  await settled();
  addresses.set(true, [A]);
  assert.deepEqual(addresses.capture(), [String(A)]);
  end();
});

it('what a predecessor has left is checked at once: its own check may have been due', async () => {
  const { calls, host, settled } = world({ check: () => false });
  const addresses = host(1);
  addresses.adopt([String(A)]);
  addresses.set(true, [A]);
  await settled();
  assert.deepEqual(calls, [`add ${A} of 1@eth0`]);
});

it('what was just added is not checked at once: the provider may take a moment to show it', async () => {
  let checks = 0;
  const { host, settled } = world({ check: () => ++checks > 0 });
  const addresses = host(1);
  addresses.set(true, [A]);
  await settled();
  addresses.set(true, [A, B]);
  await settled();
  assert.equal(checks, 0);
});

it('an address that was added is announced, unless another host goes on or this one has gone', async () => {
  for (const [leave, expected] of [
    [undefined, ['placed', 'serves']],
    [(addresses: ProvidedAddresses) => addresses.give(), []],
    [(addresses: ProvidedAddresses) => addresses[Symbol.dispose](), []],
  ] as const) {
    const { host, reports, settled } = world();
    const addresses = host(1);
    addresses.set(true, [A]);
    leave?.(addresses);
    await settled();
    assert.deepEqual(reports, expected);
  }
});

it('a provider that nobody has registered is missed by a MASTER alone', async () => {
  const { registration, cloud, providers, reports, logged, host, settled } = world();
  registration[Symbol.dispose]();
  const addresses = host(1);
  addresses.set(false, [A]);
  await settled();
  assert.deepEqual([reports, logged], [[], []]);
  addresses.set(true, [A]);
  await settled();
  const missing = 'provider cloud: no module has registered it; there are: netlink, macvlan, none';
  assert.deepEqual([reports, logged], [[missing], [`1@eth0: ${missing}`]]);
  providers.register('cloud', cloud);
  await settled();
  assert.deepEqual(reports.slice(1), ['placed', 'serves']);
});

it('a provider that comes before anything is wanted is asked for nothing', async () => {
  const { registration, cloud, providers, calls, logged, host, settled } = world();
  registration[Symbol.dispose]();
  host(1);
  providers.register('cloud', cloud);
  await settled();
  assert.deepEqual([calls, logged], [[], []]);
});

it('that the addresses of a BACKUP are gone does not show that its provider could add them', async () => {
  const { reports, host, settled } = world({
    add: () => {
      throw 'no quota';
    },
  });
  const addresses = host(1);
  addresses.set(true, [A]);
  await settled();
  addresses.set(false, [A]);
  await settled();
  assert.deepEqual(reports, ['provider cloud: no quota']);
});

it('a MASTER whose provider has no check reports once that it serves', async () => {
  const { reports, host, pass } = world();
  host(1).set(true, [A]);
  await pass(30_000);
  assert.deepEqual(reports, ['placed', 'serves']);
});

it('an error of the virtual host is logged, and its addresses are followed on', async () => {
  const { calls, logged, reports, host, settled } = world();
  reports.push = () => {
    throw new Error('no such vhid');
  };
  const addresses = host(1);
  addresses.set(true, [A]);
  await settled();
  addresses.set(false, [A]);
  await settled();
  assert.deepEqual(calls.at(-1), `remove ${A} of 1@eth0`);
  assert.match(logged.join('\n'), /1@eth0: provider: Error: no such vhid/);
});
