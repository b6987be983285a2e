/** Whatever a stranger sends: carpet says what is wrong, once, and goes on. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { seededRandom } from '../../core/random.js';
import { needs } from '../support/needs.js';
import { elapse, isAdvertisement, type Namespace, waitFor } from './support/index.js';
import { Pair } from './support/pair.js';
import { Wiretap } from './support/wiretap.js';

const skip = needs('root', 'netns', 'native', 'program:ucarp', 'program:tcpdump');
const FRAMES = 3000;

describe('strangers', { skip, concurrency: 2 }, () => {
  test('a wrong password: reported with its cause, once; both are MASTER, as they must', async (t) => {
    const pair = await Pair.open(t);
    const ucarp = pair.a.start('ucarp', '-r 1 -p hate');
    await ucarp.waitForLine(/state: MASTER/, 8000);
    const carpet = pair.b.start('carpet', '-r 1');
    const line = await carpet.waitForLine(/password/i, 5000);
    assert.match(line.text, /\[WARNING\]/);
    assert.match(line.text, /10\.77\.0\.1\b/, 'says who');
    assert.match(line.text, /vhid 1|1@eth0/, 'says for which vhid');
    assert.match(line.text, /address/, 'names the other possible cause');
    await carpet.waitForLine(/state: MASTER/, 5000);
    await elapse(2500);
    assert.equal(carpet.matching(/password/i).length, 1, 'one line a minute');
  });

  test(`${FRAMES} malformed packets: still BACKUP, then MASTER in time, nothing thrown`, async (t) => {
    const pair = await Pair.open(t);
    const master = pair.a.start('ucarp', '-r 1');
    await master.waitForLine(/state: MASTER/, 8000);
    const carpet = pair.b.start('carpet');
    await carpet.waitForLine(/state: BACKUP/, 8000);
    const sample = await pair.capture.waitFor('an advertisement', 3000, (frame) => isAdvertisement(frame));
    inject(pair.lab.switch, 'br0', mutations(sample.bytes, FRAMES));
    await elapse(1500);
    assert.ok(carpet.running);
    assert.equal(carpet.matching(/state: MASTER/).length, 0);
    assert.ok(carpet.lines.length < 40, `a flood of packets is no flood of lines:\n${carpet.text}`);
    assert.equal(carpet.matching(/Error|at .*\.js/).length, 0, carpet.text);
    await master.end('SIGKILL');
    await carpet.waitForLine(/state: MASTER/, 5000);
    await waitFor('the address', 2000, () => pair.b.holdsAddress);
  });
});

/**
 * Valid advertisements with bytes changed, cut off, appended. Every second one keeps a right IP header (but for its
 * TTL), since the kernel drops the others and only these reach carpet.
 */
function mutations(frame: Uint8Array, count: number): Uint8Array[] {
  const random = seededRandom('hostile');
  return Array.from({ length: count }, (_, index) => {
    const length = 34 + random.below(60);
    const bytes = new Uint8Array(length);
    bytes.set(frame.subarray(0, length));
    bytes[29] = 77; // never from the master's or carpet's own address
    const from = index % 2 === 0 ? 34 : 14;
    for (let changes = random.below(6); changes >= 0 && length > from; changes--) {
      bytes[from + random.below(length - from)] = random.below(256);
    }
    if (from === 34) completeIpHeader(bytes, random.below(4) === 0 ? random.below(256) : 255);
    return bytes;
  });
}

function completeIpHeader(bytes: Uint8Array, ttl: number): void {
  const view = new DataView(bytes.buffer, 14, 20);
  view.setUint16(2, bytes.length - 14);
  view.setUint8(8, ttl);
  view.setUint16(10, 0);
  let sum = 0;
  for (let at = 0; at < 20; at += 2) sum += view.getUint16(at);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  view.setUint16(10, ~sum & 0xffff);
}

/** Puts frames on a wire of the laboratory. */
function inject(namespace: Namespace, ifname: string, frames: readonly Uint8Array[]): void {
  using tap = new Wiretap(namespace, ifname);
  for (const frame of frames) tap.inject(frame);
}
