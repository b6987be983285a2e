/** Hosts that have no address of their own, and advertise from a shared one: another MASTER, which has it too, hears nothing. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { LanDriver } from '../../../modules/ifnet/lan/index.js';
import { type Host, World } from './support/world.js';

const states = (...hosts: readonly Host[]): string =>
  hosts.flatMap(({ carp }) => carp.list().map(({ state }) => state[0])).join('');

/** Both are MASTER, each on its side of a partition that is over then: only the second has an address of its own. */
async function parted(world: World, advskew: readonly [number, number]): Promise<readonly [Host, Host]> {
  const hosts = [await world.host([]), await world.host()] as const;
  world.lan.partition(['host1:eth0'], ['host2:eth0']);
  for (const [i, host] of hosts.entries()) host.create({ advskew: advskew[i]! });
  world.advance(10_000);
  assert.equal(states(...hosts), 'MM');
  world.lan.heal();
  return hosts;
}

describe('of two MASTERs, after a partition, the one without an address of its own', () => {
  for (const advskew of [
    [0, 100],
    [0, 0],
    [100, 0],
  ] as const)
    it(`yields within two dead times, and stays away (advskew ${advskew.join()})`, async () => {
      await using world = new World();
      const hosts = await parted(world, advskew);
      world.advance(7000);
      assert.equal(states(...hosts), 'BM');
      world.history();
      world.advance(60_000);
      assert.deepEqual(world.history(), []);
      world.lan.cut('host2:eth0');
      world.advance(5000);
      assert.equal(states(hosts[0]), 'M', 'it serves when there is no other');
    });
});

/** A host of a failover group that has a vhid on each of two interfaces. */
async function member(world: World, own: string[], advskew: number, preempt: boolean): Promise<Host> {
  const host = await world.host(own);
  const number = world.hosts.length;
  host.kernel.get(LanDriver).create({ name: 'eth1', addresses: [`10.99.0.${number}/24`] });
  const options = { failoverGroup: 'firewall', advskew, preempt };
  host.create(options);
  host.create({ ...options, vhid: 2, ifname: 'eth1', addresses: ['10.99.0.100/24'] });
  return host;
}

describe('a failover group without an address of its own on one of two interfaces', () => {
  for (const preempt of [false, true]) {
    it(`follows no further than it is heard, and comes to be with one host (preempt ${preempt})`, async () => {
      await using world = new World();
      const second = await member(world, ['10.88.0.1/24'], 100, preempt);
      world.lan.cut('host1:eth1');
      world.advance(10_000);
      assert.equal(states(second), 'MI');
      const first = await member(world, [], 0, preempt);
      world.advance(10_000);
      assert.equal(states(first, second), 'BMMI', 'on each interface one host is left');
      world.lan.mend('host1:eth1');
      world.advance(10_000);
      assert.equal(states(first, second), 'BBMM');
      world.history();
      world.advance(60_000);
      assert.deepEqual(world.history(), []);
      for (const ifname of ['eth0', 'eth1']) world.lan.cut(`host1:${ifname}`);
      world.advance(10_000);
      assert.equal(states(first), 'MM', 'it serves when there is no other');
    });

    it(`is with one host after a partition (preempt ${preempt})`, async () => {
      await using world = new World();
      const first = await member(world, [], 0, preempt);
      const second = await member(world, ['10.88.0.2/24'], 100, preempt);
      const ports = ['eth0', 'eth1'].map((ifname) => `host1:${ifname}`);
      world.lan.partition(ports, ['host2:eth0', 'host2:eth1']);
      world.advance(10_000);
      assert.equal(states(first, second), 'MMMM');
      world.lan.heal();
      world.advance(15_000);
      assert.match(states(first, second), /^(MMBB|BBMM)$/);
      world.history();
      world.advance(60_000);
      assert.deepEqual(world.history(), []);
    });
  }
});
