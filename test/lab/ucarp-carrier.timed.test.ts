/** The cable: carpet notices at once, ucarp's -S ignores it. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { needs } from '../support/needs.js';
import { elapse, waitFor, wallTime } from './support/index.js';
import { Pair } from './support/pair.js';

const skip = needs('root', 'netns', 'native', 'program:ucarp', 'program:tcpdump');

describe('carrier loss', { skip, concurrency: 4 }, () => {
  test('a MASTER whose cable is pulled is BACKUP at once; ucarp takes over; healed, there is one MASTER', async (t) => {
    const pair = await Pair.open(t);
    // With a ratio of 1 the dead time would be over just when the next advertisement of a ucarp is due.
    const carpet = pair.a.start('carpet', '-r 2');
    await carpet.waitForLine(/Switching to state: MASTER/, 8000);
    const ucarp = pair.b.start('ucarp', '-r 2');
    await ucarp.waitForLine(/Switching to state: BACKUP/, 5000);
    await waitFor('the address', 2000, () => pair.a.holdsAddress);
    const seen = carpet.lines.length;

    const begin = wallTime();
    pair.lab.cut(pair.a.namespace);
    const noticed = await carpet.waitForLine(/Switching to state: BACKUP/, 2000, seen);
    assert.ok(noticed.time - begin < 500, `noticed after ${noticed.time - begin} ms`);
    await waitFor(
      'the down script',
      1000,
      () => pair.a.scripts.order === 'down up down' && !pair.a.holdsAddress,
    );
    await ucarp.waitForLine(/Switching to state: MASTER/, 6000);

    pair.lab.heal(pair.a.namespace);
    const healed = wallTime();
    await elapse(2500);
    assert.deepEqual([...pair.advertisersSince(healed)], [pair.b.address]);
    assert.equal(pair.a.scripts.order, 'down up down');
  });

  test('-S: MASTER without a carrier', async (t) => {
    const pair = await Pair.open(t);
    const carpet = pair.a.start('carpet', '-r 1 -S');
    await carpet.waitForLine(/Switching to state: MASTER/, 8000);
    pair.lab.cut(pair.a.namespace);
    await elapse(1500);
    assert.equal(carpet.matching(/Switching/).length, 2);
    assert.ok(pair.a.holdsAddress);
  });

  test('the interface taken down and up again: carpet stays, and is MASTER again', async (t) => {
    const pair = await Pair.open(t);
    const carpet = pair.a.start('carpet', '-r 1');
    await carpet.waitForLine(/Switching to state: MASTER/, 8000);
    await waitFor('the address', 2000, () => pair.a.holdsAddress);
    const seen = carpet.lines.length;
    pair.a.namespace.ip('link', 'set', 'eth0', 'down');
    await carpet.waitForLine(/Switching to state: BACKUP/, 2000, seen);
    pair.a.namespace.ip('link', 'set', 'eth0', 'up');
    await carpet.waitForLine(/Switching to state: MASTER/, 5000, seen);
    await waitFor('the address again', 2000, () => pair.a.holdsAddress);
    assert.ok(carpet.running);
  });

  test('the interface is deleted: one line, exit 2', async (t) => {
    const pair = await Pair.open(t);
    const carpet = pair.a.start('carpet', '-r 1 -z');
    await carpet.waitForLine(/Switching to state: MASTER/, 8000);
    await waitFor('the up script', 2000, () => pair.a.scripts.order === 'down up');
    pair.a.namespace.ip('link', 'del', 'eth0');
    const exit = await carpet.end('SIGURG', 5000); // a signal without effect: it ends by itself
    assert.equal(exit.code, 2);
    assert.match(carpet.lines.at(-1)!.text, /eth0/);
    assert.equal(pair.a.scripts.order, 'down up down');
  });
});
