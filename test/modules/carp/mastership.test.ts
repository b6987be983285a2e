/** What is remembered of a capture: bounded for all its vhids together. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SeenWords } from '../../../modules/carp/explain/explanation.js';
import { CarpMastership } from '../../../modules/carp/explain/mastership.js';
import { InetAddress } from '../../../modules/ifnet/index.js';

const WORDS = { advbase: 1, advskew: 0, demote: 0 } as SeenWords;

/** Two hosts in turn, each silent for long: every advertisement is a change. */
function alternating(mastership: CarpMastership, count: number): void {
  const hosts = ['192.0.2.1', '192.0.2.2'].map((text) => InetAddress.parse(text));
  for (let i = 0; i < count; i++) mastership.heard(hosts[i % 2]!, WORDS, i * 60_000);
}

test('the changes of one vhid are the latest thousand, of many the fewer the more there are', () => {
  for (const [others, kept] of [
    [1, 1000],
    [64, 256],
    [2048, 16],
  ] as const) {
    const mastership = new CarpMastership(() => others);
    alternating(mastership, 3000);
    assert.equal(mastership.changes.length, kept);
    assert.equal(mastership.changes.at(-1)!.time, 2999 * 60_000);
  }
});
