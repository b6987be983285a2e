/**
 * Ties: equal timers, any two addresses, any peer, any start. With `election: auto` exactly one master must remain
 * within two dead times.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { CarpVhid } from '../../../modules/carp/index.js';
import { World } from '../../modules/carp/support/world.js';
import { ModelFreeBsd, ModelOpenBsd } from './model-bsd.js';
import type { ModelOptions, ModelPeer } from './model-peer.js';
import { ModelUcarp } from './model-ucarp.js';

const ADDRESSES = ['10.88.0.9', '10.88.0.10', '10.88.1.2'];
const PAIRS = ADDRESSES.flatMap((a) => ADDRESSES.filter((b) => b !== a).map((b) => [a, b] as const));
const TWO_DEAD_TIMES = 6000;
/** Two of ucarp's: what it is late in reading packets comes on top. Needed where both wait for the other to yield. */
const TWO_UCARP_DEAD_TIMES = 7800;
const THREE_UCARP_DEAD_TIMES = 11_700;

type MakePeer = (options: ModelOptions, world: World) => Promise<{ state: string }> | ModelPeer;

const PEERS: Readonly<Record<string, MakePeer>> = {
  ucarp: (options) => new ModelUcarp(options),
  'ucarp on big endian': (options) => new ModelUcarp(options, 'big'),
  FreeBSD: (options) => new ModelFreeBsd(options),
  OpenBSD: (options) => new ModelOpenBsd(options),
  carpet: async (options, world) => {
    const host = await world.host([`${options.source}/16`]);
    return host.create({ password: options.password, addresses: [`${options.shared}/16`] });
  },
};

interface Meeting {
  readonly make: MakePeer;
  readonly own: string;
  readonly peer: string;
  readonly seed: number;
  /** How the two become MASTER both. */
  readonly how: 'partition' | 'together' | 'forced';
  readonly loss?: number;
}

/** How long it took until exactly one master was left for good, in ms; undefined if that was never so. */
async function settle({
  make,
  own,
  peer: source,
  seed,
  how,
  loss = 0,
}: Meeting): Promise<number | undefined> {
  await using world = new World(seed, { latencyMs: 0.2, jitterMs: 2, loss });
  const host = await world.host([`${own}/16`]);
  const create = (): CarpVhid => host.create({ password: 's', addresses: ['10.88.9.9/16'] });
  const options = {
    name: 'peer',
    lan: world.lan,
    random: world.random,
    source,
    shared: '10.88.9.9',
    password: 's',
  };
  if (how !== 'together') world.lan.partition([world.lan.ports[0]!]);
  const vhid = create();
  const phase = how === 'together' ? 0 : world.random.float() * 1000;
  world.advance(phase);
  const peer = await make(options, world);
  if (how === 'forced') world.advance(1000);
  else if (how === 'partition') world.advance(12_000);
  if (how === 'forced') {
    // One of them is MASTER, then the other becomes it at some moment, as if asked to.
    world.lan.heal();
    world.advance(10_000 + world.random.float() * 1000);
    vhid.setState('MASTER');
  }
  world.lan.heal();
  if (how === 'together') world.advance(3000);
  let settled = 0;
  for (let t = 0; t < TWO_DEAD_TIMES + 20_000; t += 50) {
    const masters = Number(vhid.state === 'MASTER') + Number(peer.state === 'MASTER');
    if (masters !== 1) settled = t + 50;
    world.advance(50);
  }
  return settled > TWO_DEAD_TIMES + 15_000 ? undefined : settled;
}

for (const [name, make] of Object.entries(PEERS)) {
  describe(`a tie between carpet and ${name}`, () => {
    for (const how of ['partition', 'together', 'forced'] as const) {
      it(`leaves one master within two dead times: ${how}`, async () => {
        for (const [own, peer] of PAIRS) {
          for (let seed = 1; seed <= 5; seed++) {
            const took = await settle({ make, own, peer, seed, how });
            const limit = name === 'ucarp on big endian' ? TWO_UCARP_DEAD_TIMES : TWO_DEAD_TIMES;
            assert.ok(
              took !== undefined && took <= limit,
              `carpet ${own}, ${name} ${peer}, seed ${seed}: ${took ?? 'never'} ms`,
            );
          }
        }
      });
    }

    it('is settled on a bad wire too', async () => {
      // With a tenth of all frames lost a dead time of silence comes by chance; what must not be is a stalemate.
      for (const [own, peer] of PAIRS) {
        for (let seed = 1; seed <= 3; seed++) {
          const took = await settle({ make, own, peer, seed, how: 'partition', loss: 0.02 });
          assert.ok(took !== undefined, `carpet ${own}, ${name} ${peer}, seed ${seed}`);
        }
      }
    });
  });
}

/** From one moment on exactly one master, within `limit` ms from now. */
async function settleAmong(
  world: World,
  peers: { readonly state: string }[],
  limit: number,
  what: string,
): Promise<void> {
  let settled = 0;
  for (let t = 0; t < TWO_DEAD_TIMES + 20_000; t += 20) {
    if (peers.filter(({ state }) => state === 'MASTER').length !== 1) settled = t + 20;
    world.advance(20);
  }
  assert.ok(settled <= limit, `${what}: ${settled} ms`);
}

describe('a tie among carpets', () => {
  for (const family of ['IPv4', 'both families', 'IPv6'] as const) {
    it(`of four, started together, parted, or without their master, over ${family}`, async () => {
      for (let seed = 1; seed <= 10; seed++) {
        await using world = new World(seed, { latencyMs: 0.2, jitterMs: 3 });
        const shared = [
          ...(family === 'IPv6' ? [] : ['10.88.9.9/16']),
          ...(family === 'IPv4' ? [] : ['fd00::9/64']),
        ];
        // The order of the IPv6 addresses is not that of the IPv4 ones.
        for (let n = 1; n <= 4; n++) await world.host([`10.88.0.${n}/16`, `fe80::${(n * 3) % 5}/64`]);
        const vhids = world.hosts.map((host) => host.create({ addresses: shared }));
        world.advance(3000);
        await settleAmong(world, vhids, TWO_DEAD_TIMES, `${family}, together, seed ${seed}`);
        world.lan.partition(...world.lan.ports.map((port) => [port]));
        world.advance(8000 + world.random.float() * 1000);
        assert.ok(vhids.every(({ state }) => state === 'MASTER'));
        world.lan.heal();
        await settleAmong(world, vhids, TWO_DEAD_TIMES, `${family}, parted, seed ${seed}`);
        // Some of the others yielded to each other before they heard the master: that must be over now.
        const master = vhids.findIndex(({ state }) => state === 'MASTER');
        world.lan.cut(world.lan.ports[master]!);
        await settleAmong(world, vhids, TWO_DEAD_TIMES, `${family}, without their master, seed ${seed}`);
      }
    });
  }
});

describe('a tie among three carpets and', () => {
  for (const [name, make] of Object.entries(PEERS)) {
    it(`${name}, parted or without their master`, async () => {
      // First a carpet and ucarp yield to each other, then each takes itself for the winner.
      const limit = name === 'ucarp on big endian' ? THREE_UCARP_DEAD_TIMES : TWO_DEAD_TIMES;
      for (let seed = 1; seed <= 10; seed++) {
        await using world = new World(seed, { latencyMs: 0.2, jitterMs: 3 });
        // Each of the addresses is the model's in turn.
        const addresses = [...ADDRESSES, '10.88.1.11'];
        const [source] = addresses.splice(seed % 4, 1);
        for (const address of addresses) await world.host([`${address}/16`]);
        const carpets = world.hosts.map((host) =>
          host.create({ password: 's', addresses: ['10.88.9.9/16'] }),
        );
        const { lan, random } = world;
        const options = { name: 'peer', lan, random, source: source!, shared: '10.88.9.9', password: 's' };
        const peers = [...carpets, await make(options, world)];
        lan.partition(...lan.ports.map((port) => [port]));
        world.advance(10_000 + random.float() * 1000);
        assert.ok(peers.every(({ state }) => state === 'MASTER'));
        lan.heal();
        await settleAmong(world, peers, limit, `parted, seed ${seed}`);
        const master = peers.findIndex(({ state }) => state === 'MASTER');
        lan.cut(lan.ports[master]!);
        peers.splice(master, 1);
        await settleAmong(world, peers, limit, `without their master, seed ${seed}`);
      }
    });
  }
});
