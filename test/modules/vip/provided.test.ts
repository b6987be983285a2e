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
/** A provider, and virtual hosts that it serves: what it was asked for, what they report, and what is logged. */
function world(provider: Partial<AddressProvider> = {}) {
  const clock = new VirtualClock();
  const providers = new AddressProviders(clock);
  const [calls, reports, logged]: string[][] = [[], [], []];
  const note = (text: string): void => void logged!.push(text);
  const log = {
    error: note,
    warning: note,
    limited: () => ({ error: (text: () => string) => note(text()) }),
  };
  const call =
    (what: string): AddressProvider['add'] =>
    async ({ name, addresses }) =>
      void calls!.push(`${what} ${addresses.join(' ')} of ${name}`);
  const cloud: AddressProvider = { add: call('add'), remove: call('remove'), ...provider };
  const registration = providers.register('cloud', cloud);
  const host = (vhid: number): ProvidedAddresses =>
    new ProvidedAddresses(
      { name: `${vhid}@eth0`, protocol: 'carp', vhid, ifname: 'eth0' },
      'cloud',
      { clock, log: log as never, protocol: 'carp', providers },
      {
        report: (trouble) => void reports!.push(trouble?.reason ?? 'serves'),
        placed: () => void reports!.push('placed'),
      },
    );
  /** Calls end, and are repeated, while a few seconds pass. */
  const pass = async (ms: number): Promise<void> => {
    for (let passed = 0; passed < ms; passed += 500) {
      await setImmediate();
      clock.advanceSync(Math.min(500, ms - passed));
    }
    await setImmediate();
  };
  const settled = (): Promise<void> => providers.settled();
  return {
    clock,
    providers,
    cloud,
    registration,
    calls: calls!,
    reports: reports!,
    logged: logged!,
    host,
    pass,
    settled,
  };
}

/** An answer that lets itself be waited for. */
function slow() {
  let end = (_failure?: Error): void => undefined;
  const ended = new Promise<void>((resolve, reject) => {
    end = (failure) => (failure === undefined ? resolve() : reject(failure));
  });
  return { ended, end };
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
  const { clock, host, pass, settled } = world({
    remove: () => {
      removals.push(clock.now());
      throw new Error('no answer');
    },
  });
  const addresses = host(1);
  addresses.set(true, [A]);
  await settled();
  addresses[Symbol.dispose]();
  await pass(10_000);
  assert.deepEqual(removals, [0, 1000, 2000]);
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

it('a successor goes on: from then on nothing is called, reported or checked, and nothing is left behind', async () => {
  for (const failure of [undefined, new Error('no answer')]) {
    const { ended, end } = slow();
    const { clock, providers, calls, reports, logged, host, settled } = world({ add: () => ended });
    const addresses = host(1);
    addresses.set(true, [A]);
    addresses.set(true, [A, B]);
    addresses.give();
    const heir = host(1);
    assert.deepEqual(providers.before(heir), [addresses], 'the heir waits for the end of the call');
    end(failure);
    addresses[Symbol.dispose]();
    await settled();
    assert.deepEqual([calls, reports], [[], []]);
    assert.equal(logged.length, failure === undefined ? 0 : 1);
    assert.deepEqual(providers.before(heir), []);
    await clock.runUntilIdle(0);
  }
});

it('a successor goes on: the next check is its own', async () => {
  const { clock, host, settled } = world({ check: () => true });
  const addresses = host(1);
  addresses.set(true, [A]);
  await settled();
  addresses.give();
  await clock.runUntilIdle(0);
});

it('one that never learned what is wanted leaves all as it is, and what others have to be removed', async () => {
  const { calls, host, settled } = world();
  const one = host(1);
  one.set(true, [A]);
  await settled();
  const standby = host(1);
  standby.adopt([String(A)]);
  standby[Symbol.dispose]();
  await settled();
  assert.deepEqual(calls.slice(1), []);
  one[Symbol.dispose]();
  await settled();
  assert.deepEqual(calls.slice(1), [`remove ${A} of 1@eth0`]);
});

it('one that serves goes on to serve while another stands by in its place', async () => {
  const { calls, host, settled } = world();
  const [one] = [host(1), host(1)];
  one.set(true, [A]);
  await settled();
  assert.deepEqual(calls, [`add ${A} of 1@eth0`]);
});

it('when its calls have ended, a virtual host that has gone is forgotten', async () => {
  const { providers, host, settled } = world();
  const addresses = host(1);
  addresses.set(true, [A]);
  addresses[Symbol.dispose]();
  await settled();
  assert.deepEqual(providers.before(host(1)), []);
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

it('what comes and goes for other providers changes nothing, also while its own is going', async () => {
  const { ended, end } = slow();
  const { providers, registration, calls, host, settled } = world({ remove: () => ended });
  const addresses = host(1);
  addresses.set(true, [A]);
  await settled();
  const other = providers.register('other', { add: async () => undefined, remove: async () => undefined });
  await other.end();
  assert.deepEqual([addresses.capture(), calls.length], [[String(A)], 1]);
  const gone = registration.end();
  providers.register('other', { add: async () => undefined, remove: async () => undefined });
  end();
  await gone;
  assert.equal(calls.length, 1, 'it is not added again');
});

it('a provider that goes is asked three times to remove what is here, a second apart, and then waited for no more', async () => {
  const removals: number[] = [];
  const { clock, registration, host, pass, settled } = world({
    remove: () => {
      removals.push(clock.now());
      throw new Error('no answer');
    },
  });
  const addresses = host(1);
  addresses.set(true, [A]);
  await settled();
  const gone = registration.end();
  await pass(4000);
  await gone;
  assert.deepEqual(removals, [0, 1000, 2000]);
});

it('the last calls are three, whatever comes meanwhile: a provider that goes, a second end, a check that was due', async () => {
  for (const at of [0, 8500]) {
    const removals: number[] = [];
    const { clock, registration, host, pass, settled } = world({
      check: () => true,
      remove: () => {
        removals.push(clock.now() - at);
        throw new Error('no answer');
      },
    });
    const addresses = host(1);
    addresses.set(true, [A]);
    await settled();
    clock.advanceSync(at);
    addresses[Symbol.dispose]();
    await setImmediate();
    addresses[Symbol.dispose]();
    const gone = registration.end();
    await pass(10_000);
    await gone;
    assert.deepEqual(removals, [0, 1000, 2000]);
  }
});

it('a provider that goes waits for the call that is under way for a host that another one has succeeded', async () => {
  const { ended, end } = slow();
  const { registration, host } = world({ add: () => ended });
  const addresses = host(1);
  addresses.set(true, [A]);
  addresses.give();
  let gone = false;
  const going = registration.end().then(() => (gone = true));
  await setImmediate();
  assert.equal(gone, false);
  end();
  await going;
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

it('what a virtual host that has gone still had to have removed is removed for the one in its place', async () => {
  const { ended, end } = slow();
  const here = new Set<string>();
  const { host, settled } = world({
    add: async ({ addresses }) => {
      await ended;
      for (const address of addresses) here.add(address);
    },
    remove: ({ addresses }) => {
      for (const address of addresses) here.delete(address);
    },
  });
  const one = host(1);
  one.set(true, [A]);
  one[Symbol.dispose]();
  const heir = host(1);
  heir.set(true, [B]);
  end();
  await settled();
  assert.deepEqual([[...here], heir.capture()], [[String(B)], [String(B)]]);
});
