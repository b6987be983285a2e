/** Hosts between two segments, whose vhids fail over together, when they meet on one of the two alone. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { CarpVhidOptions } from '../../../modules/carp/index.js';
import { LanDriver } from '../../../modules/ifnet/lan/index.js';
import { machine } from './support/machine.js';
import { World } from './support/world.js';

const INSIDE = ['host1:eth0', 'host2:eth0'];
const OUTSIDE = ['host1:eth1', 'host2:eth1'];

/** Two firewalls, and what each is inside and outside. Nothing passes from one segment to the other. */
async function firewalls(world: World, ...options: Partial<CarpVhidOptions>[]) {
  const hosts = [await world.host(), await world.host()];
  for (const [i, { kernel }] of hosts.entries())
    kernel.get(LanDriver).create({ name: 'eth1', addresses: [`10.77.0.${i + 1}/24`] });
  world.lan.partition(INSIDE, OUTSIDE);
  const vhids = hosts.map((host, i) => {
    const common = { failoverGroup: 'firewall', ...options[i] };
    const outside = { vhid: 2, ifname: 'eth1', addresses: ['10.77.0.100/24'] };
    return [host.create(common), host.create({ ...common, ...outside })];
  });
  return { states: () => vhids.map((own) => own.map(({ state }) => state).join()) };
}

/** The outside is divided, and no link goes down. */
const divide = (world: World): void => world.lan.partition(INSIDE, ...OUTSIDE.map((port) => [port]));

describe('a failover group that is divided on one of its segments', () => {
  for (const [what, ...options] of [
    ['by equal hosts', {}, {}],
    ['by hosts of which one is better', {}, { advskew: 50 }],
  ] as const)
    it(`${what} moves nothing on the other`, async () => {
      await using world = new World();
      const { states } = await firewalls(world, ...options);
      world.advance(10_000);
      assert.deepEqual(states(), ['MASTER,MASTER', 'BACKUP,BACKUP']);
      divide(world);
      world.history();
      world.advance(30_000);
      assert.deepEqual(states(), ['MASTER,MASTER', 'BACKUP,MASTER']);
      assert.equal(world.history().length, 1, 'the MASTER that each side needs');
      world.lan.partition(INSIDE, OUTSIDE);
      world.advance(3000);
      assert.deepEqual(states(), ['MASTER,MASTER', 'BACKUP,BACKUP']);
    });

  it('moves nothing either if the BACKUP is faster, but more demoted', async () => {
    await using world = new World();
    const { states } = await firewalls(world, { advskew: 100 }, { advskew: 0 });
    world.hosts[1]!.carp.demote(50, 'test');
    world.advance(10_000);
    assert.deepEqual(states(), ['MASTER,MASTER', 'BACKUP,BACKUP']);
    divide(world);
    world.history();
    world.advance(30_000);
    assert.deepEqual(states(), ['MASTER,MASTER', 'BACKUP,MASTER']);
    assert.equal(world.history().length, 1);
  });
});

describe('a failover group of which a member is removed', () => {
  it('stays where it is: that one bows out alone', async () => {
    await using world = new World();
    const { states } = await firewalls(world, {}, { advskew: 50 });
    world.advance(10_000);
    assert.deepEqual(states(), ['MASTER,MASTER', 'BACKUP,BACKUP']);
    world.transitions.length = 0;
    const { carp } = world.hosts[0]!;
    carp.remove(carp.get('eth1', 2)!);
    world.advance(10_000);
    assert.deepEqual(states(), ['MASTER,INIT', 'BACKUP,MASTER']);
    assert.ok(world.transitions.every(({ vhid }) => vhid === '2@eth1'));
    assert.equal(carp.statistics.bowouts.value, 1);
  });
});

describe('a failover group of equal hosts, each of which has the lower address in one family', () => {
  it('that was made while each is MASTER of one vhid moves to the one that wins over IPv4', async () => {
    await using world = new World();
    const own = [1, 2].map((n) => [`10.88.0.${n}/24`, `fe80::${3 - n}/64`]);
    const hosts = [await world.host(own[0]), await world.host(own[1])];
    const vhids = hosts.map((host) =>
      [1, 2].map((vhid) => host.create({ vhid, addresses: [`10.88.0.10${vhid}/24`, `fd00::${vhid}/64`] })),
    );
    const states = () => vhids.map((each) => each.map(({ state }) => state).join());
    world.advance(10_000);
    vhids[0]![1]!.setState('BACKUP');
    world.advance(10_000);
    assert.deepEqual(states(), ['MASTER,BACKUP', 'BACKUP,MASTER']);
    for (const vhid of vhids.flat()) vhid.configure({ failoverGroup: 'g' });
    world.advance(2000);
    assert.deepEqual(states(), ['MASTER,MASTER', 'BACKUP,BACKUP']);
  });
});

/** A BACKUP with both families, the rest of whose group is MASTER here. */
const divided = () => machine(0, false, { families: [4, 6], groupServes: true });

describe('a member that would follow its group', () => {
  it('knows a better master by what it would do as MASTER: not by the interval alone', () => {
    for (const [units, demote, from, better] of [
      [256, 0, '10.88.0.0', true],
      [256, 0, '10.88.0.2', false],
      [255, 0, '10.88.0.2', true],
      [257, 0, '10.88.0.0', false],
      [255, 1, '10.88.0.0', false],
    ] as const) {
      const { self, hear } = machine();
      hear(units, demote, 4, from);
      assert.equal(self.knowsBetter, better, `${units} ${demote} ${from}`);
    }
    const { self, hear } = machine(0, false, { demote: 1 });
    hear(300, 0, 4, '10.88.0.2');
    assert.equal(self.knowsBetter, true, 'one that is slower, but less demoted');
  });

  it('takes the tie of a vhid with both families for settled over IPv4, as long as that hears the same', () => {
    const { clock, self, hearEqual } = machine(0, false, { families: [4, 6] });
    hearEqual(6);
    assert.equal(self.knowsBetter, true);
    hearEqual(4, '10.88.0.2');
    assert.equal(self.knowsBetter, false);
    clock.advanceSync(1499);
    hearEqual(6);
    assert.equal(self.knowsBetter, false);
    clock.advanceSync(1);
    assert.equal(self.knowsBetter, true);
    hearEqual(4);
    assert.equal(self.knowsBetter, true);
  });

  it('lets IPv6 decide about one that speaks from the shared IPv4 address: a MASTER would not hear that', () => {
    const { self, hearEqual } = divided();
    hearEqual(4, '10.88.0.100');
    hearEqual(6);
    assert.deepEqual([self.state, self.knowsBetter], ['BACKUP', true]);
  });

  it('follows it from an equal master whose tie is settled over IPv4, though it would lose over IPv6', () => {
    for (const order of [
      [4, 6],
      [6, 4, 6],
    ] as const) {
      const { log, hearEqual } = divided();
      for (const family of order) hearEqual(family, family === 4 ? '10.88.0.2' : 'fe80::');
      assert.match(log.at(-1)!, /MASTER failover group/, order.join());
    }
  });

  it('does not if IPv6 hears a better one, or nobody is heard over IPv4 any more', () => {
    const better = divided();
    better.hearEqual(4, '10.88.0.2');
    better.hear(255, 0, 6, 'fe80::');
    const alone = divided();
    alone.hearEqual(4, '10.88.0.2');
    alone.clock.advanceSync(1500);
    alone.hearEqual(6);
    for (const { self } of [better, alone]) assert.equal(self.state, 'BACKUP');
  });
});
