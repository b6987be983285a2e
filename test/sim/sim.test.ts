/** `npm run sim` in its short form, and that it finds what is wrong. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { CarpElector } from '../../modules/carp/elector.js';
import { LanIfnet } from '../../modules/ifnet/lan/index.js';
import { picture } from './picture.js';
import type { Plan } from './plan.js';
import { play } from './scenario.js';
import { playSeed } from './seeds.js';
import { missed, SOMETIMES } from './sometimes.js';
import { TraceHash } from './trace-hash.js';
import { wide } from './wide.js';

/** Enough of them to reach the commonest states. */
const SEEDS = 5;
const MINUTES = 0.2;

const TWO: Plan = {
  seed: 1,
  skews: [20, 100],
  advbase: 1,
  deadRatio: 3,
  preempt: false,
  dualStack: false,
  firewall: false,
  awakening: 'timers',
  malady: undefined,
  steps: [{ after: 5000, fault: { kind: 'crash', host: 0 } }],
};

test(`${SEEDS} random networks of every kind, each twice: no rule is broken, both runs are the same, masters time out`, async () => {
  const reached = new Set<string>();
  for (let seed = 1; seed <= SEEDS; seed++) {
    const outcome = await playSeed(seed, MINUTES);
    assert.ok(!('violation' in outcome), 'violation' in outcome ? outcome.violation : '');
    for (const what of outcome.reached) reached.add(what);
  }
  assert.deepEqual(
    Object.keys(SOMETIMES).filter((what) => SOMETIMES[what]! <= 20 && !reached.has(what)),
    [],
  );
});

test('what breaks a rule for a moment is found, and its story ends with a picture', async (t) => {
  await t.test('a BACKUP that keeps the addresses', async (t) => {
    // Nothing is taken off an interface any more.
    t.mock.method(LanIfnet.prototype, 'removeAddress', () => {});
    const plan: Plan = {
      ...TWO,
      preempt: true,
      steps: [{ after: 9000, fault: { kind: 'freeze', host: 0 } }],
    };
    await assert.rejects(play(plan), /holds addresses[\s\S]*\nalpha 1@eth0 -+M+/);
  });
  await t.test('a state that changes without its event', async (t) => {
    // A MASTER says good-bye twice.
    t.mock.method(CarpElector.prototype, 'bowOut', function (this: CarpElector) {
      this.stateChanged({ from: 'BACKUP', to: 'MASTER', reason: 'master timed out' });
    });
    const plan: Plan = { ...TWO, steps: [{ after: 5000, fault: { kind: 'stop', host: 0 } }] };
    await assert.rejects(play(plan), /was last said to be MASTER/);
  });
});

test('states that were never reached fail a run that was long enough to reach them', () => {
  const all = new Set(Object.keys(SOMETIMES));
  assert.deepEqual(missed(all, 10_000), []);
  all.delete('counted: ties');
  assert.deepEqual(missed(all, 10), []);
  assert.match(missed(all, 100)[0]!, /^never in 100 networks, and usually within \d+: counted: ties$/);
});

test('networks of one size have that many hosts and vhids, on one segment', () => {
  for (const { skews, vhids, firewall } of fc.sample(wide(0.2, { hosts: 3, vhids: 2 }), 50))
    assert.deepEqual([skews.length, vhids, firewall], [3, 2, false]);
});

test('the hash of a run differs with the time, the port and each byte', () => {
  const hash = (time: number, port: string, ...bytes: number[]): string => {
    const trace = new TraceHash();
    trace.addFrame(time, port, Uint8Array.from(bytes));
    return trace.value;
  };
  const all = [
    hash(1, 'a', 1, 2),
    hash(1, 'a', 2, 1),
    hash(1, 'b', 1, 2),
    hash(1.001, 'a', 1, 2),
    hash(1, 'a', 1, 2, 0),
  ];
  assert.equal(new Set(all).size, all.length);
  assert.equal(hash(1, 'a', 1, 2), all[0]);
});

test('a picture shows who was what when', () => {
  const states = new Map([
    [
      'alpha 1@eth0',
      [
        { at: 0, state: 'BACKUP' },
        { at: 3000, state: 'MASTER' },
      ],
    ],
    [
      'beta 1@eth0',
      [
        { at: 5000, state: 'BACKUP' },
        { at: 9910, state: 'MASTER' },
        { at: 9950, state: 'BACKUP' },
      ],
    ],
  ]);
  const [axis, alpha, beta] = picture(states, 10_000).split('\n');
  assert.match(axis!, /^ +s \|0 +\|1 /);
  assert.equal(alpha, `alpha 1@eth0 ${'-'.repeat(30)}${'M'.repeat(70)}`);
  assert.equal(beta, `beta 1@eth0  ${' '.repeat(50)}${'-'.repeat(49)}*`);
});
