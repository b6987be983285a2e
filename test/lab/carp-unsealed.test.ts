/** A carpet that seals and one that does not, as during an upgrade from a version without seals: all goes as between equals. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { needs } from '../support/needs.js';
import type { CarpetCarp } from './support/carpet-carp.js';
import { elapse, Laboratory } from './support/index.js';
import { SHARED_VHID, Siege } from './support/siege.js';

const skip = needs('root', 'netns', 'native', 'program:ip');
/** 0.2 s between advertisements; the BACKUP's dead time is 1.2 s. */
const FAST = { advbase: 0, advskew: 50 };
const DEAD_MS = (3 * 100 * 1000) / 256;
/** How late a process is on a busy machine. */
const SLACK_MS = 500;
/** What would be counted if one did not understand the other. */
const REFUSALS = ['badseal', 'unsealed', 'replayed', 'badauth', 'looped'];

/**
 * How long it had not heard the master when it took over, in ms, as it says itself: its line comes after the addresses are
 * in place, which Linux may hold up while other tests make and remove interfaces.
 */
function silenceOf({ program }: CarpetCarp): number {
  const [, seconds] = /nothing was heard of 10\.88\.0\.1 for ([\d.]+) s/.exec(program.text) ?? [];
  return 1000 * Number(seconds);
}

for (const [first, second] of [
  ['auto', 'off'],
  ['off', 'auto'],
  ['send', 'off'],
  ['off', 'send'],
] as const) {
  test(`a MASTER with seal ${first} and a BACKUP with seal ${second}: hand-over, death, return, preemption`, {
    skip,
  }, async (t) => {
    const better = { ...FAST, seal: first };
    using siege = await Siege.lay(Laboratory.open(t), better, { ...FAST, seal: second });
    await elapse(1500);
    await siege.handOverAndBack();
    const known = siege.second.lines.length;
    siege.first.program.kill('SIGKILL');
    await siege.second.reaches('MASTER', 5000, known);
    const silence = silenceOf(siege.second);
    assert.ok(silence < DEAD_MS + SLACK_MS, `taken over after ${silence} ms:\n${siege.second.program.text}`);
    siege.restart('first');
    await siege.first.reaches('BACKUP', 8000);
    await elapse(1500);
    assert.deepEqual([siege.first.state(), siege.second.state()], ['BACKUP', 'MASTER']);
    await siege.first.reload([{ ...SHARED_VHID, ...better, preempt: true }]);
    await siege.first.reaches('MASTER', 3000);
    await elapse(1500);
    assert.deepEqual([siege.first.state(), siege.second.state()], ['MASTER', 'BACKUP']);
    assert.deepEqual(
      siege.second.changes(known).map(({ to }) => to),
      ['MASTER', 'BACKUP'],
    );
    for (const host of [siege.first, siege.second]) {
      const { statistics } = (await host.status()) as unknown as { statistics: Record<string, number> };
      for (const name of REFUSALS) assert.equal(statistics[name], 0, name);
    }
  });
}
