/** The providers of a kernel by their names: which there can be, which is found, and how long its calls may take. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { VirtualClock } from '../../../core/index.js';
import { type AddressProvider, isLocal, putsInPlace } from '../../../modules/vip/provider/provider.js';
import { AddressProviders } from '../../../modules/vip/provider/registry.js';
import { A, world } from './support/provided.js';

const provider = (): AddressProvider => ({ add: () => undefined, remove: () => undefined });

it('a name has one provider, and those that come with carpet keep theirs', () => {
  const providers = new AddressProviders(new VirtualClock());
  providers.register('cloud', provider());
  for (const name of ['cloud', 'netlink', 'macvlan', 'none'])
    assert.throws(() => providers.register(name, provider()), {
      code: 'EEXIST',
      message: `vip: there is an address provider ${name} already`,
    });
});

it('what ends twice does not end the provider that has come under its name meanwhile', async () => {
  const providers = new AddressProviders(new VirtualClock());
  const former = providers.register('cloud', provider());
  await former.end();
  const present = provider();
  providers.register('cloud', present);
  await former.end();
  assert.equal(providers.find('cloud'), present);
});

it('one that is replaced leaves everything as it is to its successor', async () => {
  const { calls, registration, host, settled } = world();
  host(1).set(true, [A]);
  await settled();
  await registration.end('replace');
  assert.deepEqual(calls, [`add ${A} of 1@eth0`]);
});

it('a call may take 30 s unless its provider says otherwise', async () => {
  for (const limitMs of [undefined, 2000]) {
    const clock = new VirtualClock();
    const providers = new AddressProviders(clock);
    const ends: (string | number)[] = [];
    const hangs = { ...provider(), ...(limitMs === undefined ? {} : { limitMs }) };
    const call = providers.call(hangs, () => new Promise(() => undefined));
    call.catch((error: unknown) => ends.push(clock.now(), (error as Error).message));
    for (let second = 0; second < 60; second++) {
      clock.advanceSync(1000);
      await setImmediate();
    }
    const expected = limitMs ?? 30_000;
    assert.deepEqual(ends, [expected, `takes more than ${expected} ms`]);
  }
});

it('netlink and macvlan put addresses on an interface of this host, if they are to be managed', () => {
  const all = ['netlink', 'macvlan', 'none', 'cloud'];
  assert.deepEqual(all.map(isLocal), [true, true, false, false]);
  const puts = (manageAddresses: boolean) => (name: string) =>
    putsInPlace({ manageAddresses, provider: name });
  assert.deepEqual([all.filter(puts(true)), all.filter(puts(false))], [['netlink', 'macvlan'], []]);
});
