/**
 * A host without an address of its own advertises from the shared one. Linux drops an IPv4 packet that seems to come from
 * an address of the host itself, so another MASTER does not hear it; one of IPv6 is delivered.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { needs } from '../support/needs.js';
import { CarpetCarp } from './support/carpet-carp.js';
import { isGratuitous, Laboratory, type Namespace, waitFor } from './support/index.js';

const skip = needs('root', 'netns', 'program:ip');
const SHARED = { 4: '10.88.0.100/24', 6: 'fd00:88::100/64' };
const OWN = { 4: '10.88.0.2/24', 6: 'fd00:88::2/64' };

/** Both are MASTER, each on its side of a trunk, until `heal`: one from the shared address, with the better timers. */
async function parted(t: TestContext, family: 4 | 6) {
  const lab = Laboratory.open(t);
  const a = lab.host('a');
  const b = lab.host('b', { addresses: [OWN[family]] });
  a.ip('address', 'flush', 'dev', 'eth0');
  const trunk = lab.beyondTrunk(b);
  trunk.part();
  const carps = [a, b].map((host, i) => {
    const vhid = { ifname: 'eth0', vhid: 1, password: 'secret', addresses: [SHARED[family]] };
    return new CarpetCarp(host, [{ ...vhid, advskew: 100 * i }]);
  });
  await Promise.all(carps.map((carp) => carp.reaches('MASTER', 15_000)));
  const has = (host: Namespace): boolean => host.ip('-o', 'address').includes(` ${SHARED[family]} `);
  assert.deepEqual([has(a), has(b)], [true, true]);
  return { lab, b, carps, heal: () => trunk.heal(), holders: () => [has(a), has(b)] };
}

test('over IPv4 it yields to a worse MASTER that does not hear it', { skip }, async (t) => {
  const { lab, b, carps, heal, holders } = await parted(t, 4);
  const capture = await lab.capture('arp');
  heal();
  const { reason } = await carps[0]!.reaches('BACKUP', 8000, carps[0]!.lines.length);
  assert.equal(reason, 'cannot advertise');
  await waitFor('the address to be on one host', 1000, () => holders().join() === 'false,true');
  const kept = b.ip('-o', 'link', 'show', 'dev', 'eth0');
  const announcer = (): string => capture.where((frame) => isGratuitous(frame)).at(-1)!.arp!.senderLladdr;
  await waitFor('the neighbours to be corrected', 11_000, () => kept.includes(announcer()));
});

test('over IPv4 it is heard where Linux is told to accept it', { skip }, async (t) => {
  const { b, carps, heal, holders } = await parted(t, 4);
  b.sysctl('net.ipv4.conf.eth0.accept_local', 1);
  heal();
  await carps[1]!.reaches('BACKUP', 4000, carps[1]!.lines.length);
  await waitFor('the address to be on one host', 1000, () => holders().join() === 'true,false');
});

test('over IPv6 it is heard', { skip }, async (t) => {
  const { carps, heal, holders } = await parted(t, 6);
  heal();
  await carps[1]!.reaches('BACKUP', 4000, carps[1]!.lines.length);
  await waitFor('the address to be on one host', 1000, () => holders().join() === 'true,false');
});
