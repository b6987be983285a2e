/** What the doctor makes of virtual routers of VRRP: what it hears of them, and of the host. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { LINKTYPE_ETHERNET } from '../../../modules/capture/index.js';
import { counterFindings } from '../../../modules/cli/doctor/counters.js';
import { CARP_GROUPS, type Finding, nameOf, type SubjectVhid } from '../../../modules/doctor/index.js';
import { Listener } from '../../../modules/doctor/listen/listener.js';
import { InetAddress, InetPrefix } from '../../../modules/ifnet/index.js';
import { carpFrame } from '../capture/support/files.js';
import { advertisement } from '../carp/support/advertisement.js';
import { payloadOf, type Said } from '../vrrp/support/said.js';

const NOW = Date.UTC(2026, 10, 28);
const ROUTER: SubjectVhid = {
  ifname: 'eth0',
  vhid: 7,
  router: { name: '7@eth0', version: 3, interval: 1000 },
  addresses: [InetPrefix.parse('10.88.0.100/24')],
  peers: [],
  ...CARP_GROUPS,
  advbase: 1,
};

class Ear {
  readonly listener: Listener;

  constructor(...vhids: SubjectVhid[]) {
    this.listener = new Listener('00112233445566aa', vhids);
  }

  hear(
    seconds: number,
    host: number,
    said: Said | Uint8Array = {},
    given: { ttl?: number; outgoing?: boolean } = {},
  ) {
    const source = `10.88.0.${host}`;
    const payload = said instanceof Uint8Array ? said : payloadOf(InetAddress.parse(source), said);
    const { outgoing = false, ...header } = given;
    this.listener.input({
      time: NOW + seconds * 1000,
      linkType: LINKTYPE_ETHERNET,
      interface: 1,
      bytes: carpFrame(payload, { source, ...header }),
      cut: false,
      outgoing,
    });
  }

  get findings(): Finding[] {
    return [...this.listener.findings('eth0', new Set())];
  }

  get codes(): string[] {
    return this.findings.map(({ code, on, severity }) => `${severity} ${code} ${on}`);
  }
}

describe('the doctor, of a virtual router', () => {
  it('finds nothing when one host is MASTER, or hands over, and counts what it hears', () => {
    const ear = new Ear(ROUTER);
    for (let s = 0; s < 3; s++) ear.hear(s, 1, {}, { outgoing: true });
    ear.hear(3, 1, { priority: 0 }, { outgoing: true });
    for (let s = 4; s < 7; s++) ear.hear(s, 2);
    assert.deepEqual(ear.codes, []);
    assert.equal(ear.listener.advertisements, 7);
    assert.deepEqual(ear.listener.heard.map(String), ['10.88.0.2'], 'for reverse path filtering');
  });

  it('finds two masters', () => {
    const ear = new Ear(ROUTER);
    for (let s = 0; s < 4; s++) {
      ear.hear(s, 1, {}, { outgoing: true });
      ear.hear(s + 0.5, 2);
    }
    assert.deepEqual(ear.codes, ['error two-masters 7@eth0']);
    assert.match(ear.findings[0]!.text, /^10\.88\.0\.1 \(this host\) and 10\.88\.0\.2 are MASTER/);
  });

  it('says why this host refuses another one, and that other addresses are no refusal', () => {
    for (const [said, given, severity, text] of [
      [{ version: 2 }, {}, 'error', /other version: it speaks version 2, this host 3$/],
      [{}, { ttl: 64 }, 'error', /wrong ttl: 64 instead of 255/],
      [{ interval: 0 }, {}, 'error', /malformed: its interval is 0/],
      [
        { addresses: ['10.88.0.101'] },
        {},
        'warning',
        /its addresses are others: other addresses: it lacks 10\.88\.0\.100/,
      ],
    ] as [Said, { ttl?: number }, string, RegExp][]) {
      const ear = new Ear(ROUTER);
      ear.hear(0, 2, said, given);
      assert.deepEqual(ear.codes, [`${severity} router-refused 7@eth0`]);
      assert.match(ear.findings[0]!.text, text);
    }
    const damaged = payloadOf(InetAddress.parse('10.88.0.2'));
    damaged[2]! ^= 1;
    const ear = new Ear(ROUTER);
    ear.hear(0, 2, damaged);
    assert.match(ear.findings[0]!.text, /this host refuses it: wrong checksum/);
    ear.hear(1, 2);
    assert.deepEqual(ear.codes, [], 'what it said last counts');
    ear.hear(2, 2, { vrid: 8, version: 2 });
    assert.deepEqual(ear.codes, [], 'another router is no affair of this one');
  });

  it('blames a host for what differs from this one, not for what differs from a third', () => {
    const told = (version: 2 | 3, ...heard: [host: number, said: Said][]) => {
      const ear = new Ear({ ...ROUTER, router: { ...ROUTER.router!, version } });
      for (const [i, [host, said]] of heard.entries()) ear.hear(i, host, said);
      return ear.findings.map(({ text }) => text.replace(/ advertises virtual router 7.*refuses it/, ''));
    };
    const [slow, clear] = [
      { version: 2, interval: 200 },
      { auth: { type: 'pass', password: Uint8Array.of(97) } },
    ] as const;
    assert.deepEqual(told(3, [3, { version: 2 }], [2, {}]), [
      '10.88.0.3: other version: it speaks version 2, this host 3',
    ]);
    assert.deepEqual(told(2, [3, slow], [2, { version: 2 }]), [
      '10.88.0.3: other interval: it advertises every 2 s, this host every 1 s: with version 2 both ignore the other',
    ]);
    assert.deepEqual(told(3, [3, { interval: 200 }]), [], 'version 3 learns it');
    assert.deepEqual(told(2, [3, { version: 2, ...clear }], [2, { version: 2 }]), []);
  });

  it('finds a host that speaks CARP with its number, and a vhid with the number of a router', () => {
    const carp = advertisement({ ifname: 'eth0', vhid: 7, password: 'x', addresses: ['10.88.0.9/24'] });
    const ear = new Ear(ROUTER);
    ear.hear(0, 3, carp);
    assert.deepEqual(ear.codes, ['error vrrp 7@eth0']);
    assert.match(ear.findings[0]!.text, /^10\.88\.0\.3 speaks CARP with the number 7/);
    const { router: _, ...vhid } = ROUTER;
    const other = new Ear(vhid);
    other.hear(0, 3);
    assert.deepEqual(other.codes, ['error vrrp 7@eth0']);
    assert.match(other.findings[0]!.text, /^the VRRP router 10\.88\.0\.3 has the number 7 too/);
  });

  it('has its name, and its counters of refusals', () => {
    assert.equal(nameOf({ ...ROUTER, router: { name: '7v6@eth0', version: 3, interval: 1000 } }), '7v6@eth0');
    const counted = (n: number) =>
      new Map([
        ['net.inet.vrrp.stats.badver', n],
        ['net.inet.carp.stats.badauth', 1],
      ]);
    const found = counterFindings(counted(1), counted(4));
    assert.deepEqual(
      found.map(({ code, on, text }) => `${code} ${on}: ${text}`),
      ['refused vrrp: the counter badver has risen by 3 meanwhile'],
    );
    assert.match(found[0]!.remedy, /set version alike/);
  });
});
