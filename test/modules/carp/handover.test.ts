/** A successor goes on where its predecessor stood: on the virtual clock, peers see one uninterrupted host. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Json, Kernel } from '../../../core/index.js';
import { CarpModule, type CarpVhidOptions } from '../../../modules/carp/index.js';
import { IfnetModule } from '../../../modules/ifnet/index.js';
import { LanDriver } from '../../../modules/ifnet/lan/index.js';
import { shortOfDescriptors } from '../../support/short-of-descriptors.js';
import { succeed } from './support/successor.js';
import { type Host, SHARED, World } from './support/world.js';

const OPTIONS = { ifname: 'eth0', vhid: 1, password: 'secret', addresses: [SHARED] };

/** Replaces the module of a running host by a new one that takes over its state, or `edited` state. */
function replace(
  host: Host,
  options: CarpVhidOptions = OPTIONS,
  edit = (state: Json): Json => state,
): Promise<CarpModule> {
  return succeed(host, { vhids: [options] }, { edit });
}

function advertisements(world: World, port: string): { time: number; counter: bigint }[] {
  return world.seen
    .filter((seen) => seen.kind === 'carp4' && seen.port === port)
    .map(({ time, payload }) => {
      const view = new DataView(payload.buffer, payload.byteOffset);
      return { time, counter: view.getBigUint64(8) };
    });
}

test('a MASTER is replaced: no transition, no gap, the counter goes on, the address stays', async () => {
  await using world = new World('replace master');
  const [{ hosts }] = [await world.pair({ advskew: 0 }, { advskew: 100 })];
  const [a, b] = hosts as [Host, Host];
  world.advance(10_000);
  world.history();
  const carp = [];
  for (let i = 0; i < 20; i++) {
    world.advance(137 * i);
    carp.push(await replace(a));
  }
  world.advance(5000);
  assert.deepEqual(
    world.history().filter((line) => !line.endsWith('taken over from the former process')),
    [],
  );
  assert.deepEqual(b.carp.list().map(String), ['1@eth0']);
  assert.equal(b.carp.list()[0]!.state, 'BACKUP');
  assert.equal(carp.at(-1)!.list()[0]!.state, 'MASTER');
  assert.ok(a.addresses().includes(SHARED));
  const sent = advertisements(world, 'host1:eth0');
  for (const [i, { time, counter }] of sent.slice(1).entries()) {
    if (sent[i]!.time < 4000) continue;
    assert.ok(time - sent[i]!.time < 1001, `a gap of ${time - sent[i]!.time} ms`);
    const elapsed = Math.round((time - sent[i]!.time) / 16);
    const sequences = Number((counter >> 27n) - (sent[i]!.counter >> 27n));
    assert.ok(Math.abs(sequences - elapsed) <= 1, `${sequences} for ${elapsed} units of 16 ms`);
  }
  assert.equal(b.carp.statistics.replayed.value, 0);
});

test('handlers of the successor see the present state once', async () => {
  await using world = new World('present state');
  const { hosts } = await world.pair({ advskew: 0 });
  world.advance(5000);
  world.history();
  await replace(hosts[0]!);
  assert.deepEqual(world.history(), ['5000 host1 INIT->MASTER taken over from the former process']);
});

test('a BACKUP is replaced: it waits on for the same deadline, and refuses what was used before', async () => {
  await using world = new World('replace backup');
  const { hosts } = await world.pair({ advskew: 0 }, { advskew: 100 });
  const [a, b] = hosts as [Host, Host];
  world.advance(8000);
  const recorded = advertisements(world, 'host1:eth0').at(-2)!;
  const last = advertisements(world, 'host1:eth0').at(-1)!.time;
  await replace(b, { ...OPTIONS, advskew: 100 });
  world.history();
  world.lan.cut('host1:eth0');
  world.advance(3000);
  const carp = b.kernel.get(CarpModule);
  assert.ok(recorded.counter > 0n);
  assert.equal(carp.list()[0]!.state, 'BACKUP');
  world.advance(600);
  assert.equal(carp.list()[0]!.state, 'MASTER');
  const taken = world.transitions.find(({ host, to }) => host === 'host2' && to === 'MASTER')!;
  assert.ok(Math.abs(taken.time - last - (3000 + (100 * 1000) / 256)) < 5, `${taken.time - last}`);
  assert.equal(a.carp.list().length, 1);
});

test('a BACKUP is replaced by one with other addresses: it hears the master, which has the former ones for a while yet', async () => {
  await using world = new World('other addresses');
  const { hosts, vhids } = await world.pair({ advskew: 0 }, { advskew: 100 });
  const b = hosts[1]!;
  const settled = () =>
    world.history().filter((line) => !line.endsWith('taken over from the former process'));
  world.advance(8000);
  settled();
  const addresses = [SHARED, '10.88.0.101/24'];
  const options = { ...OPTIONS, advskew: 100 };
  await replace(b, { ...options, addresses: [SHARED, '10.88.0.110/24'] });
  world.advance(20_000);
  await replace(b, { ...options, addresses });
  world.advance(20_000);
  await replace(b, { ...options, addresses });
  world.advance(19_000);
  assert.deepEqual(settled(), []);
  assert.equal(b.kernel.get(CarpModule).statistics.badauth.value, 0);
  vhids[0]!.configure({ addresses });
  world.advance(10_000);
  assert.deepEqual(settled(), []);
});

test('demotion goes on, and what the vhid itself added is taken back once', async () => {
  await using world = new World('demotion');
  const { hosts } = await world.pair({ advskew: 0 });
  const { kernel } = hosts[0]!;
  world.advance(5000);
  hosts[0]!.carp.demote(7, 'test');
  world.lan.cut('host1:eth0');
  world.advance(10);
  const demotion = () => kernel.sysctl.get('net.inet.carp.demotion')!.value;
  assert.equal(demotion(), 247);
  const carp = await replace(hosts[0]!);
  assert.equal(demotion(), 247);
  assert.equal(carp.list()[0]!.state, 'INIT');
  world.lan.mend('host1:eth0');
  world.advance(10);
  assert.equal(demotion(), 7);
});

test('promote_secondaries is set once for all vhids that go on with it, and restored when the last one ends', async () => {
  await using world = new World('promoted');
  const host = await world.host();
  const [ifp] = [host.kernel.get(IfnetModule).byName('eth0')!];
  ifp.setSysctl(4, 'promote_secondaries', 0).keep();
  const vhids = [1, 2, 3].map((vhid) => ({ ...OPTIONS, vhid, addresses: [`10.0.0.${100 + vhid}/24`] }));
  for (const options of vhids) host.carp.create(options);
  const { kernel } = host;
  const state = (await kernel.handover(CarpModule)) as Json;
  kernel.succession.give();
  await kernel.unload(CarpModule);
  const set = ifp.setSysctl.bind(ifp);
  let calls = 0;
  ifp.setSysctl = (...args) => {
    calls++;
    return set(...args);
  };
  const carp = await kernel.load(CarpModule, { vhids }, { state });
  assert.equal(calls, 1);
  for (const vhid of carp.list().slice(1)) carp.remove(vhid);
  assert.equal(ifp.ownSysctl(4, 'promote_secondaries'), 1);
  carp.remove(carp.list()[0]!);
  assert.equal(ifp.ownSysctl(4, 'promote_secondaries'), 0);
});

test('counters that are none are refused', async () => {
  await using world = new World('counters');
  const { hosts } = await world.pair({ advskew: 0 });
  world.advance(5000);
  const good = JSON.stringify(await hosts[0]!.kernel.handover(CarpModule));
  const first = /"recent":\[\d+,/;
  assert.match(good, first);
  await using other = new Kernel();
  for (const bad of ['-1,', '4294967296,', '0.5,', '"1",', '[],', '', '1,1,'])
    await assert.rejects(
      other.load(CarpModule, undefined, {
        state: JSON.parse(good.replace(first, `"recent":[${bad}`)) as Json,
      }),
      { code: 'EHANDOVER', message: /vhids\.0\.seal\.recent is no list of counters/ },
    );
});

test('a state of another format is refused in one line, and so are settings that lack a vhid', async () => {
  await using world = new World('refusal');
  const host = await world.host();
  host.create();
  const state = { ...((await host.kernel.handover(CarpModule)) as object), format: 9 } as Json;
  await using other = new Kernel();
  await assert.rejects(other.load(CarpModule, undefined, { state }), {
    code: 'EHANDOVER',
    message: /format is of a format other than 1, the only one known here/,
  });
  const lacking = (await host.kernel.handover(CarpModule)) as Json;
  await assert.rejects(other.load(CarpModule, { vhids: [] }, { state: lacking }), {
    message: /the settings lack 1@eth0, which runs: remove it with carpet config apply first/,
  });
});

test('before a long pause a MASTER whose last advertisement is old says it once more, and keeps its schedule', async () => {
  await using world = new World('pausing');
  const { hosts } = await world.pair({ advskew: 0 }, { advskew: 100 });
  const [a, b] = hosts as [Host, Host];
  world.advance(10_000);
  const due = advertisements(world, 'host1:eth0').at(-1)!.time;
  const since = (from: number): number[] =>
    advertisements(world, 'host1:eth0')
      .map(({ time }) => Math.round(time - due))
      .filter((time) => time > from);
  world.advance(due + 1200 - world.clock.now());
  a.kernel.succession.pausing();
  world.advance(300);
  a.kernel.succession.pausing();
  b.kernel.succession.pausing();
  world.advance(1600);
  assert.deepEqual(since(0), [1000, 1500, 2000, 3000]);
  assert.deepEqual(advertisements(world, 'host2:eth0'), []);
});

test("a successor that stands by knows which addresses are its predecessor's, and changes nothing", async () => {
  await using world = new World('standing by');
  const { hosts } = await world.pair({ advskew: 0 });
  world.advance(5000);
  const predecessor = await hosts[0]!.kernel.succession.capture();
  const { clock, random, lan } = world;
  await using kernel = new Kernel({ clock, random, predecessor, name: 'successor' });
  const own = { name: 'eth0', addresses: ['10.88.0.9/24', SHARED] };
  await kernel.load(LanDriver, { lan, interfaces: [own] });
  await kernel.load(CarpModule, { vhids: [OPTIONS] });
  const eth0 = kernel.get(IfnetModule).byName('eth0')!;
  const known = (): string[] => eth0.addresses.map(({ prefix, vhid }) => `${prefix} ${vhid}`);
  assert.deepEqual(known(), ['10.88.0.9/24 undefined', `${SHARED} 1`]);
  const seen = world.seen.length;
  kernel.succession.take(hosts[0]!.kernel.succession.captureNow({}));
  assert.deepEqual(known(), ['10.88.0.9/24 undefined', `${SHARED} 1`]);
  assert.equal(kernel.get(CarpModule).list()[0]!.state, 'MASTER');
  assert.equal(world.seen.length, seen);
});

test('one that is new, and gets no virtual interface when its predecessor ends, starts as soon as there is one', async () => {
  await using world = new World();
  const host = await world.host();
  const eth0 = host.kernel.get(IfnetModule).byName('eth0')!;
  const shortage = shortOfDescriptors(eth0);
  const added = { ...OPTIONS, vhid: 2, virtualMac: 'service' as const, addresses: ['10.88.0.102/24'] };
  const carp = await succeed(host, { vhids: [OPTIONS, added] });
  world.advance(20_000);
  assert.deepEqual(
    carp.list().map(({ state }) => state),
    ['MASTER', 'INIT'],
  );
  shortage[Symbol.dispose]();
  world.advance(10_000);
  assert.equal(carp.list()[1]!.state, 'MASTER');
});
