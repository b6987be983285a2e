/** The up and down scripts: their order, their arguments, and that they never hold the protocol up. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { needs } from '../support/needs.js';
import { isAdvertisement, isGratuitous, waitFor } from './support/index.js';
import { type Daemon, Pair, VIP } from './support/pair.js';

const skip = needs('root', 'netns', 'native', 'program:ucarp', 'program:tcpdump');

describe('scripts', { skip, concurrency: 4 }, () => {
  for (const daemon of ['carpet', 'ucarp'] satisfies Daemon[]) {
    test(`${daemon}: down at the start, up as MASTER, down at the end; interface, address, parameter`, async (t) => {
      const pair = await Pair.open(t);
      const program = pair.a.start(daemon, '-r 1 -z --xparam=a&b*c');
      await program.waitForLine(/Switching to state: MASTER/, 8000);
      await waitFor('the up script', 2000, () => pair.a.holdsAddress);
      const exit = await program.end('SIGTERM');
      assert.equal(exit.code, 0);
      assert.equal(pair.a.scripts.order, 'down up down');
      for (const run of pair.a.scripts.runs) assert.equal(run.args, `[eth0][${VIP}][a&b*c]`);
      const phases = pair.a.scripts.runs.map(({ phase }) => phase);
      assert.deepEqual(phases, ['begin', 'end', 'begin', 'end', 'begin', 'end'], 'one after another');
      const spawned = program.lines.findIndex(({ text }) =>
        /\[WARNING\] Spawning \[.*down\.sh eth0 /.test(text),
      );
      assert.ok(program.lines[spawned - 1]!.text.endsWith('[WARNING] Switching to state: BACKUP'));
    });

    test(`${daemon} -n: no down script at the start; without -z none at the end`, async (t) => {
      const pair = await Pair.open(t);
      const program = pair.a.start(daemon, '-r 1 -n');
      await program.waitForLine(/Switching to state: MASTER/, 8000);
      await waitFor('the up script', 2000, () => pair.a.holdsAddress);
      await program.end('SIGTERM');
      assert.equal(pair.a.scripts.order, 'up');
      assert.equal(pair.a.scripts.runs[0]!.args, `[eth0][${VIP}]`);
    });
  }

  test('a slow up script: carpet announces and advertises meanwhile, and announces again when it has ended', async (t) => {
    const pair = await Pair.open(t, { upSeconds: 1.5 });
    const carpet = pair.a.start('carpet', '-r 1 -k 1');
    await carpet.waitForLine(/Switching to state: MASTER/, 8000);
    const up = await waitFor('the up script to end', 5000, () =>
      pair.a.scripts.runs.find(({ script, phase }) => script === 'up' && phase === 'end'),
    );
    const announced = (from: number, to: number): boolean =>
      pair.capture.frames.some((f) => isGratuitous(f, VIP) && f.time >= from && f.time < to);
    await waitFor('an announcement at its end', 1000, () => announced(up.time - 5, up.time + 200));
    const [first, second, third] = await waitFor('three advertisements', 2000, () => {
      const adverts = pair.capture.where((frame) => isAdvertisement(frame));
      return adverts.length >= 3 ? adverts : undefined;
    });
    assert.ok(announced(first!.time - 20, first!.time + 100), 'announced at once');
    const interval = 1000 + 1000 / 256;
    assert.ok(second!.time < up.time, 'advertised while the script ran');
    for (const gap of [second!.time - first!.time, third!.time - second!.time]) {
      assert.ok(Math.abs(gap - interval) < 150, `advertisements ${gap} ms apart`);
    }
  });

  test('SIGTERM while the up script runs: the down script waits for it, then carpet ends', async (t) => {
    const pair = await Pair.open(t, { upSeconds: 1 });
    const carpet = pair.a.start('carpet', '-r 1 -z');
    await carpet.waitForLine(/Switching to state: MASTER/, 8000);
    await waitFor('the up script', 2000, () => pair.a.scripts.order === 'down up');
    const exit = await carpet.end('SIGTERM');
    assert.equal(exit.code, 0);
    const { runs } = pair.a.scripts;
    assert.deepEqual(
      runs.slice(2).map(({ script, phase }) => `${script} ${phase}`),
      ['up begin', 'up end', 'down begin', 'down end'],
    );
    const bowOut = pair.capture.where(({ advertisement }) => advertisement?.advbase === 255)[0];
    assert.ok(bowOut!.time < runs[3]!.time, 'the hand-over did not wait for the script');
  });
});
