/** Leaving on purpose: carpet says so on the wire, and any peer takes over at once. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { needs } from '../support/needs.js';
import { isAdvertisement, waitFor, wallTime } from './support/index.js';
import { Pair } from './support/pair.js';

const skip = needs('root', 'netns', 'native', 'program:ucarp', 'program:tcpdump');
/** ucarp's libpcap hands packets over up to 0.9 s late; its own dead time here is 5 s and more. */
const AT_ONCE = 1500;

describe('graceful stop', { skip, concurrency: 4 }, () => {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    test(`${signal} with -z: ucarp takes over at once, the down script has run, exit 0`, async (t) => {
      const pair = await Pair.open(t);
      const carpet = pair.a.start('carpet', '-r 1 -z');
      await carpet.waitForLine(/Switching to state: MASTER/, 8000);
      const ucarp = pair.b.start('ucarp', '-r 5');
      await ucarp.waitForLine(/Switching to state: BACKUP/, 5000);
      await waitFor('an advertisement for ucarp to hear', 3000, () => pair.capture.frames.length > 3);

      const begin = wallTime();
      const exit = await carpet.end(signal);
      assert.deepEqual([exit.code, exit.signal], [0, null]);
      const taken = await ucarp.waitForLine(/Switching to state: MASTER/, 4000);
      assert.ok(taken.time - begin < AT_ONCE, `took ${taken.time - begin} ms`);
      assert.equal(pair.a.scripts.order, 'down up down');
      assert.ok(!pair.a.holdsAddress);
    });
  }

  test('without -z: handed over as well, no script, ended by the signal as ucarp', async (t) => {
    const pair = await Pair.open(t);
    const carpet = pair.a.start('carpet', '-r 1');
    await carpet.waitForLine(/Switching to state: MASTER/, 8000);
    await waitFor('the up script', 2000, () => pair.a.scripts.order === 'down up');
    const exit = await carpet.end('SIGTERM');
    assert.deepEqual([exit.code, exit.signal], [null, 'SIGTERM']);
    assert.equal(pair.a.scripts.order, 'down up');
    const bowOut = pair.capture.where((frame) => frame.advertisement?.advbase === 255);
    assert.deepEqual(
      bowOut.map(({ advertisement }) => advertisement!.advskew),
      [255],
    );
  });

  test('from carpet to carpet: the next MASTER advertises within 50 ms of the bow-out', async (t) => {
    const pair = await Pair.open(t);
    const first = pair.a.start('carpet', '-r 1 -z');
    await first.waitForLine(/Switching to state: MASTER/, 8000);
    const second = pair.b.start('carpet', '-r 5');
    await second.waitForLine(/Switching to state: BACKUP/, 5000);
    await first.end('SIGTERM');
    const bowOut = await pair.capture.waitFor('the bow-out', 1000, (f) => f.advertisement?.advbase === 255);
    const next = await pair.capture.waitFor('the new MASTER', 3000, (f) =>
      isAdvertisement(f, pair.b.address),
    );
    assert.ok(next.time - bowOut.time < 50, `took ${next.time - bowOut.time} ms`);
  });

  test('SIGUSR1 logs the state; SIGUSR2 hands over and comes back when nobody took it', async (t) => {
    const pair = await Pair.open(t);
    const carpet = pair.a.start('carpet', '-r 1');
    await carpet.waitForLine(/Switching to state: MASTER/, 8000);
    carpet.kill('SIGUSR1');
    await carpet.waitForLine(/\[INFO\] MASTER on eth0 id 1$/, 2000);
    const begin = wallTime();
    const seen = carpet.lines.length;
    carpet.kill('SIGUSR2');
    await carpet.waitForLine(/Switching to state: BACKUP/, 1000, seen);
    carpet.kill('SIGUSR1');
    await carpet.waitForLine(/\[INFO\] BACKUP on eth0 id 1$/, 2000);
    const again = await carpet.waitForLine(/Switching to state: MASTER/, 8000, seen);
    // ucarp is deaf for 3 s and then waits its dead time, 1 s here.
    assert.ok(again.time - begin > 3900 && again.time - begin < 4500, `${again.time - begin} ms`);
    await waitFor('the scripts', 2000, () => pair.a.scripts.order === 'down up down up');
  });

  test('SIGUSR2 while ucarp waits: ucarp is MASTER at once and stays it', async (t) => {
    const pair = await Pair.open(t);
    const carpet = pair.a.start('carpet', '-r 1');
    await carpet.waitForLine(/Switching to state: MASTER/, 8000);
    const ucarp = pair.b.start('ucarp', '-r 5');
    await ucarp.waitForLine(/Switching to state: BACKUP/, 5000);
    const begin = wallTime();
    carpet.kill('SIGUSR2');
    const taken = await ucarp.waitForLine(/Switching to state: MASTER/, 4000);
    assert.ok(taken.time - begin < AT_ONCE, `took ${taken.time - begin} ms`);
    await waitFor('the address on one host alone', 2000, () => pair.b.holdsAddress && !pair.a.holdsAddress);
  });
});
