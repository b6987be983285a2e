/** The laboratory itself, with ucarp on both ends: if this fails, nothing else in test/lab means anything. */
import assert from 'node:assert/strict';
import { readlinkSync } from 'node:fs';
import { test } from 'node:test';
import { needs } from '../support/needs.js';
import { isAdvertisement, isGratuitous, Laboratory, waitFor } from './support/index.js';

const options = (last: number): string[] =>
  `-i eth0 -v 1 -p love -a 10.77.0.100 -f none -r 1 -s 10.77.0.${last}`.split(' ');
const here = (): string => readlinkSync('/proc/thread-self/ns/net');
const skip = needs('root', 'netns', 'program:ucarp', 'program:tcpdump');

test('two ucarps on the bridge: one MASTER, seen on the wire; a cut cable takes the carrier', {
  skip,
}, async (t) => {
  const lab = Laboratory.open(t);
  const capture = await lab.capture('proto 112 or arp');
  const a = lab.host('a', { addresses: ['10.77.0.1/24'], ipv6: false });
  const b = lab.host('b', { addresses: ['10.77.0.2/24'], ipv6: false });

  const first = a.spawn(['ucarp', ...options(1)]);
  await first.waitForLine(/state: MASTER/, 4000);
  await capture.waitFor('a gratuitous ARP', 2000, (frame) => isGratuitous(frame, '10.77.0.100'));
  const second = b.spawn(['ucarp', ...options(2)]);
  await second.waitForLine(/state: BACKUP/, 4000);
  const advert = await capture.waitFor('an advertisement', 2000, (frame) =>
    isAdvertisement(frame, '10.77.0.1'),
  );
  assert.equal(advert.advertisement!.vhid, 1);
  assert.equal(advert.ip!.ttl, 255);

  lab.cut(a);
  await waitFor('loss of carrier', 1000, () => /NO-CARRIER/.test(a.ip('link', 'show', 'eth0')));
  const exit = await first.end('SIGKILL');
  assert.equal(exit.signal, 'SIGKILL');
});

test('a process can enter a namespace and come back', { skip }, (t) => {
  const lab = Laboratory.open(t);
  const host = lab.host('a', { addresses: ['10.77.0.1/24', 'fd77::1/64'] });
  const home = here();
  const visit = host.enter();
  const entered = here();
  visit[Symbol.dispose]();
  assert.equal(entered, host.exec('readlink', '/proc/self/ns/net').trim());
  assert.equal(here(), home);
  assert.match(host.ip('address', 'show', 'eth0'), /fd77::1\/64 scope global/);
});
