/** What an advertisement of VRRP is that somebody saw, and why a receiver would refuse it. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { InetAddress } from '../../../modules/ifnet/index.js';
import type { SeenOnLink } from '../../../modules/vip/index.js';
import { VrrpExplainer } from '../../../modules/vrrp/index.js';
import { GROUP, payloadOf, type Said } from './support/said.js';
import { fromHex, vectors } from './support/vectors.js';

function seen(host: number, said: Said = {}, given: Partial<SeenOnLink> = {}): SeenOnLink {
  const source = InetAddress.parse(`10.88.0.${host}`);
  const payload = payloadOf(source, said);
  return {
    time: 0,
    family: 4,
    source,
    destination: GROUP,
    ttl: 255,
    payload,
    length: payload.length,
    authenticated: false,
    headerHolds: true,
    vlans: [],
    ...given,
  };
}

const kinds = (explainer: VrrpExplainer, packet: SeenOnLink): string[] =>
  explainer.explain(packet).faults.map(({ kind, text }) => `${kind}: ${text}`);

describe('an advertisement of VRRP that was seen', () => {
  it('of each vector is what its sender says, or names a fault where a receiver would', () => {
    let taken = 0;
    let refused = 0;
    for (const vector of vectors.filter(({ proto, version }) => proto === 112 && version !== 4)) {
      const payload = fromHex(vector.packet.payload);
      const { words, checksum, faults } = new VrrpExplainer().explain({
        time: 0,
        family: vector.family === 'ipv4' ? 4 : 6,
        source: InetAddress.parse(vector.src),
        destination: InetAddress.parse(vector.dst),
        ttl: vector.ttl,
        payload,
        length: payload.length,
        authenticated: false,
        headerHolds: true,
        vlans: [],
      });
      const what = `${vector.source}: ${vector.why}: ${faults.map(({ text }) => text).join('; ')}`;
      if (vector.valid) {
        taken++;
        assert.deepEqual([faults, checksum], [[], 'valid'], what);
        const { version, priority, interval, addresses } = words!;
        assert.deepEqual(
          [version, priority, interval, addresses],
          [
            vector.version,
            vector.priority,
            vector.interval_cs * 10,
            vector.addresses.map((text) => InetAddress.parse(text).toString()),
          ],
          what,
        );
      } else if (faults.length > 0) refused++;
    }
    assert.ok(taken > 20 && refused > 5, `${taken} taken, ${refused} refused`);
  });

  it('names the checksum that only some peers send, and who signs how', () => {
    const notes = (said: Said) => new VrrpExplainer().explain(seen(1, said)).notes.join('; ');
    assert.equal(notes({}), '');
    assert.match(
      notes({ checksum: 'rfc9568' }),
      /^its checksum covers the message alone, as RFC 9568 has it/,
    );
    assert.equal(notes({ priority: 255 }), 'it owns the addresses');
    const password = new TextEncoder().encode('secret');
    const clear = notes({ version: 2, auth: { type: 'pass', password } });
    assert.equal(clear, 'with a password in clear text');
  });

  it('is refused for its checksum, its TTL, its length, its interval', () => {
    const explainer = new VrrpExplainer();
    const damaged = seen(1);
    damaged.payload[2]! ^= 1;
    assert.match(kinds(explainer, damaged)[0]!, /^wrong checksum: by all of 3 rules/);
    assert.equal(explainer.explain(damaged).checksum, 'invalid');
    assert.match(kinds(explainer, seen(1, {}, { ttl: 64 }))[0]!, /^wrong ttl: 64 instead of 255/);
    const unicast = { ttl: 64, destination: InetAddress.parse('10.88.0.2') };
    const old = explainer.explain(seen(1, {}, unicast));
    assert.deepEqual([old.faults, old.notes], [[], ['its checksum is that of a keepalived up to 1.3.6']]);
    assert.deepEqual(
      kinds(explainer, seen(1, { checksum: 'rfc9568' }, unicast)),
      [],
      'routed unicast is taken',
    );
    assert.match(
      kinds(explainer, seen(1, {}, { headerHolds: false }))[0]!,
      /^wrong checksum: of its IP header/,
    );
    assert.match(kinds(explainer, seen(1, { interval: 0 }))[0]!, /^malformed: its interval is 0/);
    const { payload } = seen(1);
    for (const length of [0, 3, 8, 11])
      assert.match(
        kinds(explainer, seen(1, {}, { payload: payload.subarray(0, length), length }))[0]!,
        /^malformed: it has \d+ bytes/,
      );
    assert.match(kinds(explainer, seen(1, {}, { length: 40 }))[0]!, /^truncated: /);
    assert.deepEqual(
      explainer.groups.map(({ vrid, mastership }) => [vrid, mastership.masters.length]),
      [[7, 1]],
    );
  });

  it('is compared with the other host of its router: list, version, interval of version 2, authentication', () => {
    const list = ['10.88.0.100', '10.88.0.101'];
    const pairs: [Said, Said, RegExp | undefined][] = [
      [{ addresses: list }, { addresses: list.toReversed() }, undefined],
      [
        { addresses: list },
        {},
        /^other addresses: it lacks 10\.88\.0\.101, compared with 10\.88\.0\.1: give/,
      ],
      [{}, { addresses: list }, /^other addresses: it names 10\.88\.0\.101 too, compared with 10\.88\.0\.1/],
      [{}, { version: 2 }, /^other version: 10\.88\.0\.1 speaks version 3: .*do not hear each other/],
      [{ version: 2 }, { version: 2, interval: 200 }, /^other interval: 10\.88\.0\.1 advertises every 1 s/],
      [{ interval: 50 }, { interval: 200 }, undefined],
      [
        { version: 2 },
        { version: 2, auth: { type: 'pass', password: new TextEncoder().encode('x') } },
        /^other authentication: password, and 10\.88\.0\.1 has none/,
      ],
    ];
    for (const [one, other, expected] of pairs) {
      const explainer = new VrrpExplainer();
      assert.deepEqual(kinds(explainer, seen(1, one)), []);
      const [found] = kinds(explainer, seen(2, other));
      if (expected === undefined) assert.equal(found, undefined);
      else assert.match(found ?? '', expected);
    }
    const knowing = new VrrpExplainer({ vrid: 7, addresses: list });
    assert.match(kinds(knowing, seen(1))[0]!, /lacks 10\.88\.0\.101, compared with the list given/);
    assert.deepEqual(kinds(knowing, seen(1, { vrid: 8 })), [], 'of another router');
    const both = new VrrpExplainer({ vrid: 7, addresses: ['10.88.0.100', 'fd88::100'] });
    assert.deepEqual(kinds(both, seen(1)), [], 'the number is another router over IPv6');
    const sixth = new VrrpExplainer({ vrid: 7, addresses: ['fd88::100'] });
    assert.deepEqual(kinds(sixth, seen(1)), []);
    const elsewhere = new VrrpExplainer();
    kinds(elsewhere, seen(1, { addresses: list }));
    assert.deepEqual(kinds(elsewhere, seen(2, {}, { vlans: [10] })), [], 'in another VLAN');
  });

  it('tells who was MASTER and who should be: by priority, then by the higher address', () => {
    const explainer = new VrrpExplainer();
    const at = (time: number, host: number, said: Said): void =>
      void explainer.explain(seen(host, said, { time }));
    for (let s = 0; s < 4; s++) at(s * 1000, 1, { priority: 100 });
    at(4000, 1, { priority: 0 });
    for (let s = 5; s < 8; s++) at(s * 1000, 2, { priority: 90 });
    for (let s = 8; s < 12; s++) at(s * 1000, 3, { priority: 150 });
    const { changes, holder, rightful } = explainer.groups[0]!.mastership;
    assert.deepEqual(
      changes.map(({ to, reason }) => `${to}: ${reason}`),
      [
        '10.88.0.1: the first seen',
        '10.88.0.2: 10.88.0.1 bowed out',
        '10.88.0.3: it is preferred: priority 150',
      ],
    );
    assert.deepEqual([holder!.source, rightful!.source].map(String), ['10.88.0.3', '10.88.0.3']);
    const tied = new VrrpExplainer();
    for (let s = 0; s < 6; s++)
      for (const host of [1, 9]) void tied.explain(seen(host, {}, { time: s * 1000 + host }));
    assert.equal(tied.groups[0]!.mastership.rightful!.source.toString(), '10.88.0.9');
    assert.match(
      tied.groups[0]!.mastership.changes.at(-1)!.reason,
      /^two masters: 10\.88\.0\.1 advertises too/,
    );
  });

  it('does not make it remember more than a thousand routers', () => {
    const explainer = new VrrpExplainer();
    for (let vlan = 0; vlan < 3000; vlan++) explainer.explain(seen(1, {}, { vlans: [vlan] }));
    assert.equal(explainer.groups.length, 1024);
  });
});
