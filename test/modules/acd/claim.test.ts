/** Which frames reach the process, and what they say. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readClaim } from '../../../modules/acd/claim.js';
import { claimFilter } from '../../../modules/acd/filter.js';
import { formatLladdr, InetAddress, passesFrame } from '../../../modules/ifnet/index.js';
import { arp, INTRUDER, na, ns } from './support/intruder.js';
import { SHARED4, SHARED6 } from './support/scene.js';

const bytes = (text: string): Uint8Array => InetAddress.parse(text).bytes;
const OTHER4 = '10.88.0.66';
const OTHER6 = 'fd00::66';

function said(frame: Uint8Array): string | undefined {
  const claim = readClaim(frame);
  return claim && `${claim.kind} ${claim.address} ${formatLladdr(claim.lladdr)}`;
}

/** A neighbour advertisement that came through a router. */
function routed(): Uint8Array {
  const frame = na({ target: SHARED6 });
  frame[21] = 254;
  return frame;
}

describe('a frame', () => {
  for (const [frame, expected] of [
    [arp({ sender: SHARED4 }), `claim ${SHARED4} ${INTRUDER}`],
    [arp({ sender: '0.0.0.0', target: SHARED4 }), `probe ${SHARED4} ${INTRUDER}`],
    [na({ target: SHARED6 }), `claim ${SHARED6} ${INTRUDER}`],
    [na({ target: SHARED6, override: false }), `proxied ${SHARED6} ${INTRUDER}`],
    [ns(OTHER6, SHARED6), `claim ${SHARED6} ${INTRUDER}`],
    [ns(SHARED6), `probe ${SHARED6} ${INTRUDER}`],
    [routed(), undefined],
    [na({ target: SHARED6 }).subarray(0, 70), undefined],
    [arp({ sender: SHARED4 }).subarray(0, 41), undefined],
    [new Uint8Array(60), undefined],
    [new Uint8Array(3), undefined],
  ] as const) {
    it(`says ${expected ?? 'nothing'} (${frame.length} bytes)`, () => assert.equal(said(frame), expected));
  }
});

describe('the filter', () => {
  const filter4 = claimFilter(4, [bytes('10.88.0.101'), bytes(SHARED4)]);
  const filter6 = claimFilter(6, [bytes('fd00::101'), bytes(SHARED6)]);

  it('passes claims and probes', () => {
    const frames4 = [arp({ sender: SHARED4 }), arp({ sender: '0.0.0.0', target: SHARED4 })];
    const frames6 = [na({ target: SHARED6 }), ns(OTHER6, SHARED6), ns(SHARED6)];
    for (const frame of frames4) assert.ok(passesFrame(filter4, frame));
    for (const frame of frames6) assert.ok(passesFrame(filter6, frame));
  });

  it('keeps back what is said about others, ordinary questions, and what was routed', () => {
    const frames4 = [arp({ sender: OTHER4 }), arp({ sender: OTHER4, target: SHARED4 })];
    const probe4 = arp({ sender: '0.0.0.0', target: OTHER4 });
    const frames6 = [na({ target: OTHER6 }), ns(SHARED6, OTHER6), ns(OTHER6), routed()];
    for (const frame of [...frames4, probe4]) assert.ok(!passesFrame(filter4, frame));
    for (const frame of frames6) assert.ok(!passesFrame(filter6, frame));
  });
});
