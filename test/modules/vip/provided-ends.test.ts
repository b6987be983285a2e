/** The end of a virtual host at a provider, or of the provider: the last calls, and who goes on. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { A, B, slow, world } from './support/provided.js';

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

/** One whose address is here, at a provider that fails each time it is to remove that; when it was asked. */
async function unanswered() {
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
  return { removals, registration, addresses, pass };
}

it('the last call for a virtual host that goes is made three times if it fails, a second apart', async () => {
  const { removals, addresses, pass } = await unanswered();
  addresses[Symbol.dispose]();
  await pass(10_000);
  assert.deepEqual(removals, [0, 1000, 2000]);
});

it('a successor goes on: from then on nothing is called, reported or checked, and nothing is left behind', async () => {
  for (const failure of [undefined, new Error('no answer')]) {
    const { ended, end } = slow();
    let adds = 0;
    const { clock, providers, reports, logged, host, settled } = world({
      add: () => {
        adds++;
        return ended;
      },
    });
    const addresses = host(1);
    addresses.set(true, [A]);
    addresses.set(true, [A, B]);
    addresses.give();
    const heir = host(1);
    assert.deepEqual(providers.before(heir), [addresses], 'the heir waits for the end of the call');
    end(failure);
    addresses[Symbol.dispose]();
    await settled();
    assert.deepEqual([adds, reports], [1, []]);
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
  const { removals, registration, pass } = await unanswered();
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

it('what a virtual host that has gone failed to have removed is removed for one that serves in its place', async () => {
  const provider = { failure: 'no answer' };
  const { calls, host, pass, settled } = world({
    remove: async ({ addresses }) => {
      if (provider.failure !== '') throw new Error(provider.failure);
      calls.push(`remove ${addresses.join(' ')}`);
    },
  });
  const one = host(1);
  one.set(true, [A]);
  await settled();
  one[Symbol.dispose]();
  await setImmediate();
  provider.failure = '';
  const heir = host(1);
  heir.set(true, [A, B]);
  await setImmediate();
  heir.set(true, [B]);
  await pass(500);
  assert.deepEqual(heir.capture(), [String(B)]);
  await pass(1000);
  assert.deepEqual(heir.capture(), [String(B)]);
  assert.deepEqual(calls.slice(2), [`remove ${A}`, `remove ${A}`]);
});

it('a call that hangs holds up the virtual host alone for which it was made', async () => {
  const { host, calls, pass } = world({
    add: ({ vhid }) => {
      if (vhid === 1) return new Promise(() => undefined);
      calls.push(`add for ${vhid}`);
      return undefined;
    },
  });
  host(1).set(true, [A]);
  host(2).set(true, [B]);
  await pass(500);
  assert.deepEqual(calls, ['add for 2']);
});

it('calls for one virtual host come one after another, whoever makes them', async () => {
  for (const end of ['give', 'dispose'] as const) {
    const first = slow();
    let begun = 0;
    const { host, settled } = world({ add: () => (++begun === 1 ? first.ended : undefined) });
    const one = host(1);
    one.set(true, [A]);
    if (end === 'give') one.give();
    else one[Symbol.dispose]();
    const heir = host(1);
    heir.set(true, [A, B]);
    await setImmediate();
    assert.equal(begun, 1);
    first.end();
    await settled();
    assert.deepEqual([begun, heir.capture()], [2, [String(A), String(B)]]);
  }
});

it('a BACKUP that goes on has removed what its predecessor did not know to be gone', async () => {
  for (const [here, expected] of [
    [null, [`remove ${A} of 1@eth0`]],
    [[String(A)], [`remove ${A} of 1@eth0`]],
    [[], []],
  ] as const) {
    const { calls, host, settled } = world();
    const addresses = host(1);
    addresses.adopt(here);
    addresses.set(false, [A]);
    await settled();
    assert.deepEqual(calls, expected);
  }
});

it('what a virtual host that has gone failed to have removed is not removed if it is here for the one in its place', async () => {
  const { calls, host, pass, settled } = world({
    remove: () => {
      throw new Error('no answer');
    },
  });
  const one = host(1);
  one.set(true, [A]);
  await settled();
  one[Symbol.dispose]();
  await setImmediate();
  const heir = host(1);
  heir.set(true, [A]);
  await pass(2000);
  assert.deepEqual([calls.length, heir.capture()], [2, [String(A)]]);
});
