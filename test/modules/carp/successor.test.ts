/**
 * An upgrade in the middle of anything: a state machine that takes over what its predecessor has captured does from then
 * on, to the millisecond, what the predecessor would have done. A difference is a failover that an upgrade causes.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Random } from '../../../core/index.js';
import type { CarpMachineState } from '../../../modules/carp/handover/schema.js';
import { machine } from './support/machine.js';

type Machine = ReturnType<typeof machine>;

/** Both draw the same numbers from here on, however many the predecessor has drawn. */
const HALF = { float: () => 0.5, uint32: () => 2 ** 31 } as unknown as Random;

const SETTINGS = [
  {},
  { preemptDelay: 2000 },
  { election: 'ucarp' },
  { election: 'bsd' },
  { deadRatio: 5 },
  { delayedGarp: false },
] as const;

const kind = fc.record({
  advskew: fc.constantFrom(0, 50, 200),
  preempt: fc.boolean(),
  settings: fc.constantFrom(...SETTINGS),
  families: fc.constantFrom([4] as const, [4, 6] as const, [6] as const),
});

/** What happens to a machine. A wait is often just an interval or a dead time. */
const event = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(1, 100, 240, 260, 500, 1000, 1200, 2950, 3000, 3400) },
  { weight: 3, arbitrary: fc.constantFrom('faster', 'slower', 'much slower', 'bow-out', 'demoted') },
  { weight: 3, arbitrary: fc.constantFrom('equal and better', 'equal and worse') },
  { weight: 2, arbitrary: fc.constantFrom('link down', 'link up', 'relinquish', 'resumed', 'still alive') },
  { weight: 1, arbitrary: fc.constantFrom('pause') },
);
const story = fc.array(fc.tuple(event, fc.constantFrom(4 as const, 6 as const)), {
  minLength: 1,
  maxLength: 25,
});

/** An interval of an advbase of 1, in 1/256 s: faster than, or as fast as, any machine here. */
const SECOND = 256;

function befall(
  { clock, sleep, self, hear, hearEqual }: Machine,
  what: string | number,
  family: 4 | 6,
): void {
  if (typeof what === 'number') return clock.advanceSync(what);
  switch (what) {
    case 'faster':
      return hear(SECOND, 0, family);
    case 'slower':
      return hear(SECOND + 220, 0, family);
    case 'much slower':
      return hear(4 * SECOND, 0, family);
    case 'bow-out':
      return hear(255 * SECOND + 255, 0, family);
    case 'demoted':
      return hear(SECOND, 1, family);
    case 'equal and better':
      return hearEqual(family);
    case 'equal and worse':
      return hearEqual(family, family === 4 ? '10.88.0.9' : 'fe80::9');
    case 'still alive':
      return self.heard(family, { units: SECOND, demote: 0, source: undefined }, true);
    case 'link down':
      return self.stop('hardware interface down');
    case 'link up':
      return self.state === 'INIT' ? self.start('hardware interface up') : undefined;
    case 'relinquish':
      return self.relinquish('drained');
    case 'resumed':
      return sleep(3500);
    case 'pause':
      clock.pause(3600);
      return clock.advanceSync(0);
  }
}

/** Where in its notes a machine stood when it was taken over. */
interface Beginning {
  readonly at: number;
  readonly calls: number;
  readonly log: number;
}

/** What a peer, a client and a successor see of it: not its rehearsals, which keep the code warm. */
function sight({ self, calls, log, clock }: Machine, from: Beginning) {
  return {
    now: clock.now(),
    state: self.capture(),
    calls: calls.slice(from.calls),
    log: log.slice(from.log),
    urgent: self.urgent,
    knowsBetter: self.knowsBetter,
    unheard: self.unheard,
  };
}

test('a machine that takes over goes on as its predecessor would have, whatever has happened before', () => {
  const reached = new Map<string, number>();
  const see = (name: string, holds: boolean): void => {
    if (holds) reached.set(name, (reached.get(name) ?? 0) + 1);
  };
  fc.assert(
    fc.property(kind, story, story, ({ advskew, preempt, ...options }, past, future) => {
      const families = options.families as readonly (4 | 6)[];
      const known = (family: 4 | 6): 4 | 6 => (families.includes(family) ? family : families[0]!);
      const old = machine(advskew, preempt, { ...options, random: HALF });
      for (const [what, family] of past) befall(old, what, known(family));
      const at = old.clock.now();
      const state = JSON.parse(JSON.stringify(old.self.capture())) as CarpMachineState;
      const heir = machine(advskew, preempt, { ...options, random: HALF, successor: { of: state, at } });
      const from = { at, calls: old.calls.length, log: old.log.length };
      const anew = { at, calls: 0, log: 0 };
      see(state.state, true);
      see('a meeting', state.tie.meetings.length > 0);
      see('a rival', state.tie.rival !== null);
      see('a tie over IPv6', state.tie.over6.length > 0);
      see('an announcement to come', state.announceIn > 0);
      see('a backoff', state.backoff > 0);
      see('a pause', state.paused);
      see('a slower master', state.slowerSince !== null);
      see('a blip', state.blip.patientUntil !== null || state.blip.backAt !== null);
      assert.deepEqual(sight(heir, anew), sight(old, from));
      for (const [i, [what, family]] of future.entries()) {
        for (const each of [old, heir]) befall(each, what, known(family));
        for (const each of [old, heir]) each.self.assertInvariants();
        assert.deepEqual(sight(heir, anew), sight(old, from), `after ${i + 1} events`);
      }
    }),
    { numRuns: 1000 },
  );
  const wanted = [
    'INIT',
    'BACKUP',
    'MASTER',
    'a meeting',
    'a rival',
    'a tie over IPv6',
    'a backoff',
    'a pause',
  ];
  wanted.push('an announcement to come', 'a slower master', 'a blip');
  assert.deepEqual(
    wanted.filter((name) => !reached.has(name)),
    [],
    'all that a state holds was handed over at least once',
  );
});
