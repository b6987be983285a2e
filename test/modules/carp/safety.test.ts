/** What strangers can do, and what must not leak. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { CarpReplayGuard } from '../../../modules/carp/link/replay.js';
import { type AdvertisementFields, advertisement } from './support/advertisement.js';
import { stranger } from './support/stranger.js';
import { type Host, SHARED, World } from './support/world.js';

/** An authentic advertisement, unless another password is given. */
function forge({
  password = 'secret',
  ...fields
}: AdvertisementFields & { password?: string } = {}): Uint8Array {
  return advertisement({ ifname: 'eth0', vhid: 1, password, addresses: [SHARED] }, fields);
}

const value = (host: Host, name: keyof Host['carp']['statistics']): number =>
  host.carp.statistics[name].value;

describe('refusals', () => {
  it('each have a counter and one log line, and change nothing', async () => {
    await using world = new World();
    const host = await world.host();
    const vhid = host.create({ allow: ['10.88.0.0/24'], minTtl: 200 });
    const wire = stranger(world);
    world.advance(5000);
    const damaged = forge({ counter: 2n });
    damaged[20]! ^= 1;
    for (let i = 0; i < 100; i++) {
      wire.send(damaged);
      wire.send(forge({ password: 'guess' }));
      wire.send(forge(), '10.99.0.66');
      wire.send(forge(), '10.88.0.66', 64);
      wire.send(forge(), '10.88.0.1');
      world.advance(10);
    }
    assert.equal(vhid.state, 'MASTER');
    assert.equal(value(host, 'badsum'), 100);
    assert.equal(value(host, 'badauth'), 100);
    assert.equal(value(host, 'badsource'), 100);
    assert.equal(value(host, 'badttl'), 100);
    assert.equal(value(host, 'looped'), 100);
    const warnings = host.log.filter(({ level }) => level === 'warning').map(({ message }) => message);
    assert.equal(warnings.length, 4, warnings.join('\n'));
    world.advance(60_000);
    wire.send(damaged);
    world.advance(10);
    assert.match(
      host.log.filter(({ level }) => level === 'warning').at(-1)!.message,
      /\(and 99 more like it\)$/,
    );
  });

  it('of anything at all never throw', async () => {
    await using world = new World();
    const host = await world.host();
    host.create();
    const wire = stranger(world);
    world.advance(5000);
    const anything = fc.uint8Array({ maxLength: 80 });
    const nearly = fc.tuple(fc.nat(35), fc.nat(255)).map(([at, byte]) => {
      const packet = forge({ counter: 5n });
      packet[at] = byte;
      return packet;
    });
    const cut = fc.nat(35).map((length) => forge({ counter: 7n }).subarray(0, length));
    fc.assert(
      fc.property(fc.oneof(anything, nearly, cut), (packet) => {
        wire.send(packet);
        world.advance(1);
      }),
      { numRuns: 2000 },
    );
    assert.ok(host.log.every(({ level }) => level !== 'error'));
  });

  it('by the thousand: the source is muted, unless good ones came from there, and heard again later', async () => {
    await using world = new World();
    const { hosts, vhids } = await world.pair({}, { advskew: 100 });
    const wire = stranger(world);
    world.advance(5000);
    const flood = (source: string): void => {
      for (let i = 0; i < 1500; i++) wire.send(forge({ password: 'guess' }), source);
      world.advance(20);
    };
    flood('10.88.0.66');
    const after = value(hosts[0]!, 'badauth');
    flood('10.88.0.66');
    assert.equal(value(hosts[0]!, 'badauth'), after);
    assert.equal(value(hosts[0]!, 'muted'), 1);
    // Forging the address of the master must not get it silenced.
    world.advance(1000);
    flood('10.88.0.1');
    world.advance(20_000);
    assert.deepEqual(
      vhids.map((vhid) => vhid.state),
      ['MASTER', 'BACKUP'],
    );
    assert.equal(value(hosts[1]!, 'muted'), 1);
    world.advance(20_000);
    wire.send(forge({ password: 'guess' }));
    world.advance(10);
    assert.equal(value(hosts[0]!, 'badauth'), after + 1);
  });

  it('stay silent with net.inet.carp.log at 0', async () => {
    await using world = new World();
    const host = await world.host();
    host.kernel.sysctl.set('net.inet.carp.log', 0);
    host.create();
    const wire = stranger(world);
    world.advance(5000);
    wire.send(forge({ password: 'guess' }));
    world.advance(10);
    assert.equal(value(host, 'badauth'), 1);
    assert.deepEqual(host.log, []);
  });
});

describe('replays', () => {
  /** Records what host1 says, hands it to `replay` with a way to say it again. */
  async function recorded(): Promise<{
    world: World;
    packets: Uint8Array[];
    say: (packet: Uint8Array, source?: string) => void;
  }> {
    const world = new World();
    await world.pair({}, { advskew: 100 });
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

  describe('as the guard sees them', () => {
    const judge = (guard: CarpReplayGuard, counters: bigint[], urgent = false, source = 'a') =>
      counters.map((counter, i) => guard.judge(source, counter, i * 1000, { interval: 1000, urgent }));

    it('window: old numbers are refused, new ones of any size taken', () => {
      const guard = new CarpReplayGuard('window');
      assert.deepEqual(judge(guard, [5n, 6n, 3n, 2n ** 64n - 1n, 6n, 7n]), [
        'fresh',
        'fresh',
        'fresh',
        'fresh',
        'replayed',
        'fresh',
      ]);
      assert.deepEqual(judge(guard, [6n], true), ['alive']);
    });

    it('window: a number that another source used is a repetition, but not in the other family', () => {
      const guard = new CarpReplayGuard('window');
      judge(guard, [5n, 6n], false, '10.0.0.1');
      assert.deepEqual(judge(guard, [6n, 7n], false, '10.0.0.2'), ['replayed', 'fresh']);
      assert.deepEqual(judge(guard, [7n], true, '10.0.0.1'), ['alive']);
      assert.deepEqual(judge(guard, [6n], false, 'fe80::1'), ['fresh']);
    });

    it('window: replays under invented addresses do not make it forget the real ones', () => {
      const guard = new CarpReplayGuard('window');
      judge(guard, [5n, 6n, 7n], false, '10.0.0.1');
      for (let i = 0; i < 100; i++) judge(guard, [5n], false, `10.0.1.${i}`);
      assert.deepEqual(judge(guard, [6n], false, '10.0.0.1'), ['replayed']);
    });

    it('window: OpenBSD says one number for ever, and another after it was booted', () => {
      const guard = new CarpReplayGuard('window');
      assert.deepEqual(new Set(judge(guard, [9n, 9n, 9n, 9n])), new Set(['fresh']));
      assert.deepEqual(judge(guard, [4n, 4n, 4n, 4n, 4n]), ['fresh', 'replayed', 'fresh', 'fresh', 'fresh']);
    });

    it('window: a last number repeated faster than advertisements come is none of OpenBSD', () => {
      const guard = new CarpReplayGuard('window');
      judge(guard, [1n, 2n, 3n]);
      for (let i = 0; i < 20; i++)
        assert.equal(guard.judge('a', 3n, 2010 + i, { interval: 1000, urgent: false }), 'replayed');
    });

    it('strict: numbers must rise', () => {
      const guard = new CarpReplayGuard('strict');
      assert.deepEqual(judge(guard, [5n, 6n, 6n, 4n, 9n]), [
        'fresh',
        'fresh',
        'replayed',
        'replayed',
        'fresh',
      ]);
    });

    it('off: anything goes', () => {
      const guard = new CarpReplayGuard('off');
      assert.deepEqual(judge(guard, [5n, 5n]), ['fresh', 'fresh']);
      assert.deepEqual(judge(guard, [5n, 5n], false, 'b'), ['fresh', 'fresh']);
    });

    it('remembers a bounded number of senders', () => {
      const guard = new CarpReplayGuard('window');
      for (let i = 0; i < 1000; i++) guard.judge(String(i), 1n, 0, { interval: 1000, urgent: false });
      judge(guard, [1n], false, '999');
      assert.ok(inspect(guard, { depth: 9 }).length < 20_000);
    });
  });
});

describe('the password', () => {
  it('is in no dump, no log line and no error', async () => {
    await using world = new World();
    const { hosts, vhids } = await world.pair({ password: 'hunter2' }, { password: 'hunter3' });
    world.advance(20_000);
    const vhid = vhids[0]!;
    vhid.configure({ password: 'hunter2-new' });
    const deep = { depth: 12, showHidden: true };
    const dumps = [inspect(vhid, deep), inspect(hosts[0]!.carp, deep), JSON.stringify(vhid), String(vhid)];
    dumps.push(JSON.stringify(vhid.settings), JSON.stringify(hosts[0]!.log), inspect(hosts[0]!.kernel, deep));
    for (const dump of dumps) assert.ok(!dump.includes('hunter'), dump.slice(0, 200));
    assert.throws(
      () => hosts[0]!.create({ vhid: 9, password: 'hunter2'.repeat(5) }),
      (error: Error) =>
        error.message.startsWith('carp 9@eth0: password is longer than 20 bytes') &&
        !/hunter/.test(error.message),
    );
  });
});
