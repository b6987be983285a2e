/** The announcements of a virtual host's addresses: what is announced, how often after a contest, and when again. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { VirtualClock } from '../../../core/index.js';
import { InetPrefix } from '../../../modules/ifnet/index.js';
import { Announcer } from '../../../modules/vip/service/announcer.js';
import type { VipState } from '../../../modules/vip/state.js';

const A = InetPrefix.parse('10.88.0.100/24');
const IFP = { name: 'eth0' };

interface Settings {
  garpCount?: number;
  garpInterval?: number;
  garpRefresh: number;
  nudge: string[];
}

/** A MASTER, and what its neighbours are told. */
function master(changes: Partial<Settings> = {}) {
  const clock = new VirtualClock();
  const settings: Settings = { garpRefresh: 0, nudge: [], ...changes };
  const told: { at: number; ifp: unknown; [name: string]: unknown }[] = [];
  const counts = { cancelled: 0 };
  const ends: (() => void)[] = [];
  const peers = {
    netifNotifyPeers(ifp: unknown, request: object) {
      told.push({ at: clock.now(), ifp, ...request });
      const done = new Promise<void>((resolve) => void ends.push(resolve));
      return { done, [Symbol.dispose]: () => void counts.cancelled++ };
    },
  };
  const owner = { name: '1@eth0', state: 'MASTER' as VipState, settings, ifp: IFP as unknown };
  const served = { addresses: [A] };
  const make = (): Announcer =>
    new Announcer(owner as never, () => served.addresses, { clock, peers: peers as never, protocol: 'carp' });
  return { clock, owner, served, told, counts, ends, make, announcer: make() };
}

it('a MASTER alone announces what it serves, while it has an interface', () => {
  const { owner, served, told, announcer } = master();
  owner.state = 'BACKUP';
  announcer.announce();
  owner.state = 'MASTER';
  owner.ifp = undefined;
  announcer.announce();
  owner.ifp = IFP;
  served.addresses = [];
  announcer.announce();
  assert.deepEqual(told, []);
  served.addresses = [A];
  announcer.announce();
  assert.deepEqual(told, [{ at: 0, ifp: IFP, addresses: [A.address] }]);
});

it('addresses with a link-layer address of their own are announced with that', () => {
  const { owner, told, announcer } = master();
  const lladdr = Uint8Array.of(0, 0, 0x5e, 0, 1, 1);
  Object.assign(owner, { servedLladdr: lladdr });
  announcer.announce();
  assert.deepEqual(told, [{ at: 0, ifp: IFP, addresses: [A.address], lladdr }]);
});

it('after a contest it is announced twice, 0.1 s apart, or as often as the settings say if that is more', () => {
  for (const [settings, usual, contested] of [
    [{}, {}, { count: 2, interval: 100 }],
    [
      { garpCount: 1, garpInterval: 500 },
      { count: 1, interval: 500 },
      { count: 2, interval: 100 },
    ],
    [
      { garpCount: 2, garpInterval: 50 },
      { count: 2, interval: 50 },
      { count: 2, interval: 50 },
    ],
    [{ garpCount: 5 }, { count: 5 }, { count: 5 }],
  ] as const) {
    const { told, announcer } = master(settings);
    announcer.announce();
    announcer.announce(true);
    const common = { at: 0, ifp: IFP, addresses: [A.address] };
    assert.deepEqual(told, [
      { ...common, ...usual },
      { ...common, ...contested },
    ]);
  }
});

it('after a contest before the addresses are in place it is announced twice when they are', async () => {
  const { owner, served, told, ends, announcer } = master();
  const counts = (): unknown[] => told.splice(0).map(({ count }) => count);
  served.addresses = [];
  announcer.announce(true);
  served.addresses = [A];
  announcer.announce();
  announcer.announce();
  assert.deepEqual(counts(), [2, 2], 'nor is the second time lost to another announcement');
  ends[0]!();
  await new Promise(setImmediate);
  announcer.announce();
  ends[2]!();
  await new Promise(setImmediate);
  announcer.announce();
  assert.deepEqual(counts(), [2, undefined]);
  for (const end of ['BACKUP', 'disposed']) {
    announcer.announce(true);
    owner.state = 'BACKUP';
    if (end === 'BACKUP') announcer.announce();
    else announcer[Symbol.dispose]();
    owner.state = 'MASTER';
    announcer.announce();
  }
  assert.deepEqual(counts(), [2, undefined, 2, undefined]);
});

it('what is under way is cancelled by the next announcement and by the end, and not once it is over', async () => {
  const { counts, ends, announcer } = master();
  announcer.announce();
  announcer.announce();
  assert.equal(counts.cancelled, 1);
  // The end of the first is none of the second.
  ends[0]!();
  await new Promise(setImmediate);
  announcer[Symbol.dispose]();
  assert.equal(counts.cancelled, 2);
  announcer.announce();
  ends[2]!();
  await new Promise(setImmediate);
  announcer[Symbol.dispose]();
  assert.equal(counts.cancelled, 2);
});

it('is repeated every garpRefresh ms while the host is MASTER, by a successor at the same times', () => {
  const { clock, owner, told, announcer, make } = master({ garpRefresh: 1000 });
  const times = (): number[] => told.splice(0).map(({ at }) => at);
  assert.deepEqual(announcer.capture(), { refresh: null });
  announcer.announce();
  clock.advanceSync(2500);
  assert.deepEqual(times(), [0, 1000, 2000]);
  const left = announcer.capture();
  assert.deepEqual(left, { refresh: 3000 });
  announcer[Symbol.dispose]();
  assert.deepEqual(announcer.capture(), { refresh: null });
  const successor = make();
  successor.adopt(left);
  clock.advanceSync(1000);
  assert.deepEqual(times(), [3000]);
  owner.state = 'BACKUP';
  clock.advanceSync(5000);
  assert.deepEqual([times(), successor.capture()], [[], { refresh: null }]);
  owner.state = 'MASTER';
  make().adopt({ refresh: null });
  clock.advanceSync(5000);
  assert.deepEqual(times(), []);
});

it('an announcement between two of them puts the next one off', () => {
  const { clock, told, announcer } = master({ garpRefresh: 1000 });
  announcer.announce();
  clock.advanceSync(600);
  announcer.announce();
  clock.advanceSync(1500);
  assert.deepEqual(
    told.map(({ at }) => at),
    [0, 600, 1600],
  );
});

it('gateways that ignore announcements are asked, where there are any', () => {
  const { told, announcer } = master({ nudge: ['10.88.0.9'] });
  announcer.announce();
  assert.deepEqual(told, [{ at: 0, ifp: IFP, addresses: [A.address], ask: ['10.88.0.9'] }]);
});
