/** What every pair of VRRP routers must go through, whoever speaks: see `story`. */
import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { elapse, waitFor } from './index.js';
import type { RouterSetup, VrrpProgram } from './vrrp.js';
import { FOLLOW_MS, type Kind, pair } from './vrrp-pair.js';

export const BETTER = 150;
export const WORSE = 100;

/** On a busy machine; keepalived is late by up to 80 ms too. */
export const LATE_MS = 400;
/** FRR cuts its skew to whole centiseconds. */
const EARLY_MS = 20;

/** How long one of priority 100 waits after the last advertisement, and after priority 0, in ms. */
export function waits({ version, interval = 1000 }: Pick<RouterSetup, 'version' | 'interval'>) {
  const skew = ((256 - WORSE) * (version === 2 ? 1000 : interval)) / 256;
  return { down: 3 * interval + skew, skew };
}

/**
 * One MASTER while both run. It is killed, comes back, and is stopped in order: each time the other takes over when it
 * should, and the neighbours and the switch follow at once.
 */
export async function story(
  t: TestContext,
  kinds: readonly [Kind, Kind],
  base: Omit<RouterSetup, 'priority'>,
): Promise<void> {
  const { programs, said, neighbour } = await pair(t, kinds, [
    { ...base, priority: BETTER },
    { ...base, priority: WORSE },
  ]);
  const [better, worse] = programs as [VrrpProgram, VrrpProgram];
  const { interval = 1000 } = base;
  const { down, skew } = waits(base);
  better.start();
  worse.start();
  await better.becomes('MASTER', 9000);
  await elapse(2500);
  assert.equal(worse.holds, false, worse.program.text);
  await neighbour.meet(better);
  // Both may have become MASTER at the start, before they heard each other.
  const before = said(1).length;
  await elapse(2500);
  assert.equal(said(1).length, before, 'the worse one is silent');

  better.kill();
  await worse.becomes('MASTER', 6000);
  // A killed keepalived leaves its address at the virtual MAC, and its host answers a gratuitous ARP from there: then the
  // switch has that MAC at the wrong port until the next advertisement.
  const answered = kinds[0] === 'keepalived' && base.family === 4 && base.virtualMac ? interval : 0;
  await neighbour.follows(worse, FOLLOW_MS + answered);
  const first = await waitFor('its advertisement', 1000, () => said(1)[before]);
  const lateness = first.time - said(0).at(-1)!.time - down;
  t.diagnostic(`taken over ${lateness.toFixed(1)} ms late`);
  // FRR's macvlan has no link-local address before it has a carrier: the first advertisement over IPv6 is not sent.
  const unsent = kinds[1] === 'frr' && base.family === 6 ? interval : 0;
  assert.ok(lateness > -EARLY_MS && lateness < LATE_MS + unsent, `${lateness} ms`);

  better.start();
  // A killed one may have left its addresses behind.
  await worse.becomes('BACKUP', 9000);
  await better.becomes('MASTER', 3000);
  await neighbour.follows(better);

  await elapse(3 * interval);
  const kept = said(1).length;
  await better.stop();
  await worse.becomes('MASTER', 3000);
  await neighbour.follows(worse);
  const next = await waitFor('its advertisement', 1000, () => said(1)[kept]);
  const farewells = said(0).filter(({ priority }) => priority === 0);
  assert.equal(farewells.length, 1);
  const waited = next.time - farewells[0]!.time;
  t.diagnostic(`took over ${waited.toFixed(1)} ms after priority 0`);
  assert.ok(waited > skew - EARLY_MS && waited < skew + LATE_MS + unsent, `${waited} ms`);
  assert.notEqual(better.holds, true, 'it has left its addresses behind');
}
