/** What the doctor makes of what it hears: probes of another doctor, and advertisements. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { LINKTYPE_ETHERNET } from '../../../modules/capture/index.js';
import { CARP_GROUPS } from '../../../modules/doctor/index.js';
import { ProbeExchange } from '../../../modules/doctor/listen/exchange.js';
import { Listener } from '../../../modules/doctor/listen/listener.js';
import {
  decodeProbe,
  encodeProbe,
  PROBE_KINDS,
  type Probe,
  type ProbeKind,
  probeFrame,
} from '../../../modules/doctor/listen/probe.js';
import { InetPrefix } from '../../../modules/ifnet/index.js';
import { carpFrame, tagged } from '../capture/support/files.js';
import { advertisements } from '../carp/support/advertisement.js';

const [A, B] = ['00112233445566aa', '00112233445566bb'];
const NOW = Date.UTC(2026, 10, 28);
const VHID = { ifname: 'eth0', vhid: 1, password: 'secret', addresses: ['10.88.0.100/24'] };

function all(): Set<ProbeKind> {
  return new Set(PROBE_KINDS);
}

describe('a probe', () => {
  const probe: Probe = {
    run: A,
    kind: 'group6',
    heard: new Map([[B, new Set<ProbeKind>(['broadcast', 'foreign'])]]),
  };

  it('says what it was made of, with padding behind it', () => {
    assert.deepEqual(decodeProbe(Uint8Array.of(...encodeProbe(probe), 0, 0, 0)), probe);
  });

  it('is nothing else', () => {
    const bytes = encodeProbe(probe);
    for (let length = 0; length < bytes.length; length++)
      assert.equal(decodeProbe(bytes.subarray(0, length)), undefined);
    fc.assert(fc.property(fc.uint8Array({ maxLength: 80 }), (other) => decodeProbe(other) === undefined));
  });

  it('comes from no virtual MAC, and needs an address for a group', () => {
    const ends = {
      lladdr: Uint8Array.of(2, 0, 0, 0, 0, 1),
      source: undefined,
      source6: undefined,
      ...CARP_GROUPS,
    };
    const frame = probeFrame({ ...probe, kind: 'foreign' }, ends)!;
    assert.deepEqual([...frame.subarray(6, 8)], [0x06, 0x00]);
    assert.equal(probeFrame(probe, ends), undefined);
    assert.equal(probeFrame({ ...probe, kind: 'group' }, ends), undefined);
  });
});

describe('two doctors', () => {
  /** What A finds when B reports these of it, so many times. */
  function findings(reported: readonly ProbeKind[], times = 4, sent = all()): string[] {
    const exchange = new ProbeExchange(A);
    for (let i = 0; i < times; i++)
      exchange.input(
        { run: B, kind: 'broadcast', heard: new Map([[A, new Set(reported)]]) },
        '02:00:00:00:00:0b',
      );
    return [...exchange.findings('eth0', sent, false)].map(({ code, text }) => `${code} ${text}`);
  }

  it('find nothing if all comes through, or not enough was heard', () => {
    assert.deepEqual(findings(PROBE_KINDS), []);
    assert.deepEqual(findings(['broadcast'], 2), []);
    assert.deepEqual(
      findings(['broadcast', 'group', 'foreign'], 4, new Set<ProbeKind>(['broadcast', 'group'])),
      [],
    );
    assert.deepEqual(findings([]), [], 'it has heard nothing at all yet');
  });

  it('find what does not', () => {
    const [first, second, third] = findings(['broadcast']);
    assert.match(first!, /^multicast multicast over IPv4 .* from this host to 02:00:00:00:00:0b/);
    assert.match(second!, /^multicast multicast over IPv6 /);
    assert.match(third!, /^mac-filter /);
  });

  it('know their own frames', () => {
    const exchange = new ProbeExchange(A);
    exchange.input({ run: A, kind: 'broadcast', heard: new Map() }, '02:00:00:00:00:0a');
    assert.deepEqual(
      [...exchange.findings('eth0', all(), true)].map(({ code }) => code),
      ['handed-back'],
    );
    assert.equal(exchange.partners, 0);
  });

  it('are told apart up to a limit, whoever sends how many', () => {
    const exchange = new ProbeExchange(A);
    for (let i = 0; i < 10_000; i++)
      exchange.input({ run: i.toString(16).padStart(16, '0'), kind: 'broadcast', heard: new Map() }, 'x');
    assert.equal(exchange.partners, 32);
    encodeProbe({ run: A, kind: 'broadcast', heard: exchange.heard });
  });
});

describe('a listener', () => {
  const make = advertisements(VHID);
  const theirs = advertisements({ ...VHID, password: 'theirs' });

  function listener(password?: string, heard: readonly string[] = []): Listener {
    const { ifname, vhid } = VHID;
    const addresses = VHID.addresses.map((text) => InetPrefix.parse(text));
    const key = password === undefined ? undefined : new TextEncoder().encode(password);
    const heardKeys = heard.map((each) => new TextEncoder().encode(each));
    return new Listener(A, [
      { ifname, vhid, addresses, peers: [], ...CARP_GROUPS, key, heardKeys, advbase: 1 },
    ]);
  }

  it('finds a MASTER that advertises hardly more often than this host waits, and no other', () => {
    const heard = (
      advskew: number,
      deadTime: number,
      given: { from?: typeof make; outgoing?: boolean } = {},
    ) => {
      const { ifname, vhid } = VHID;
      const by = new Listener(A, [
        { ifname, vhid, addresses: [], peers: [], ...CARP_GROUPS, advbase: 1, deadTime },
      ]);
      hear(by, 0, '10.88.0.1', { from: (words) => make({ ...words, advskew }), ...given });
      return [...by.findings('eth0', all())].map(({ code, text }) => `${code}: ${text}`);
    };
    assert.deepEqual(heard(250, 2000), [
      'dead-time: 10.88.0.1 advertises every 1977 ms, demotion included, and this host takes over after 2000 ms of silence: one late packet is enough',
    ]);
    assert.deepEqual(heard(240, 3000), [], 'a demoted MASTER of a sound group');
    assert.deepEqual(heard(250, 1900), [], 'this host takes over at once, and is MASTER');
    assert.deepEqual(heard(250, 2000, { outgoing: true }), []);
  });

  const slower: typeof make = (words) => make({ ...words, advskew: 100 });
  /** When a host advertises within 4 s. */
  function times(first: number, interval: number): number[] {
    const all: number[] = [];
    for (let at = first; at < 4; at += interval) all.push(at);
    return all;
  }

  let counter = 0n;
  function hear(
    by: Listener,
    seconds: number,
    source: string,
    { from = make, outgoing = false, vlan = 0 } = {},
  ): void {
    counter += 2n ** 20n;
    const frame = carpFrame(from({ counter }), { source });
    by.input({
      time: NOW + seconds * 1000,
      linkType: LINKTYPE_ETHERNET,
      interface: 1,
      bytes: vlan === 0 ? frame : tagged(frame, vlan),
      cut: false,
      outgoing,
    });
  }
  const codes = (by: Listener): string[] => [...by.findings('eth0', all())].map(({ code }) => code);

  it('takes a hand-over for what it is, and two masters too', () => {
    const by = listener();
    for (let i = 0; i < 4; i++) hear(by, i, '10.88.0.1', { outgoing: true });
    for (let i = 4; i < 8; i++) hear(by, i, '10.88.0.2');
    assert.deepEqual(codes(by), []);
    assert.deepEqual(by.heard.map(String), ['10.88.0.2']);
    for (let i = 8; i < 11; i++) {
      hear(by, i, '10.88.0.2');
      hear(by, i + 0.5, '10.88.0.1', { outgoing: true });
    }
    assert.deepEqual(codes(by), ['two-masters']);
  });

  it('finds two masters in 4 s whatever the phase, though one of them advertises twice only', () => {
    const slow = 1 + 100 / 256;
    for (let phase = 0; phase < 100; phase++)
      for (const at of [0.05, 0.35, 0.65, 0.95]) {
        const by = listener();
        const sent = [
          ...times(at, 1).map((second) => [second, '10.88.0.1', 0] as const),
          ...times((phase / 100) * slow, slow).map((second) => [second, '10.88.0.2', 100] as const),
        ];
        for (const [second, source, advskew] of sent.toSorted(([a], [b]) => a - b))
          hear(by, second, source, { from: (words) => make({ ...words, advskew }) });
        assert.deepEqual(codes(by), ['two-masters'], `${at} ${phase}`);
      }
  });

  it('does not take a preemption for two masters, though the two cross', () => {
    const by = listener();
    for (const second of [0, 1.4, 2.8]) hear(by, second, '10.88.0.2', { from: slower });
    for (const second of [2.7999, 3.8, 4.8]) hear(by, second, '10.88.0.1');
    assert.deepEqual(codes(by), []);
  });

  it('does not take a master that comes back for two', () => {
    const by = listener();
    for (const second of [0, 1, 2, 3]) hear(by, second, '10.88.0.1');
    for (const second of [6.4, 7.8, 9.2]) hear(by, second, '10.88.0.2', { from: slower });
    hear(by, 9.9, '10.88.0.1');
    assert.deepEqual(codes(by), []);
  });

  it('finds three masters', () => {
    const by = listener();
    for (let i = 0; i < 3; i++)
      for (const n of [1, 2, 3]) hear(by, i + n / 10, `10.88.0.${n}`, { outgoing: n === 2 });
    const [finding] = [...by.findings('eth0', all())];
    assert.equal(
      finding?.text,
      '10.88.0.1 and 10.88.0.2 (this host) and 10.88.0.3 are MASTER at the same time',
    );
  });

  it('knows a stranger by the password', () => {
    const by = listener('secret');
    for (let i = 0; i < 4; i++) {
      hear(by, i, '10.88.0.1', { outgoing: true });
      hear(by, i + 0.5, '10.88.0.9', { from: theirs });
    }
    assert.deepEqual(codes(by), ['vhid-taken']);
  });

  it('knows a peer by a password that is heard while it is being changed', () => {
    const by = listener('secret', ['former', 'theirs']);
    for (let i = 0; i < 4; i++) hear(by, i, '10.88.0.9', { from: theirs });
    assert.deepEqual(codes(by), []);
  });

  it('does not hear other VLANs, nor vhids that are not its own', () => {
    const by = listener();
    const other = advertisements({ ...VHID, vhid: 2 });
    for (let i = 0; i < 4; i++) {
      hear(by, i, '10.88.0.1');
      hear(by, i, '10.88.0.2', { vlan: 10 });
      hear(by, i, '10.88.0.3', { from: other });
      hear(by, i, '10.88.0.4', { from: other });
    }
    assert.deepEqual(codes(by), []);
  });

  it('hears queriers', () => {
    const by = listener();
    const query = carpFrame(Uint8Array.of(0x11, 0, 0, 0, 0, 0, 0, 0), { source: '10.88.0.254' });
    query[23] = 2;
    by.input({ time: NOW, linkType: LINKTYPE_ETHERNET, interface: 1, bytes: query, cut: false });
    assert.deepEqual([...by.queriers], [4]);
  });
});
