/** What strangers can do, and what must not leak. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { type AdvertisementFields, advertisement } from './support/advertisement.js';
import { stranger } from './support/stranger.js';
import { acceptOwn, type Host, SHARED, World } from './support/world.js';

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
    acceptOwn(host);
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

  it('by the ten thousand silence no peer, not even one that was never heard', async () => {
    await using world = new World();
    const { hosts, vhids } = await world.pair({}, { advskew: 100 });
    const wire = stranger(world);
    world.advance(5000);
    const [wrong, ms] = [forge({ password: 'guess' }), 100];
    // What a MASTER knows of its BACKUP is nothing: these could be its words.
    for (let i = 0; i < 30 * ms; i++) {
      wire.send(wrong, '10.88.0.2');
      if (i % 30 === 29) world.advance(1);
    }
    assert.equal(value(hosts[0]!, 'badauth'), 30 * ms);
    vhids[0]!.setState('BACKUP');
    world.advance(5000);
    assert.deepEqual(world.masters(), ['host2']);
    assert.equal(value(hosts[0]!, 'flooded'), 0);
  });

  it('beyond twenty thousand a second are left unread, but for hosts that have sent a right one', async () => {
    await using world = new World();
    const { hosts, vhids } = await world.pair({}, { advskew: 100 });
    const wire = stranger(world);
    world.advance(5000);
    const wrong = forge({ password: 'guess' });
    const flood = (source: string, count: number): void => {
      for (let i = 0; i < count; i++) wire.send(wrong, source);
      world.advance(1);
    };
    flood('10.88.0.66', 30_000);
    assert.equal(value(hosts[0]!, 'badauth'), 20_000);
    assert.equal(value(hosts[0]!, 'flooded'), 10_000);
    const warnings = hosts[0]!.log.filter(({ message }) => /flood of wrong digests/.test(message));
    assert.equal(warnings.length, 1);
    // The master is heard by its BACKUP, whose budget is spent all the time.
    for (let ms = 0; ms < 4000; ms++) flood('10.88.0.66', 21);
    assert.deepEqual([vhids[0]!.state, vhids[1]!.state], ['MASTER', 'BACKUP']);
    // A second later strangers are read again.
    world.advance(1000);
    const before = value(hosts[0]!, 'badauth');
    flood('10.88.0.66', 1);
    assert.equal(value(hosts[0]!, 'badauth'), before + 1);
  });

  it('of nothing at all with replay off: our own words come back as a peer with equal timers', async () => {
    await using world = new World();
    const host = await world.host();
    host.create({ replay: 'off' });
    const wire = stranger(world);
    world.advance(5000);
    const own = world.seen.findLast(({ kind }) => kind === 'carp4')!.payload;
    wire.send(own, '10.88.0.66');
    world.advance(1);
    assert.deepEqual([value(host, 'looped'), value(host, 'ties')], [0, 1]);
  });

  it('are for other groups, and not for what comes to our own address: some switch may turn it into that', async () => {
    await using world = new World();
    const host = await world.host();
    const vhid = host.create({ advskew: 10 });
    const wire = stranger(world);
    world.advance(5000);
    wire.send(forge({ counter: 1n }), '10.88.0.66', 255, '224.0.0.17');
    world.advance(1);
    assert.equal(vhid.state, 'MASTER');
    wire.send(forge({ counter: 2n }), '10.88.0.66', 255, '10.88.0.1');
    world.advance(1);
    assert.equal(vhid.state, 'BACKUP');
    assert.equal(value(host, 'badgroup'), 0, 'the kernel gives us our own groups only');
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
