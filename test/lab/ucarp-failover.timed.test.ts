/** carpet and Debian's ucarp share an address, both ways round: issue 2's list, on one real bridge. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { needs } from '../support/needs.js';
import { elapse, isAdvertisement, isGratuitous, waitFor, wallTime } from './support/index.js';
import { type Daemon, Pair, VIP } from './support/pair.js';

const skip = needs('root', 'netns', 'native', 'program:ucarp', 'program:tcpdump');
const bothWays: [master: Daemon, backup: Daemon][] = [
  ['carpet', 'ucarp'],
  ['ucarp', 'carpet'],
];

describe('failover', { skip, concurrency: 4 }, () => {
  for (const [first, second] of bothWays) {
    test(`${first} is MASTER, ${second} BACKUP: one MASTER; after kill -9 the other takes over`, async (t) => {
      const pair = await Pair.open(t);
      const master = pair.a.start(first, '-r 1');
      await master.waitForLine(/Switching to state: MASTER/, 8000);
      const backup = pair.b.start(second, '-r 2');
      await backup.waitForLine(/Switching to state: BACKUP/, 8000);

      const begin = wallTime();
      await elapse(2500); // longer than the backup's dead time: it must have heard the master
      assert.deepEqual([...pair.advertisersSince(begin)], [pair.a.address]);
      assert.equal(backup.matching(/state: MASTER/).length, 0);
      assert.ok(pair.a.holdsAddress && !pair.b.holdsAddress);

      await master.end('SIGKILL');
      const killed = wallTime();
      await backup.waitForLine(/Switching to state: MASTER/, 6000);
      await waitFor('the address on the backup', 1000, () => pair.b.holdsAddress);
      await pair.capture.waitFor(
        'the gratuitous ARP',
        1000,
        (frame) => isGratuitous(frame, VIP) && frame.time > killed,
      );
    });
  }

  for (const [first, second] of bothWays) {
    test(`${second} with -P and a better advskew takes over from ${first}`, async (t) => {
      const pair = await Pair.open(t);
      const slow = pair.a.start(first, '-r 1 -k 100');
      await slow.waitForLine(/Switching to state: MASTER/, 8000);
      const fast = pair.b.start(second, '-P');
      await fast.waitForLine(/Switching to state: MASTER/, 6000);
      await slow.waitForLine(
        /Switching to state: BACKUP/,
        6000,
        slow.lines.findIndex(({ text }) => /MASTER/.test(text)),
      );
      await waitFor('the address on one host alone', 2000, () => pair.b.holdsAddress && !pair.a.holdsAddress);
      const settled = wallTime();
      await elapse(1600);
      assert.deepEqual([...pair.advertisersSince(settled)], [pair.b.address]);
    });

    test(`${second} without -P leaves ${first} alone although its advskew is better`, async (t) => {
      const pair = await Pair.open(t);
      const slow = pair.a.start(first, '-r 1 -k 100');
      await slow.waitForLine(/Switching to state: MASTER/, 8000);
      const fast = pair.b.start(second);
      await fast.waitForLine(/Switching to state: BACKUP/, 6000);
      await elapse(4000);
      assert.equal(fast.matching(/state: MASTER/).length, 0);
      assert.ok(pair.a.holdsAddress);
    });
  }

  const ways: [option: string, destination: string][] = [
    ['-M', 'ff:ff:ff:ff:ff:ff'],
    ['--mcast=224.0.0.50', '01:00:5e:00:00:32'],
  ];
  for (const [option, destination] of ways) {
    for (const [first, second] of bothWays) {
      test(`${option}: ${first} is heard by ${second}`, async (t) => {
        const pair = await Pair.open(t);
        const master = pair.a.start(first, `-r 1 ${option}`);
        await master.waitForLine(/Switching to state: MASTER/, 8000);
        const backup = pair.b.start(second, `-r 2 ${option}`);
        await backup.waitForLine(/Switching to state: BACKUP/, 8000);
        await elapse(2500);
        assert.equal(backup.matching(/state: MASTER/).length, 0);
        const frame = await pair.capture.waitFor('an advertisement', 2000, (f) => isAdvertisement(f));
        assert.equal(frame.destination, destination);
      });
    }
  }

  test('two MASTERs with equal intervals: the lower address wins, as ucarp has it', async (t) => {
    const pair = await Pair.open(t);
    pair.lab.cut(pair.a.namespace);
    const low = pair.a.start('carpet', '-r 1 -S');
    const high = pair.b.start('ucarp', '-r 1 -S');
    await low.waitForLine(/Switching to state: MASTER/, 8000);
    await high.waitForLine(/Switching to state: MASTER/, 8000);
    pair.lab.heal(pair.a.namespace);
    await high.waitForLine(/Switching to state: BACKUP/, 6000, 3);
    await waitFor('one address alone', 2000, () => pair.a.holdsAddress && !pair.b.holdsAddress);
    assert.equal(low.matching(/state: BACKUP/).length, 1);
  });
});
