/** CarpModule is reloaded in a kernel that goes on: peers see one uninterrupted host. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { Module, type ReloadOptions } from '../../../core/index.js';
import { CarpModule } from '../../../modules/carp/index.js';
import { CarpSoftc } from '../../../modules/carp/softc.js';
import { newer } from '../../support/newer.js';
import { countSockets } from '../../support/sockets.js';
import { type Host, SHARED, World } from './support/world.js';

/** Reloads while the clock goes on, as it does on a real host: 3 ms in each turn of the event loop. */
async function reload(
  world: World,
  { kernel }: Host,
  module: typeof CarpModule,
  options: ReloadOptions = {},
): Promise<void> {
  const done = { yet: false };
  const end = (): void => {
    done.yet = true;
  };
  const reloading = kernel.reload(module, options);
  reloading.then(end, end);
  while (!done.yet) {
    world.advance(3);
    await setImmediate();
  }
  await reloading;
}

interface Sent {
  readonly time: number;
  readonly counter: bigint;
}

function advertisements(world: World, port: string): Sent[] {
  return world.seen
    .filter((seen) => seen.kind === 'carp4' && seen.port === port)
    .map(({ time, payload }) => {
      const view = new DataView(payload.buffer, payload.byteOffset);
      return { time, counter: view.getBigUint64(8) };
    });
}

/** Each once, in time, and with a counter that the peer has not seen. */
function assertUninterrupted(sent: readonly Sent[], maxGap: number): void {
  for (const [i, { time, counter }] of sent.slice(1).entries()) {
    const gap = time - sent[i]!.time;
    assert.ok(gap <= maxGap, `a gap of ${gap} ms at ${time}`);
    assert.ok(gap >= 900, `two within ${gap} ms at ${time}`);
    assert.ok(counter > sent[i]!.counter, `a counter that was used before, at ${time}`);
  }
}

async function configured(world: World, options: { advskew: number }): Promise<Host> {
  const host = await world.host();
  await host.kernel.unload(CarpModule);
  const vhid = { ifname: 'eth0', vhid: 1, password: 'secret', addresses: [SHARED], ...options };
  await host.kernel.load(CarpModule, { vhids: [vhid] });
  return host;
}

const stateOf = ({ kernel }: Host): string => kernel.get(CarpModule).list()[0]!.state;

test('while MASTER: no transition, no missed and no doubled advertisement, whether it succeeds or fails', async () => {
  await using world = new World('reload master');
  const a = await configured(world, { advskew: 0 });
  const b = await configured(world, { advskew: 100 });
  world.advance(10_000);
  world.history();
  const from = world.seen.length;
  const transitions: unknown[] = [];
  b.kernel.eventhandler.register('carp_state_event', (_, change) => transitions.push(change));
  a.kernel.sysctl.set('net.inet.carp.log', 2);
  for (let due = 0; due < 60; due++) {
    // The next advertisement is due in that many milliseconds: before, while and after the two versions change places.
    const [last] = advertisements(world, 'host1:eth0').slice(-1);
    world.advance(last!.time + 2000 - due - world.clock.now());
    if (due % 2 === 0) await reload(world, a, newer(CarpModule));
    else await assert.rejects(reload(world, a, newer(CarpModule, 'no start')), /no start/);
    assert.equal(stateOf(a), 'MASTER');
    assert.ok(a.addresses().includes(SHARED));
  }
  world.advance(5000);
  assert.deepEqual(transitions, []);
  assert.equal(stateOf(b), 'BACKUP');
  assertUninterrupted(
    advertisements(world, 'host1:eth0').filter(({ time }) => time > 9000),
    1003,
  );
  assert.deepEqual(
    world.seen.slice(from).filter(({ kind, port }) => kind === 'garp' && port === 'host1:eth0'),
    [],
    'the peers have nothing to learn',
  );
  assert.equal(b.kernel.get(CarpModule).statistics.replayed.value, 0);
  assert.equal(a.kernel.sysctl.get('net.inet.carp.log')!.value, 2);
  assert.equal(a.kernel.sysctl.get('net.inet.carp.demotion')!.value, 0);
  assert.deepEqual(
    world.history().filter((line) => !line.endsWith('taken over from the former process')),
    [],
  );
});

test('while BACKUP: it waits for the same deadline', async () => {
  await using world = new World('reload backup');
  const a = await configured(world, { advskew: 0 });
  const b = await configured(world, { advskew: 100 });
  world.advance(10_000);
  world.history();
  world.lan.cut('host1:eth0');
  const last = advertisements(world, 'host1:eth0').at(-1)!.time;
  world.advance(1500);
  await reload(world, b, newer(CarpModule));
  await assert.rejects(reload(world, b, newer(CarpModule, 'no start')), /no start/);
  world.advance(last + 3000 + (100 * 1000) / 256 - world.clock.now() - 10);
  assert.equal(stateOf(b), 'BACKUP');
  world.advance(30);
  assert.equal(stateOf(b), 'MASTER');
  assert.equal(stateOf(a), 'INIT');
});

test('an unload after a reload bows out, once', async () => {
  await using world = new World('reload and unload');
  const a = await configured(world, { advskew: 0 });
  const b = await configured(world, { advskew: 100 });
  world.advance(10_000);
  await reload(world, a, newer(CarpModule));
  const from = world.seen.length;
  await a.kernel.unload('carp');
  world.advance(500);
  assert.ok(!a.addresses().includes(SHARED));
  assert.equal(stateOf(b), 'MASTER');
  const kinds = world.seen.slice(from).filter(({ port }) => port === 'host1:eth0');
  assert.deepEqual(
    kinds.map(({ kind }) => kind),
    ['carp4'],
  );
});

test('a dependent that does not come up takes it back: the old version is MASTER as if nothing had happened', async () => {
  await using world = new World('reload with a dependent');
  const a = await configured(world, { advskew: 0 });
  const b = await configured(world, { advskew: 100 });
  const broken = { is: false };
  class Pager {
    async start(): Promise<void> {
      for (let turn = 0; turn < 10; turn++) await setImmediate();
      if (!broken.is) return;
      broken.is = false;
      throw new Error('no pager');
    }
  }
  Module({ name: 'pager', depends: [CarpModule] })(Pager);
  await a.kernel.load(Pager);
  world.advance(10_000);
  world.history();
  const from = world.seen.length;
  for (const due of [500, 20, 10, 0]) {
    const [last] = advertisements(world, 'host1:eth0').slice(-1);
    world.advance(last!.time + 2000 - due - world.clock.now());
    broken.is = true;
    await assert.rejects(reload(world, a, newer(CarpModule)), /no pager/);
    assert.equal(stateOf(a), 'MASTER');
    assert.ok(a.addresses().includes(SHARED));
    await reload(world, a, newer(CarpModule));
    assert.ok(a.kernel.has(Pager));
  }
  world.advance(5000);
  assertUninterrupted(
    advertisements(world, 'host1:eth0').filter(({ time }) => time > 9000),
    1003,
  );
  assert.deepEqual(
    world.seen.slice(from).filter(({ kind }) => kind === 'garp'),
    [],
  );
  assert.equal(stateOf(b), 'BACKUP');
  assert.equal(b.kernel.get(CarpModule).statistics.replayed.value, 0);
});

test('a vhid that only the settings of a failed reload name is gone again, though it was MASTER by then', async () => {
  await using world = new World('reload with one more vhid');
  const b = await world.host();
  b.create({ vhid: 2, addresses: ['10.88.0.102/24'], advskew: 100 });
  const a = await configured(world, { advskew: 0 });
  const more = { ifname: 'eth0', vhid: 2, password: 'secret', addresses: ['10.88.0.102/24'], preempt: true };
  const served: string[] = [];
  let starts = 0;
  class Pager {
    async start(): Promise<void> {
      if (++starts !== 2) return;
      const vhids = a.kernel.get(CarpModule).list();
      while (vhids.some(({ state }) => state !== 'MASTER')) await setImmediate();
      served.push(...a.addresses());
      throw new Error('no pager');
    }
  }
  Module({ name: 'pager', depends: [CarpModule] })(Pager);
  await a.kernel.load(Pager);
  world.advance(10_000);
  const { vhids } = a.kernel.settings(CarpModule) as { vhids: object[] };
  const settings = { vhids: [...vhids, more] };
  await assert.rejects(reload(world, a, newer(CarpModule), { settings, timeout: 60_000 }), /no pager/);
  assert.ok(served.includes('10.88.0.102/24'));
  assert.deepEqual(
    a.kernel
      .get(CarpModule)
      .list()
      .map(({ vhid, state }) => `${vhid} ${state}`),
    ['1 MASTER'],
  );
  assert.ok(a.addresses().includes(SHARED));
  assert.ok(!a.addresses().includes('10.88.0.102/24'), 'an address that nobody answers for');
  world.advance(500);
  assert.ok(b.addresses().includes('10.88.0.102/24'), 'it has bowed out');
});

test('a newer version that lacks a vhid is refused: no failover group waits for what it made', async () => {
  await using world = new World('reload without a vhid');
  const { kernel } = await world.host();
  await kernel.unload(CarpModule);
  const vhids = [1, 2].map((vhid) => {
    const addresses = [`10.88.0.10${vhid}/24`];
    return { ifname: 'eth0', vhid, password: 'secret', addresses, failoverGroup: 'g' };
  });
  await kernel.load(CarpModule, { vhids });
  world.advance(5000);
  const settings = { vhids: vhids.slice(0, 1) };
  await assert.rejects(kernel.reload(newer(CarpModule), { settings }), { code: 'EHANDOVER' });
  world.advance(1000);
  const after = kernel.get(CarpModule).list();
  assert.deepEqual(
    after.map(({ state, advskew, demotions }) => `${state} ${advskew} ${demotions.length}`),
    ['MASTER 0 0', 'MASTER 0 0'],
  );
});

test('a newer version that does not start hears nothing any more, and holds nothing', async () => {
  await using world = new World('reload, then a peer');
  const a = await configured(world, { advskew: 0 });
  const b = await configured(world, { advskew: 100 });
  const sockets = countSockets(a.kernel);
  world.advance(10_000);
  await reload(world, a, newer(CarpModule));
  const before = sockets.open;
  await assert.rejects(reload(world, a, newer(CarpModule, 'no start')), /no start/);
  world.advance(10_000);
  world.history();
  b.kernel.get(CarpModule).list()[0]!.setState('MASTER');
  world.advance(3000);
  assert.deepEqual(
    world.history().filter((line) => line.includes('host1')),
    [],
  );
  assert.ok(a.addresses().includes(SHARED));
  assert.equal(sockets.open, before);
});

test('an unload that fails on its way still takes the addresses off', async (t) => {
  await using world = new World('unload that fails');
  const a = await configured(world, { advskew: 0 });
  world.advance(10_000);
  await reload(world, a, newer(CarpModule));
  const fail = (): never => {
    throw new Error('not stopped');
  };
  t.mock.method(CarpSoftc.prototype, 'setState', fail, { times: 1 });
  await assert.rejects(a.kernel.unload('carp'), /not stopped/);
  assert.ok(!a.addresses().includes(SHARED));
});
