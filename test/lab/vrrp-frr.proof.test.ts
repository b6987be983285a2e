/** carpet vrrp beside FRR's vrrpd: who is MASTER, both ways round, and how it changes. */
import { describe, it } from 'node:test';
import { needs } from '../support/needs.js';
import { story } from './support/vrrp-story.js';

const skip = needs('root', 'netns', 'program:ip', 'program:bridge', 'program:tcpdump', 'program:vrrpd');

for (const kinds of [
  ['carpet', 'frr'],
  ['frr', 'carpet'],
] as const) {
  for (const [version, family, virtualMac] of [
    [2, 4, true],
    [3, 4, true],
    [3, 4, false],
    [3, 6, true],
  ] as const) {
    const how = `version ${version}, IPv${family}, ${virtualMac ? 'with' : 'without'} virtual MAC`;
    describe(`${kinds[0]} preferred to ${kinds[1]}: ${how}`, { skip }, () => {
      it('one MASTER; killed, taken back, stopped in order', (t) =>
        story(t, kinds, { version, family, virtualMac }));
    });
  }
}
