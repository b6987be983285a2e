/** Recorded advertisements, sent again: altered where the digest does not look, and from whatever address. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { CarpSealMode } from '../../../modules/carp/index.js';
import { stranger } from './support/stranger.js';
import { acceptOwn, type Host, World } from './support/world.js';

const value = (host: Host, name: keyof Host['carp']['statistics']): number =>
  host.carp.statistics[name].value;

describe('replays', () => {
  /** Records what host1 says, hands it to `replay` with a way to say it again. */
  async function recorded(seal: CarpSealMode = 'auto'): Promise<{
    world: World;
    packets: Uint8Array[];
    say: (packet: Uint8Array, source?: string) => void;
  }> {
    const world = new World();
    await world.pair({ seal }, { advskew: 100, seal });
    const wire = stranger(world);
    world.advance(20_000);
    const packets = world.seen.filter(({ kind }) => kind === 'carp4').map(({ payload }) => payload);
    world.history();
    return { world, packets, say: (packet, source = '10.88.0.1') => wire.send(packet, source) };
  }

  function altered(packet: Uint8Array, fields: [offset: number, value: number][]): Uint8Array {
    const copy = packet.slice();
    for (const [offset, byte] of fields) copy[offset] = byte;
    copy.set([0, 0], 6);
    let sum = 0;
    for (let i = 0; i < 36; i += 2) sum += copy[i]! * 256 + copy[i + 1]!;
    while (sum > 0xffff) sum = (sum % 0x10000) + Math.floor(sum / 0x10000);
    copy.set([(~sum >> 8) & 0xff, ~sum & 0xff], 6);
    return copy;
  }

  it('as a bow-out, or as a slower or demoted master, make no BACKUP take over', async () => {
    const { world, packets, say } = await recorded();
    await using _ = world;
    for (const packet of packets.slice(-10)) {
      say(
        altered(packet, [
          [2, 255],
          [5, 255],
        ]),
      );
      say(altered(packet, [[4, 9]]));
      world.advance(5);
    }
    world.advance(5000);
    assert.deepEqual(world.history(), []);
    assert.ok(value(world.hosts[1]!, 'replayed') >= 19);
  });

  it('under an invented address are replays all the same', async () => {
    const { world, packets, say } = await recorded();
    await using _ = world;
    for (const [i, packet] of packets.slice(-10).entries()) {
      say(
        altered(packet, [
          [2, 255],
          [5, 255],
        ]),
        `10.88.0.${100 + i}`,
      );
      world.advance(5);
    }
    world.advance(5000);
    assert.deepEqual(world.history(), []);
    assert.ok(value(world.hosts[1]!, 'replayed') >= 9);
  });

  it('of its own words depose no MASTER', async () => {
    const { world, packets, say } = await recorded();
    await using _ = world;
    acceptOwn(world.hosts[0]!);
    for (const packet of packets.slice(-10))
      say(
        altered(packet, [
          [2, 0],
          [5, 0],
        ]),
      );
    world.advance(5000);
    assert.deepEqual(world.history(), []);
    assert.ok(value(world.hosts[0]!, 'looped') >= 10);
  });

  it('do not count as a second master when the network hands back what we send', async () => {
    await using world = new World();
    const { vhids, hosts } = await world.pair({}, { advskew: 10 });
    const wire = stranger(world);
    world.lan.tap(({ port, frame }) => {
      if (port.name === 'host1:eth0' && frame[23] === 112) wire.send(frame.slice(34), '10.88.0.200');
    });
    world.advance(20_000);
    assert.equal(vhids[0]!.state, 'MASTER');
    assert.ok(value(hosts[0]!, 'looped') > 10);
  });

  it('however old, under whatever address, change nothing: of a master heard, and of oneself', async () => {
    for (const { replay, seal } of [
      { replay: 'window', seal: 'off' },
      { replay: 'strict', seal: 'off' },
      { replay: 'window', seal: 'auto' },
      { replay: 'off', seal: 'require' },
    ] as const) {
      await using world = new World();
      await world.pair({ replay, seal }, { advskew: 100, replay, seal });
      const wire = stranger(world);
      world.advance(120_000);
      const packets = world.seen.filter(({ kind }) => kind === 'carp4').map(({ payload }) => payload);
      assert.ok(packets.length > 100);
      world.history();
      for (const [i, packet] of packets.entries()) {
        // To the BACKUP a bow-out and a slower master, to the MASTER a better one; each from a new address, and from
        // the addresses of both.
        const forged = [
          [
            [2, 255],
            [5, 255],
          ],
          [[5, 9]],
          [
            [2, 0],
            [5, 0],
          ],
        ] as [number, number][][];
        for (const [j, fields] of forged.entries()) {
          for (const source of [`10.88.1.${(3 * i + j) % 250}`, '10.88.0.1', '10.88.0.2'])
            wire.send(altered(packet, fields), source);
        }
        world.advance(150);
      }
      world.advance(10_000);
      assert.deepEqual(world.history(), [], `${replay} ${seal}`);
      assert.deepEqual(world.masters(), ['host1']);
    }
  });

  it('of a dead master, one again and again, keep nobody from taking over', async () => {
    for (const source of ['10.88.0.1', '10.88.0.77']) {
      const { world, packets, say } = await recorded();
      await using _ = world;
      const last = packets.at(-1)!;
      world.lan.cut('host1:eth0');
      for (let i = 0; i < 20; i++) {
        say(last, source);
        world.advance(200);
      }
      assert.deepEqual(
        world.hosts[1]!.carp.list().map(({ state }) => state),
        ['MASTER'],
      );
    }
  });

  it('of a master, under the address of its BACKUP, do not make it deaf to that one', async () => {
    await using world = new World();
    const [first, second] = [await world.host(), await world.host()];
    const options = { replay: 'strict', allow: ['10.88.0.1', '10.88.0.2'].map((a) => `${a}/32`) } as const;
    // The BACKUP was started first, and has the smaller counters.
    const backup = second.create({ ...options, advskew: 100 });
    world.advance(100);
    backup.setState('INIT');
    const master = first.create(options);
    world.advance(5000);
    backup.setState('BACKUP');
    world.advance(30_000);
    const wire = stranger(world);
    const packets = world.seen.filter(({ kind }) => kind === 'carp4').map(({ payload }) => payload);
    wire.send(altered(packets[3]!, [[2, 200]]), '10.88.0.2');
    world.advance(10);
    master.setState('BACKUP');
    world.advance(20_000);
    assert.deepEqual(world.masters(), ['host2']);
    assert.equal(value(first, 'replayed'), 0);
    assert.equal(value(first, 'looped'), 1);
  });

  it('from before a restart work once each, which is what CARP leaves', async () => {
    const { world, packets, say } = await recorded('off');
    await using _ = world;
    const late = await world.host();
    late.create({ advskew: 200, seal: 'off' });
    world.advance(20);
    const bowOut = altered(packets[2]!, [
      [2, 255],
      [5, 255],
    ]);
    say(bowOut);
    world.advance(10_000);
    const taken = (): number => late.carp.statistics.preempt.value;
    assert.equal(taken(), 1);
    // By now it has heard the master itself: all that is older is known.
    for (const packet of packets) {
      say(
        altered(packet, [
          [2, 255],
          [5, 255],
        ]),
      );
      world.advance(50);
    }
    world.advance(5000);
    assert.equal(taken(), 1);
    assert.deepEqual(world.masters(), ['host1']);
  });
});
