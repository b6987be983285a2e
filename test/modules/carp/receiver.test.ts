/** The checks of a received advertisement, one by one: what passes, what is counted, and what is said of it. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { CarpVhidOptions } from '../../../modules/carp/index.js';
import { CarpReceiver } from '../../../modules/carp/link/receiver.js';
import { sequenceAt } from '../../../modules/carp/seal/format.js';
import { InetAddress, type IpPacket } from '../../../modules/ifnet/index.js';
import { type AdvertisementFields, advertisement } from './support/advertisement.js';
import { sealedAdvertisements } from './support/seal.js';
import { softcOf } from './support/softc.js';
import { SHARED, World } from './support/world.js';

const PEER = '10.88.0.2';
const OWN = '10.88.0.1';

interface Given extends AdvertisementFields {
  readonly source?: string;
  readonly ttl?: number | undefined;
  readonly destination?: string;
  readonly arrivedAt?: number;
  readonly password?: string;
  /** Instead of one that is made. */
  readonly payload?: Uint8Array;
}

/** A receiver beside that of a host's vhid, and what it counts and says. */
async function made(world: World, options: Partial<CarpVhidOptions> = {}) {
  const host = await world.host();
  const vhid = host.create(options);
  const { statistics } = host.carp;
  const log: string[] = [];
  const own = InetAddress.parse(OWN);
  const receiver = new CarpReceiver(
    { isOwn: (address) => address.equals(own) },
    {
      clock: world.clock,
      statistics,
      refusalLog: () => ({ warning: (text: () => string) => log.push(text()) }) as never,
    },
  );
  let counter = 0n;
  const accept = ({
    source = PEER,
    destination,
    ttl,
    arrivedAt,
    password = 'secret',
    payload,
    ...fields
  }: Given) => {
    const said = { ifname: 'eth0', vhid: 1, password, addresses: options.addresses ?? [SHARED] };
    const from = InetAddress.parse(source);
    const packet: IpPacket = {
      family: from.family,
      source: from,
      ...(ttl !== undefined && { ttl }),
      payload: payload ?? advertisement(said, { counter: ++counter, ...fields }),
      ...(destination !== undefined && { destination: InetAddress.parse(destination) }),
      ...(arrivedAt !== undefined && { arrivedAt }),
    };
    return receiver.accept(packet, softcOf(vhid));
  };
  /** What was counted since the last call. */
  let before: Record<string, number> = {};
  const counted = (): Record<string, number> => {
    const now = Object.fromEntries(Object.entries(statistics).map(([name, { value }]) => [name, value]));
    const news = Object.entries(now).flatMap(([name, value]) =>
      value === (before[name] ?? 0) ? [] : [[name, value - (before[name] ?? 0)] as const],
    );
    before = now;
    return Object.fromEntries(news);
  };
  /** `true` if it passes; else what counts it. */
  const passes = (given: Given): true | string => {
    counted();
    return accept(given) === undefined ? Object.keys(counted()).join() : true;
  };
  return { host, vhid, receiver, accept, passes, counted, log };
}

describe('the TTL of an advertisement', () => {
  it('to a group must be 255, where the socket tells it', async () => {
    await using world = new World();
    const { passes, log } = await made(world);
    assert.deepEqual(
      [255, undefined, 254].map((ttl) => passes({ ttl })),
      [true, true, 'badttl'],
    );
    assert.match(log[0]!, /its TTL is 254, less than 255: it came through a router \(badttl\)$/);
  });

  it('must be what is set, if it is set', async () => {
    await using world = new World();
    const { passes } = await made(world, { minTtl: 200 });
    assert.deepEqual(
      [200, 199].map((ttl) => passes({ ttl })),
      [true, 'badttl'],
    );
  });

  it('of a peer may be any', async () => {
    await using world = new World();
    const { passes } = await made(world, { peers: [PEER] });
    assert.equal(passes({ ttl: 0 }), true);
  });
});

describe('the destination of an advertisement', () => {
  it('must be the group of its family, if it is one', async () => {
    await using world = new World();
    const { passes } = await made(world, { addresses: [SHARED, 'fd88::100/64'] });
    const to = (destination: string, source = PEER) => passes({ destination, source });
    assert.deepEqual([to('224.0.0.18'), to(OWN), to('224.0.0.17')], [true, true, 'badgroup']);
    const six = 'fe80::2';
    assert.deepEqual(
      [to('ff02::12', six), to('fe80::1', six), to('ff02::11', six)],
      [true, true, 'badgroup'],
    );
  });

  it('does not matter between peers', async () => {
    await using world = new World();
    const { passes } = await made(world, { peers: [PEER] });
    assert.deepEqual([passes({ destination: OWN }), passes({ destination: '224.0.0.17' })], [true, true]);
  });
});

describe('the source of an advertisement', () => {
  it('of our own is ours, looped', async () => {
    await using world = new World();
    const { passes } = await made(world);
    assert.equal(passes({ source: OWN }), 'looped');
  });

  it('must be in the allow-list, if there is one', async () => {
    for (const [allow, inIt] of [
      [['10.88.0.2/32'], 'badsource'],
      [['10.88.0.2/32', '10.99.0.0/16'], true],
    ] as const) {
      await using world = new World();
      const { passes } = await made(world, { allow: [...allow] });
      assert.deepEqual(
        [PEER, '10.99.1.1', '10.88.0.3'].map((source) => passes({ source })),
        [true, inIt, 'badsource'],
      );
    }
  });
});

describe('our own words', () => {
  it('from elsewhere are looped, by their counter', async () => {
    await using world = new World();
    const { passes } = await made(world, { seal: 'off' });
    world.advance(5000);
    const { payload } = world.seen.find(({ kind }) => kind === 'carp4')!;
    assert.equal(passes({ payload, source: '10.88.0.66' }), 'looped');
    assert.equal(passes({}), true, 'those of others are not');
  });

  it('are looped by their seal, and anything goes with replay off', async () => {
    await using world = new World();
    const { passes, log } = await made(world, { seal: 'send' });
    world.advance(5000);
    assert.equal(passes({ payload: world.seen.find(({ kind }) => kind === 'carp4')!.payload }), 'looped');
    assert.deepEqual(log, [], 'no remedy is needed');
    await using other = new World();
    const off = await made(other, { seal: 'off', replay: 'off' });
    other.advance(5000);
    assert.equal(off.passes({ payload: other.seen.find(({ kind }) => kind === 'carp4')!.payload }), true);
  });
});

describe('what passes', () => {
  it('says what it says, when it came and when it was read', async () => {
    await using world = new World();
    const { accept } = await made(world);
    world.advance(1000);
    const fields = { advbase: 2, advskew: 3, demote: 4 };
    const said = { ...fields, source: InetAddress.parse(PEER), time: 1000, aliveOnly: false, sealed: false };
    assert.deepEqual(accept({ ...fields, arrivedAt: 990 }), { ...said, arrivedAt: 990 });
    assert.deepEqual(accept(fields), { ...said, arrivedAt: 1000 });
  });

  it('is good for the timeout alone, if a refusal would make another MASTER', async () => {
    await using world = new World();
    const { accept, passes, vhid } = await made(world);
    for (const counter of [5n, 6n, 7n]) accept({ counter });
    assert.equal(passes({ counter: 6n }), 'replayed');
    world.advance(2900);
    assert.equal(vhid.state, 'BACKUP');
    assert.equal(accept({ counter: 6n })?.aliveOnly, true);
  });

  it('makes its sender known, by its seal as well, which vouches for every word', async () => {
    await using world = new World();
    const { accept, passes, vhid } = await made(world);
    const { replay } = softcOf(vhid).credentials;
    const knows = () => replay.knows(InetAddress.parse(PEER));
    const options = { ifname: 'eth0', vhid: 1, password: 'secret', addresses: [SHARED] };
    const sequence = sequenceAt(world.clock.wallTime()) + 1000;
    const payload = sealedAdvertisements(options, PEER)({ sequence, advskew: 7 });
    const altered = sealedAdvertisements(options, PEER)({ sequence, advskew: 7, sealedAs: { advskew: 8 } });
    assert.equal(passes({ payload: altered }), 'badseal');
    assert.equal(knows(), false, 'a wrong one vouches for nobody');
    const { sealed, aliveOnly, advskew } = accept({ payload })!;
    assert.deepEqual([sealed, aliveOnly, advskew, knows()], [true, false, 7, true]);
  });

  it('without a seal makes its sender known too', async () => {
    await using world = new World();
    const { accept, vhid } = await made(world);
    accept({});
    assert.equal(softcOf(vhid).credentials.replay.knows(InetAddress.parse(PEER)), true);
  });
});

describe('what a predecessor may have judged', () => {
  it('is no news: a repetition is neither taken nor counted', async () => {
    await using world = new World();
    const { accept, counted, receiver } = await made(world);
    accept({ counter: 5n });
    accept({ counter: 6n });
    receiver.catchingUp = true;
    counted();
    assert.equal(accept({ counter: 5n }), undefined);
    assert.deepEqual(counted(), {});
    assert.equal(accept({ counter: 7n })?.aliveOnly, false);
    const options = { ifname: 'eth0', vhid: 1, password: 'secret', addresses: [SHARED] };
    const sequence = sequenceAt(world.clock.wallTime()) + 1000;
    assert.equal(accept({ payload: sealedAdvertisements(options, PEER)({ sequence }) })?.sealed, true);
    receiver.catchingUp = false;
    counted();
    assert.equal(accept({ counter: 6n }), undefined);
    assert.deepEqual(counted(), { replayed: 1 });
  });
});

describe('a flood of wrong digests', () => {
  it('is left unread beyond twenty thousand a second, but for hosts that have sent a right one', async () => {
    await using world = new World();
    const { accept, counted, log } = await made(world);
    accept({});
    const said = { ifname: 'eth0', vhid: 1, password: 'guess', addresses: [SHARED] };
    const payload = advertisement(said);
    const stranger = (): unknown => accept({ payload, source: '10.88.0.66' });
    for (let i = 0; i < 19_999; i++) stranger();
    counted();
    log.length = 0;
    stranger();
    assert.deepEqual(counted(), { badauth: 1 });
    assert.equal(stranger(), undefined);
    assert.deepEqual(counted(), { flooded: 1 });
    assert.match(log.at(-1)!, /^1@eth0: a flood of wrong digests: while it lasts, only hosts that/);
    assert.equal(accept({ source: '10.88.0.66' }), undefined, 'a right one of a stranger neither');
    assert.ok(accept({}));
    world.advance(1);
    assert.ok(accept({ source: '10.88.0.66' }));
  });
});
