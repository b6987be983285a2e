/** The captured and computed advertisements, through what sends and what receives in production. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { VirtualClock } from '../../../core/index.js';
import type { CarpVhid } from '../../../modules/carp/index.js';
import { CarpReceiver, type CarpReception } from '../../../modules/carp/link/receiver.js';
import { CARP_HEADER_LEN, storeChecksum } from '../../../modules/carp/wire/header.js';
import { IfnetModule, InetAddress, InetPrefix, type IpPacket } from '../../../modules/ifnet/index.js';
import type { LanIfnet } from '../../../modules/ifnet/lan/index.js';
import { advertisement } from './support/advertisement.js';
import { softcOf } from './support/softc.js';
import { type CarpVector, destinationOf, fromHex, optionsOf, toHex, vectors } from './support/vectors.js';
import { type Host, World } from './support/world.js';

const altered = vectors.find((v) => v.source.includes('advskew altered in flight'))!;
const valid = vectors.filter((v) => v.valid && v !== altered);
/** Those that are refused, and the counter that says so. */
const refused: readonly [source: string, counter: string][] = [
  ['negative: digest bit flipped, checksum right', 'badauth'],
  ['negative: checksum wrong', 'badsum'],
  // As long as a VRRPv3 advertisement of seven addresses, which is what its authlen would count there.
  ['negative: version 3 nibble', 'vrrp'],
];

const fieldsOf = ({ advbase, advskew, demote, counter }: CarpVector) => ({
  advbase,
  advskew,
  demote,
  counter: BigInt(`0x${counter}`),
});

/** The counters that are not 0. */
function counted({ carp }: Host): Record<string, number> {
  const values = Object.entries(carp.statistics).map(([name, { value }]) => [name, value] as const);
  return Object.fromEntries(values.filter(([, value]) => value > 0));
}

/** What was read of the packet itself. */
type Read = Omit<CarpReception, 'source' | 'time' | 'arrivedAt'>;

function read({ advbase, advskew, demote, aliveOnly, sealed }: CarpReception): Read {
  return { advbase, advskew, demote, aliveOnly, sealed };
}

/** A host of the vector's set, which is content with every master, and the advertisements that it accepts. */
async function listener(
  world: World,
  vector: CarpVector,
): Promise<{ host: Host; vhid: CarpVhid; received: Read[] }> {
  const host = await world.host();
  const unicast = fromHex(vector.packet)[0]! % 2 === 0;
  if (unicast) becomeReceiver(host, vector);
  const peers = unicast ? ['198.51.100.2'] : [];
  const vhid = host.create({ ...optionsOf(vector), peers, advbase: 255, advskew: 254 });
  const received: Read[] = [];
  const softc = softcOf(vhid);
  const heard = softc.heard.bind(softc);
  softc.heard = (packet, reception) => {
    received.push(read(reception));
    heard(packet, reception);
  };
  return { host, vhid, received };
}

/** Gives the host the addresses, of both layers, that a unicast advertisement was sent to. */
function becomeReceiver(host: Host, vector: CarpVector): void {
  const ifp = host.kernel.get(IfnetModule).byName('eth0') as LanIfnet;
  ifp.setLladdr(fromHex(vector.packet).subarray(0, 6));
  ifp.addAddress(InetPrefix.parse(`${InetAddress.from(destinationOf(vector)).toString()}/24`));
}

/** Puts the vector's frame on the wire, byte for byte. */
function transmit(world: World, { packet }: CarpVector): void {
  const port = world.lan.connect('peer', { receive() {}, carrierChanged() {} });
  port.transmit(fromHex(packet));
  world.advance(10);
}

describe('the vectors', () => {
  it('are of both kinds, valid and not', () => {
    assert.ok(vectors.filter((v) => v.kind === 'captured').length >= 18);
    assert.ok(vectors.filter((v) => v.kind === 'synthetic' && v.valid).length >= 13);
    assert.deepEqual(
      vectors.filter((v) => !v.valid).map(({ source }) => source),
      refused.map(([source]) => source),
    );
  });
});

describe('sending', () => {
  for (const [i, vector] of valid.entries()) {
    it(`makes the same bytes: ${i} ${vector.source}`, () => {
      assert.equal(toHex(advertisement(optionsOf(vector), fieldsOf(vector))), vector.carp);
      assert.ok(vector.packet.endsWith(vector.carp));
    });
  }

  it('signs neither advskew nor what else can be altered in flight', () => {
    const packet = advertisement(optionsOf(altered), { ...fieldsOf(altered), advskew: 1 });
    assert.equal(toHex(packet), altered.carp);
  });

  for (const [source] of refused) {
    it(`never makes this: ${source}`, () => {
      const vector = vectors.find((v) => v.source === source)!;
      assert.notEqual(toHex(advertisement(optionsOf(vector), fieldsOf(vector))), vector.carp);
    });
  }
});

describe('receiving', () => {
  for (const [i, vector] of valid.entries()) {
    it(`accepts, and reads the fields: ${i} ${vector.source}`, async () => {
      await using world = new World();
      const { host, vhid, received } = await listener(world, vector);
      transmit(world, vector);
      const { advbase, advskew, demote } = vector;
      assert.deepEqual(received, [{ advbase, advskew, demote, aliveOnly: false, sealed: false }]);
      assert.deepEqual(counted(host), {
        [destinationOf(vector).length === 4 ? 'ipackets' : 'ipackets6']: 1,
        ...(advbase === 255 && { bowouts_heard: 1 }),
      });
      assert.equal(vhid.state, 'BACKUP');
    });
  }

  it('cannot tell that advskew was altered in flight', async () => {
    await using world = new World();
    const { host, received } = await listener(world, altered);
    transmit(world, altered);
    assert.equal(altered.advskew, 0);
    assert.deepEqual(received, [{ advbase: 1, advskew: 1, demote: 0, aliveOnly: false, sealed: false }]);
    assert.deepEqual(counted(host), { ipackets: 1 });
  });

  for (const [source, counter] of refused) {
    it(`refuses for its own cause, ${counter}: ${source}`, async () => {
      await using world = new World();
      const vector = vectors.find((v) => v.source === source)!;
      const { host, received } = await listener(world, vector);
      transmit(world, vector);
      assert.deepEqual(received, []);
      assert.deepEqual(counted(host), { ipackets: 1, [counter]: 1 });
    });
  }

  describe('another version', () => {
    const vector = vectors.find((v) => v.source === 'negative: version 3 nibble')!;
    const other = { ...vector, packet: vector.packet.replace('310100070001', '410100070001') };

    it('does not pass the filter', async () => {
      await using world = new World();
      const { host, received } = await listener(world, vector);
      transmit(world, other);
      assert.deepEqual([received, counted(host)], [[], {}]);
    });

    it('is counted where there is no filter', async () => {
      await using world = new World();
      const { host, vhid, received } = await listener(world, vector);
      softcOf(vhid).carpIf!.socket(4, 'group')!.setFilter(undefined);
      transmit(world, other);
      assert.deepEqual([received, counted(host)], [[], { ipackets: 1, badver: 1 }]);
    });
  });

  /** Gives the receiver what is behind an IP header that it has nothing against. */
  const giver = ({ carp }: Host, vhid: CarpVhid) => {
    const owner = { isOwn: () => false, refused: () => {} };
    const clock = new VirtualClock();
    const receiver = new CarpReceiver(owner, {
      clock,
      statistics: carp.statistics,
      refusalLog: () => undefined,
    });
    return (payload: Uint8Array) => {
      const packet: IpPacket = { family: 4, source: InetAddress.parse('10.88.0.66'), ttl: 255, payload };
      return receiver.accept(packet, softcOf(vhid));
    };
  };

  it('of 36 bytes and more of anything refuses them for checksum or digest, and never throws', async () => {
    await using world = new World();
    const { host, vhid } = await listener(world, vectors[0]!);
    const accept = giver(host, vhid);
    const { badsum, badauth } = host.carp.statistics;
    const anything = fc.uint8Array({ minLength: CARP_HEADER_LEN, maxLength: 80 });
    fc.assert(
      fc.property(anything, fc.boolean(), (payload, repaired) => {
        const header = payload.subarray(0, CARP_HEADER_LEN);
        storeChecksum(header);
        if (!repaired) header[CARP_HEADER_LEN - 1]! ^= 1;
        const before = [badsum.value, badauth.value];
        assert.equal(accept(payload), undefined);
        const cause = [badsum.value - before[0]!, badauth.value - before[1]!];
        assert.deepEqual(cause, repaired ? [0, 1] : [1, 0]);
      }),
      { numRuns: 1000 },
    );
  });

  it('reads the fields that are sent, whatever they are', async () => {
    await using world = new World();
    const { host, vhid } = await listener(world, vectors[0]!);
    const accept = giver(host, vhid);
    let counter = 2n ** 64n - 1n;
    fc.assert(
      fc.property(fc.nat(255), fc.nat(255), fc.nat(255), (advbase, advskew, demote) => {
        const fields = { advbase, advskew, demote };
        const packet = advertisement(optionsOf(vectors[0]!), { ...fields, counter: counter-- });
        assert.deepEqual(read(accept(packet)!), { ...fields, aliveOnly: false, sealed: false });
      }),
    );
  });

  it('detects any single changed bit by the checksum', async () => {
    await using world = new World();
    const { host, vhid } = await listener(world, vectors[0]!);
    const accept = giver(host, vhid);
    const right = fromHex(vectors[0]!.carp);
    for (let bit = 0; bit < 8 * right.length; bit++) {
      const changed = right.slice();
      changed[bit >> 3]! ^= 1 << (bit & 7);
      assert.equal(accept(changed), undefined);
      assert.equal(host.carp.statistics.badsum.value, bit + 1);
    }
    assert.ok(accept(right));
  });
});
