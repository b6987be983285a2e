/**
 * CARP under attack and random faults, with seals required and wall clocks that differ: an attacker who records, alters
 * and repeats must change nothing. What must hold is in scenario.ts. CARPET_SIM_RUNS says how many networks.
 */
import { test } from 'node:test';
import { check } from './check.js';
import { type Plan, siege } from './plan.js';
import { play } from './scenario.js';

/** After a division the loser's last word must not be old to the winner: the attacker had set its sequence back. */
const HELD_UP: Plan = {
  seed: 2147450835,
  skews: [20, 203, 20, 20, 20],
  deadRatio: 4,
  preempt: false,
  awakening: 'timers',
  steps: [
    { after: 4947, fault: { kind: 'mend', host: 0, leg: 0 } },
    { after: 1310, fault: { kind: 'stop', host: 3 } },
    { after: 670, fault: { kind: 'stop', host: 0 } },
  ],
  firewall: false,
  advbase: 1,
  dualStack: false,
  malady: undefined,
  clocks: [0, 0, 0, 0, 1376],
  seal: 'require',
  attacked: true,
};

/**
 * A MASTER that is not told yet that its machine slept has a sequence of before: its word must not be its last one, though what the
 * attacker repeats of meanwhile lets it take itself for heard. Equal advskews: it yields without one.
 */
const WOKEN: Plan = {
  seed: 1322560433,
  skews: [100, 100, 100],
  advbase: 1,
  deadRatio: 4,
  preempt: false,
  dualStack: false,
  firewall: false,
  awakening: 'timers',
  steps: [{ after: 18_000, fault: { kind: 'password' } }],
  malady: undefined,
  attacked: true,
  seal: 'require',
};

const { CARPET_SIM_RUNS: runs = '60' } = process.env;

test(`an attacker without the password changes no state, in ${runs} random networks`, () =>
  check('sim/carp-siege', siege, play, { runs: Number(runs), examples: [HELD_UP, WOKEN] }));
