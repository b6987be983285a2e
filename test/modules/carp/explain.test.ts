/** Of each advertisement: what it is, and why a receiver would refuse it. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  CarpExplainer,
  type CarpVhidOptions,
  type Explanation,
  type SeenPacket,
  verdictText,
} from '../../../modules/carp/index.js';
import { sequenceAt } from '../../../modules/carp/seal/format.js';
import { storeChecksum } from '../../../modules/carp/wire/header.js';
import { InetAddress, InetPrefix } from '../../../modules/ifnet/index.js';
import { type AdvertisementFields, advertisement, advertisements } from './support/advertisement.js';
import { type SealedFields, sealedAdvertisements } from './support/seal.js';
import { destinationOf, fromHex, optionsOf, vectors } from './support/vectors.js';

const NOW = Date.UTC(2026, 10, 28);
const VHID = { ifname: 'eth0', vhid: 1, password: 'secret', addresses: ['10.88.0.100/24', 'fd00::100/64'] };
const SOURCE = '10.88.0.2';
const OTHER = '10.88.0.3';

interface Seen {
  readonly time?: number;
  readonly source?: string;
  readonly destination?: string;
  readonly ttl?: number;
  readonly passed?: string;
  readonly vlans?: readonly number[];
  readonly lladdr?: Uint8Array;
  readonly returned?: boolean;
  readonly fragment?: boolean;
  readonly length?: number;
  readonly headerHolds?: boolean;
}

function seen(payload: Uint8Array, given: Seen = {}): SeenPacket {
  const { source = SOURCE, time = NOW, length = payload.length } = given;
  const address = InetAddress.parse(source);
  const group = address.family === 4 ? '224.0.0.18' : 'ff02::12';
  const destination = InetAddress.parse(given.destination ?? group);
  return {
    ttl: 255,
    passed: '0',
    vlans: [],
    fragment: false,
    headerHolds: true,
    authenticated: false,
    ...given,
    time,
    family: address.family,
    source: address,
    destination,
    payload,
    length,
  };
}

function explainer(options: Partial<CarpVhidOptions> = {}): CarpExplainer {
  const { password, addresses, vhid } = { ...VHID, ...options };
  const prefixes = addresses.map((text) => InetPrefix.parse(String(text)));
  return new CarpExplainer({ key: new TextEncoder().encode(String(password)), prefixes, vhid });
}

const HEARING_TWO = (): CarpExplainer => {
  const [key, heard] = ['next', 'secret'].map((each) => new TextEncoder().encode(each));
  const prefixes = VHID.addresses.map((text) => InetPrefix.parse(text));
  return new CarpExplainer({ key, heardKeys: [heard!], prefixes, vhid: VHID.vhid });
};
const KNOWING_NOTHING = (): CarpExplainer => new CarpExplainer({ prefixes: [] });

/** What a receiver with VHID's settings is told about an advertisement of a sender that has others. */
function of(sender: Partial<CarpVhidOptions>, given?: Seen, fields?: AdvertisementFields): string {
  const packet = advertisement({ ...VHID, ...sender }, fields);
  return verdictText(explainer().explain(seen(packet, given)));
}

describe('an advertisement', () => {
  it('is valid with every password that is heard, its seal too', () => {
    const make = sealedAdvertisements(VHID, SOURCE);
    const packet = seen(make({ sequence: sequenceAt(NOW) }));
    assert.equal(verdictText(HEARING_TWO().explain(packet)), 'valid: sealed');
    const other = seen(advertisement({ ...VHID, password: 'other' }));
    assert.match(verdictText(HEARING_TWO().explain(other)), /^wrong password/);
  });

  it('of every implementation is valid with its settings, and unchecked without', () => {
    for (const vector of vectors.filter(({ valid }) => valid)) {
      const { vhid, password, addresses, lladdr } = optionsOf(vector);
      // A link-layer address that an OpenBSD hashes is found out, not given.
      const prefixes = addresses.map((text) => InetPrefix.parse(String(text)));
      const knowing = new CarpExplainer({ key: new TextEncoder().encode(String(password)), prefixes, vhid });
      const packet = seen(fromHex(vector.carp), {
        destination: InetAddress.from(destinationOf(vector)).toString(),
      });
      const { digest, checksum, words } = knowing.explain(packet);
      assert.deepEqual(
        [digest, checksum],
        [lladdr === undefined ? 'valid' : 'invalid', 'valid'],
        vector.source,
      );
      assert.deepEqual(
        [words!.vhid, words!.advbase, words!.demote, words!.counter],
        [vhid, vector.advbase, vector.demote, BigInt(`0x${vector.counter}`)],
      );
      assert.deepEqual(KNOWING_NOTHING().explain(packet).digest, 'unchecked');
    }
  });

  it('that was altered or damaged is not', () => {
    for (const vector of vectors.filter(({ valid }) => !valid)) {
      const { vhid, password, addresses } = optionsOf(vector);
      const prefixes = addresses.map((text) => InetPrefix.parse(String(text)));
      const knowing = new CarpExplainer({ key: new TextEncoder().encode(String(password)), prefixes, vhid });
      const { faults } = knowing.explain(seen(fromHex(vector.carp)));
      assert.ok(faults.length > 0, `${vector.source}: ${vector.note}`);
    }
  });

  it('over IPv6 is as over IPv4', () => {
    assert.equal(of({}, { source: 'fe80::2' }), 'valid');
  });

  it('says its seal, its demotion, a bow-out, and that the capture knows it', () => {
    const sealed = sealedAdvertisements(VHID, SOURCE);
    const verdict = (fields: SealedFields): string => verdictText(explainer().explain(seen(sealed(fields))));
    assert.equal(verdict({ sequence: sequenceAt(NOW) }), 'valid: sealed');
    assert.equal(verdict({ sequence: sequenceAt(NOW), demote: 7 }), 'valid: sealed; demoted by 7');
    assert.match(of({}, {}, { advbase: 255, advskew: 255 }), /^valid: a bow-out/);
    assert.match(
      verdict({ sequence: sequenceAt(NOW - 3_600_000) }),
      /^valid: sealed; its seal is 3600 s old/,
    );
  });

  it('came through a router, or was damaged', () => {
    assert.match(of({}, { ttl: 254 }), /^wrong ttl: 254 instead of 255: it came through a router/);
    assert.equal(of({}, { ttl: 64, destination: '10.88.0.9' }), 'valid', 'unicast');
    assert.match(of({}, { headerHolds: false }), /^wrong checksum: of its IP header/);
    const packet = advertisement(VHID);
    packet[20]! ^= 1;
    assert.match(
      verdictText(explainer().explain(seen(packet))),
      /^wrong checksum: it was damaged.*; wrong password/,
    );
    const bent = advertisement(VHID);
    bent[2] = 9;
    assert.match(verdictText(explainer().explain(seen(bent))), /^altered: its digest is right/);
  });

  it('cannot be read', () => {
    const packet = advertisement(VHID);
    const verdict = (payload: Uint8Array, given?: Seen): string =>
      verdictText(explainer().explain(seen(payload, given)));
    assert.match(verdict(packet.subarray(0, 20), { length: 36 }), /^truncated/);
    assert.match(verdict(packet.subarray(0, 20)), /^malformed: it has 20 bytes/);
    assert.match(verdict(Uint8Array.of(...packet, 0)), /^malformed: it has 37 bytes/);
    assert.match(
      verdict(Uint8Array.of(0x42, ...packet.subarray(1))),
      /^malformed: version 4, type 2, vhid 1/,
    );
    assert.match(verdict(packet, { fragment: true }), /^fragment/);
    assert.match(verdict(new Uint8Array(0)), /^malformed/);
  });
});

describe('memory', () => {
  /** What is said of the first of so many advertisements when it comes again, where so many vhids are in the capture. */
  function again(count: number, vhids: number): string {
    const by = KNOWING_NOTHING();
    for (let i = 0; i < vhids; i++) {
      const packet = advertisement({ ...VHID, vhid: 2 + (i % 200) }, { counter: BigInt(i + 1) });
      by.explain(seen(packet, { vlans: [Math.floor(i / 200)] }));
    }
    // As a peer that draws each counter anew.
    const packets = Array.from({ length: count }, (_, i) =>
      advertisement(VHID, { counter: BigInt(i + 1) * 0x9e3779b97f4an }),
    );
    packets.forEach((packet, i) => by.explain(seen(packet, { time: NOW + 1000 * i })));
    return verdictText(by.explain(seen(packets[0]!, { time: NOW + 1000 * count })));
  }

  it('is shared: of many vhids fewer advertisements each are remembered', () => {
    assert.match(again(1500, 0), /^replayed: it came before/);
    assert.match(again(50, 1000), /^replayed: it came before/);
    assert.doesNotMatch(again(200, 1000), /it came before/);
  });
});

describe('a wrong digest', () => {
  it('is for another address list, and the address is named', () => {
    const both = { addresses: ['10.88.0.100/24', '10.88.0.101/24', 'fd00::100/64'] };
    const packet = advertisement(VHID);
    assert.equal(
      verdictText(explainer(both).explain(seen(packet))),
      "other addresses: the sender's list lacks 10.88.0.101: give all hosts the same addresses",
    );
    assert.match(
      of({ addresses: ['10.88.0.100/24'] }),
      /^other addresses: the sender's list lacks fd00::100:/,
    );
    const many = Array.from({ length: 40 }, (_, i) => `10.88.9.${i + 1}/24`);
    const without = many.filter((_, i) => i !== 7 && i !== 30);
    assert.match(
      verdictText(
        explainer({ addresses: many }).explain(seen(advertisement({ ...VHID, addresses: without }))),
      ),
      /^other addresses: the sender's list lacks 10\.88\.9\.8 and 10\.88\.9\.31:/,
    );
  });

  it('is for an address that the sender was seen to have, or has as OpenBSD does', () => {
    const more = advertisement({ ...VHID, addresses: [...VHID.addresses, '10.88.0.101/24'] });
    const knowing = explainer();
    const lladdr = Uint8Array.of(0, 0, 0x5e, 0, 1, 1);
    knowing.announced(lladdr, InetAddress.parse('10.88.0.100'));
    knowing.announced(lladdr, InetAddress.parse('10.88.0.101'));
    assert.equal(
      verdictText(knowing.explain(seen(more, { lladdr }))),
      'other addresses: the sender also has 10.88.0.101, which the list given lacks',
    );
    assert.match(
      of({ addresses: [...VHID.addresses, `${SOURCE}/24`] }),
      /^other addresses: the sender also has 10\.88\.0\.2,/,
    );
    // Sent with all addresses, as a FreeBSD with that address would.
    assert.match(
      of({ addresses: [...VHID.addresses, 'fe80::200:5eff:fe00:101/64'] }),
      /^other addresses: the sender also has fe80::200:5eff:fe00:101,/,
    );
    assert.match(
      of({ addresses: ['10.88.0.2/24', 'fd00::100/64'] }),
      /^other addresses: the sender has 10\.88\.0\.2 instead of 10\.88\.0\.100$/,
    );
  });

  it('is for the right host number in another network', () => {
    assert.equal(
      verdictText(
        explainer({ addresses: ['10.88.1.100/24'] }).explain(
          seen(advertisement({ ...VHID, addresses: ['10.88.0.100/24'] })),
        ),
      ),
      'wrong prefix: the sender has 10.88.0.100 where 10.88.1.100/24 was given: compare address and prefix on both hosts',
    );
  });

  it('is for another password, with the slip if it is one', () => {
    assert.match(of({ password: 'secret\n' }), /^wrong password: the sender's ends with a newline/);
    assert.match(of({ password: '' }), /^wrong password: the sender has none/);
    assert.match(of({ password: 'SECRET' }), /^wrong password: the sender's is in capitals/);
    assert.match(of({ password: 'other' }), /^wrong password: or an address that the list given lacks/);
  });

  it('is for another vhid, or a link-layer address set by hand', () => {
    const packet = advertisement({ ...VHID, vhid: 9 });
    packet[1] = 1;
    storeChecksum(packet);
    assert.match(verdictText(explainer().explain(seen(packet))), /^other vhid: it was signed as vhid 9/);
    const lladdr = '02:00:00:00:00:09';
    assert.match(
      of({ lladdr }, { lladdr: Uint8Array.of(2, 0, 0, 0, 0, 9) }),
      /^wrong digest: the sender hashes its link-layer address/,
    );
  });

  it('of a sealed one says for certain whether password or list differ', () => {
    const sealed = (options: Partial<CarpVhidOptions>): string =>
      verdictText(
        explainer().explain(
          seen(sealedAdvertisements({ ...VHID, ...options }, SOURCE)({ sequence: sequenceAt(NOW) })),
        ),
      );
    assert.match(
      sealed({ addresses: [...VHID.addresses, '10.88.7.7/24'] }),
      /^other addresses: the password is right, as its seal shows/,
    );
    assert.match(sealed({ password: 'other' }), /^wrong password: neither its seal nor its digest/);
  });

  it('of a sealed one shows by its seal where no addresses are given', () => {
    const knowing = (password: string): string =>
      verdictText(
        new CarpExplainer({ key: new TextEncoder().encode(password), prefixes: [] }).explain(
          seen(sealedAdvertisements(VHID, SOURCE)({ sequence: sequenceAt(NOW) })),
        ),
      );
    assert.equal(knowing('secret'), 'unchecked: sealed');
    assert.equal(knowing('other'), 'unchecked: its seal does not fit the password given, or it was altered');
  });

  it('of another vhid than the one given is not looked at', () => {
    const packet = advertisement({ ...VHID, vhid: 9, password: 'theirs' });
    assert.equal(verdictText(explainer().explain(seen(packet))), 'unchecked');
  });

  it('is searched for a few times, then only looked up', () => {
    const knowing = explainer();
    const make = advertisements({ ...VHID, password: 'other' });
    const lost = performance.now();
    const verdicts = Array.from({ length: 20_000 }, (_, i) =>
      verdictText(knowing.explain(seen(make({ counter: BigInt(i + 1) }), { time: NOW + i }))),
    );
    assert.ok(verdicts.every((verdict) => verdict.startsWith('wrong password: or an address')));
    assert.ok(performance.now() - lost < 20_000);
  });
});

describe('what came before', () => {
  const sealed = sealedAdvertisements(VHID, SOURCE);
  const make = advertisements(VHID);

  function each(packets: readonly SeenPacket[], by = explainer()): string[] {
    return packets.map((packet) => verdictText(by.explain(packet)));
  }

  it('is a replay, and a loop if it comes at once', () => {
    const packet = make({ counter: 5n });
    const [first, echo, again] = each([
      seen(packet),
      seen(packet, { time: NOW + 0.4 }),
      seen(packet, { time: NOW + 60_000 }),
    ]);
    assert.equal(first, 'valid');
    assert.match(echo!, /^looped: the same packet came 0\.4 ms earlier/);
    // OpenBSD sends one number for ever: at the pace of advertisements it is no replay.
    assert.equal(again, 'valid');
  });

  it('is a replay if its sender has gone on', () => {
    const verdicts = each([
      seen(make({ counter: 5n })),
      seen(make({ counter: 6n }), { time: NOW + 1000 }),
      seen(make({ counter: 5n }), { time: NOW + 4000 }),
      seen(make({ counter: 6n }), { time: NOW + 5000, source: OTHER }),
    ]);
    assert.deepEqual(verdicts.slice(0, 2), ['valid', 'valid']);
    assert.match(verdicts[2]!, /^replayed: it came before, 4\.0 s earlier/);
    assert.match(
      verdicts[3]!,
      /^replayed: 10\.88\.0\.2 sent it 4\.0 s earlier; this copy claims another sender/,
    );
  });

  it('is older than what a carpet has sent since, though it was not seen', () => {
    const tag = 7n;
    const counter = (rank: bigint): bigint => (rank << 20n) | tag;
    const verdicts = each([
      seen(make({ counter: counter(100n) })),
      seen(make({ counter: counter(101n) }), { time: NOW + 1000 }),
      seen(make({ counter: counter(50n) }), { time: NOW + 2000 }),
    ]);
    assert.match(verdicts[2]!, /^replayed: 10\.88\.0\.2 has sent later ones/);
    const sealedAgain = each([
      seen(sealed({ sequence: sequenceAt(NOW) })),
      seen(sealed({ sequence: sequenceAt(NOW - 600_000) }), { time: NOW + 1000 }),
    ]);
    assert.match(sealedAgain[1]!, /^replayed: its seal is 601\.0 s old, and later ones have been heard/);
  });

  it('was altered: by the copy, or by its seal', () => {
    const copy = make({ counter: 5n, advskew: 100 });
    const forged = make({ counter: 5n, advskew: 0 });
    assert.match(
      each([seen(copy), seen(forged, { time: NOW + 500 })])[1]!,
      /^altered: it is a copy of one 500\.0 ms earlier, which said advskew 100$/,
    );
    const sequence = sequenceAt(NOW);
    const bent = sealed({ sequence, advskew: 0, sealedAs: { advskew: 100 } });
    assert.match(each([seen(bent)])[0]!, /^altered: its sender had said advskew 100;/);
    const theirs = sealed({ sequence: sequence + 10 });
    const known = each([
      seen(sealed({ sequence }), { time: NOW }),
      seen(theirs, { source: OTHER, time: NOW + 200 }),
    ]);
    assert.match(known[1]!, /^altered: 10\.88\.0\.2 had sent it; address translation/);
  });

  it("is this host's own, come back", () => {
    assert.match(of({}, { returned: true }), /^looped: this host's own advertisement came back/);
  });

  it('was captured at two interfaces', () => {
    const packet = make({ counter: 9n });
    const [, second] = each([seen(packet), seen(packet, { passed: '1', time: NOW + 0.1 })]);
    assert.equal(second, 'valid: seen at another interface of the capture too');
  });

  it('in another VLAN or another family is no replay', () => {
    const packet = make({ counter: 9n });
    const verdicts = each([seen(packet), seen(packet, { source: 'fe80::2' }), seen(packet, { vlans: [10] })]);
    assert.deepEqual(verdicts, ['valid', 'valid', 'valid']);
  });
});

describe('VRRP', () => {
  const V3 = fromHex('313d9601006442910a58008c');
  const V2 = fromHex('2133960100013e0e0a5800640000000000000000');

  it('is named with its number, and a clash with a vhid is said', () => {
    const knowing = explainer({ vhid: 51 });
    const verdict = (payload: Uint8Array, source = '10.88.0.1'): Explanation =>
      knowing.explain(seen(payload, { source }));
    const third = verdict(V3);
    assert.equal(verdictText(third), 'vrrp: VRRPv3 router 61, priority 150, every 1 s, for 10.88.0.140');
    assert.deepEqual([third.id, third.checksum, third.words], [61, 'valid', undefined]);
    const second = verdict(V2);
    assert.match(verdictText(second), /^vrrp clash: VRRPv2 router 51, priority 150.*another number$/);
    assert.equal(second.checksum, 'valid');
    const damaged = V3.slice();
    damaged[2] = 1;
    assert.equal(verdict(damaged).checksum, 'invalid');
  });

  it('clashes with a vhid that was only seen', () => {
    const knowing = KNOWING_NOTHING();
    assert.match(verdictText(knowing.explain(seen(V2))), /^vrrp: /);
    const carp = advertisement({ ...VHID, vhid: 51 });
    assert.match(
      verdictText(knowing.explain(seen(carp))),
      /^unchecked: a VRRP router has the number 51 too$/,
    );
    assert.match(verdictText(knowing.explain(seen(V2))), /^vrrp clash: /);
  });
});

describe('a prefix', () => {
  it('that differs shows by a sender outside of it', () => {
    assert.match(
      of({}, { source: '10.89.0.2' }),
      /^valid: its sender is outside 10\.88\.0\.100\/24: compare the prefixes, which the digest does not cover$/,
    );
  });
});

describe('mastership', () => {
  /** One a second of each, `[second, source, advskew, advbase?]`. */
  function watch(...sent: readonly (readonly [number, string, number, number?])[]) {
    const by = explainer();
    sent.forEach(([second, source, advskew, advbase = 1], i) => {
      const packet = advertisement(VHID, { advskew, advbase, counter: BigInt(1000 + i) });
      by.explain(seen(packet, { source, time: NOW + second * 1000 }));
    });
    const { changes, holder, rightful } = by.groups[0]!.mastership[4];
    return {
      changes: changes.map(({ time, from, to, reason }) => [(time - NOW) / 1000, from, to, reason] as const),
      holder: holder?.source.toString(),
      rightful: rightful?.source.toString(),
    };
  }

  it('passes on when the master falls silent', () => {
    const { changes, holder, rightful } = watch(
      [0, SOURCE, 0],
      [1, SOURCE, 0],
      [4.5, OTHER, 100],
      [5.9, OTHER, 100],
    );
    assert.deepEqual(changes[1], [4.5, SOURCE, OTHER, '10.88.0.2 had been silent for 3.50 s']);
    assert.deepEqual([holder, rightful], [OTHER, OTHER]);
  });

  it('passes on with a bow-out', () => {
    const { changes, holder } = watch([0, SOURCE, 0], [0.5, SOURCE, 255, 255], [0.6, OTHER, 100]);
    assert.deepEqual(changes[1], [0.6, SOURCE, OTHER, '10.88.0.2 bowed out']);
    assert.equal(holder, OTHER);
    assert.equal(watch([0, SOURCE, 0], [0.5, SOURCE, 255, 255]).holder, undefined);
  });

  it('passes on to one that is preferred', () => {
    const { changes } = watch(
      [0, SOURCE, 100],
      [0.5, OTHER, 0],
      [1.5, OTHER, 0],
      [2.5, OTHER, 0],
      [3.5, OTHER, 0],
    );
    assert.deepEqual(changes[1], [0.5, SOURCE, OTHER, 'it is preferred: advbase 1, advskew 0, demotion 0']);
  });

  it('is disputed: two masters, and which it should be', () => {
    const sent = Array.from({ length: 6 }, (_, i) => [
      [i, SOURCE, 10] as const,
      [i + 0.5, OTHER, 0] as const,
    ]).flat();
    const { changes, rightful } = watch(...sent);
    assert.equal(changes.length, 2);
    assert.match(changes[1]![3], /^two masters: 10\.88\.0\.2 advertises too/);
    assert.equal(rightful, OTHER);
  });

  it('counts no advertisement that receivers refuse', () => {
    const by = explainer();
    by.explain(seen(advertisement(VHID, { advskew: 50 })));
    by.explain(seen(advertisement({ ...VHID, password: 'x' }), { source: OTHER, time: NOW + 100 }));
    by.explain(seen(advertisement(VHID), { source: OTHER, ttl: 3, time: NOW + 200 }));
    assert.deepEqual(
      by.groups[0]!.mastership[4].masters.map(({ source }) => source.toString()),
      [SOURCE],
    );
  });
});
