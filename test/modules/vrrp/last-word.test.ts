/**
 * A MASTER that yields says one more word. To a unicast peer that word waits until ARP has found it, and is lost if ARP gives up:
 * the winner knows of no other MASTER then, and does not correct the neighbours that talk to the loser.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { VrrpModule, type VrrpRouter, type VrrpRouterOptions } from '../../../modules/vrrp/index.js';
import { succeed } from '../../support/succession.js';
import { SHARED, World } from './support/world.js';

/** A peer that is switched off. ARP asks for it all the time, and keeps the others' caches fresh by that. */
const GONE = '10.88.0.9';

const LOSER = { virtualMac: false, peers: ['10.88.0.1', GONE] };

interface Healed {
  readonly routers: readonly VrrpRouter[];
  /** Who announced the addresses since. */
  readonly announced: string[];
  /** Who advertised since. */
  readonly said: () => string[];
}

/**
 * A partition ends when the loser has just asked for the winner for the third time, in vain; the winner's cache still has the
 * loser's link-layer address.
 */
async function heal(world: World, common: Partial<VrrpRouterOptions> = {}): Promise<Healed> {
  const routers = await world.group(
    { virtualMac: false, ...common, priority: 150, preempt: false, peers: ['10.88.0.2', GONE] },
    { ...LOSER, ...common },
  );
  world.advance(10_000);
  routers[0]!.setState('BACKUP');
  world.advance(25_560);
  world.lan.partition(['host1:eth0'], ['host2:eth0']);
  world.advance(14_000);
  assert.deepEqual(world.masters(), ['host1', 'host2']);
  world.lan.partition();
  const announced: string[] = [];
  world.lan.tap(({ port, frame }) => {
    const isArp = frame[12] === 8 && frame[13] === 6;
    if (isArp && frame.subarray(28, 32).join('.') === '10.88.0.100') announced.push(hostOf(port.name));
  });
  const from = world.seen.length;
  return { routers, announced, said: () => world.seen.slice(from).map(({ port }) => hostOf(port)) };
}

function hostOf(port: string): string {
  return port.split(':', 1)[0]!;
}

describe('the last word to a unicast peer for which the system has given up looking meanwhile', () => {
  for (const version of [2, 3] as const)
    it(`version ${version}: is repeated, twice, and the winner corrects the neighbours`, async () => {
      await using world = new World();
      const { announced, said } = await heal(world, { version });
      world.advance(1000);
      assert.deepEqual(world.masters(), ['host1']);
      world.advance(1000);
      assert.deepEqual([new Set(said()), announced], [new Set(['host1']), []], 'the word is lost');
      world.advance(1000);
      assert.deepEqual(new Set(announced), new Set(['host1']));
      world.advance(20_000);
      assert.equal(said().filter((host) => host === 'host2').length, 2);
      assert.deepEqual(world.masters(), ['host1']);
    });

  it('is repeated by a successor', async () => {
    await using world = new World();
    const { announced, said } = await heal(world);
    for (const ms of [1000, 500]) {
      world.advance(ms);
      const router = { ifname: 'eth0', vrid: 7, addresses: [SHARED], ...LOSER };
      await succeed(world.hosts[1]!.kernel, [[VrrpModule, { routers: [router] }]]);
    }
    assert.deepEqual(announced, []);
    world.advance(20_000);
    assert.deepEqual(new Set(announced), new Set(['host1']));
    assert.equal(said().filter((host) => host === 'host2').length, 2);
  });

  it('is not repeated by one that is the better one by now: the winner would yield', async () => {
    await using world = new World();
    const { routers, said } = await heal(world);
    world.advance(1100);
    assert.deepEqual(world.masters(), ['host1']);
    routers[1]!.configure({ priority: 200, preempt: false });
    world.advance(20_000);
    assert.deepEqual(new Set(said()), new Set(['host1']));
    assert.deepEqual(world.masters(), ['host1']);
  });

  it('does not exist where no neighbour can be wrong: with a virtual MAC', async () => {
    await using world = new World();
    const { said } = await heal(world, { virtualMac: true });
    world.advance(20_000);
    assert.deepEqual(new Set(said()), new Set(['host1']));
  });
});
