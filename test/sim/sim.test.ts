/** `npm run sim` in its short form, and that it finds what is wrong. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { CarpMachine } from '../../modules/carp/election/machine.js';
import { CarpElector } from '../../modules/carp/elector.js';
import type { CarpReason } from '../../modules/carp/state.js';
import { LanIfnet } from '../../modules/ifnet/lan/index.js';
import { FailoverGroups } from '../../modules/vip/index.js';
import { VrrpElector } from '../../modules/vrrp/elector.js';
import { mixed } from './mixed.js';
import { picture } from './picture.js';
import type { Plan } from './plan.js';
import { play } from './scenario.js';
import { playSeed } from './seeds.js';
import { missed, SOMETIMES, SOMETIMES_VRRP } from './sometimes.js';
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

const ROUTERS: Plan = {
  ...TWO,
  vrrp: { carp: 'none', version: 3, families: [4], intervals: [1000, 1000], extras: { virtualMac: false } },
};

for (const [what, kind, sometimes] of [
  ['CARP', {}, SOMETIMES],
  ['VRRP', { vrrp: true }, SOMETIMES_VRRP],
] as const)
  test(`${SEEDS} random networks of every kind of ${what}, each twice: no rule is broken, both runs are the same, masters time out`, async () => {
    const reached = new Set<string>();
    for (let seed = 1; seed <= SEEDS; seed++) {
      const outcome = await playSeed(seed, MINUTES, kind);
      assert.ok(!('violation' in outcome), 'violation' in outcome ? outcome.violation : '');
      for (const each of outcome.reached) reached.add(each);
    }
    const wanted: Readonly<Record<string, number>> = sometimes;
    assert.deepEqual(
      Object.keys(wanted).filter((each) => wanted[each]! <= 20 && !reached.has(each)),
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
      this.stateChanged({ from: 'BACKUP', to: 'MASTER', reason: 'master timed out' }, false);
    });
    const plan: Plan = { ...TWO, steps: [{ after: 5000, fault: { kind: 'stop', host: 0 } }] };
    await assert.rejects(play(plan), /was last said to be MASTER/);
  });
  await t.test('a virtual router that advertises as BACKUP', async (t) => {
    // What is rehearsed before a takeover is sent.
    t.mock.method(VrrpElector.prototype, 'rehearse', function (this: VrrpElector) {
      this.advertise();
    });
    await assert.rejects(play(ROUTERS), /alpha advertises 11@eth0 as BACKUP[\s\S]*\nalpha 11@eth0 /);
  });
  await t.test('a blip that a peer notices', async (t) => {
    // A MASTER says good-bye when its interface is back, and goes on.
    const start: unknown = Reflect.get(CarpMachine.prototype, 'start');
    t.mock.method(CarpMachine.prototype, 'start', function (this: CarpMachine, reason: CarpReason) {
      Reflect.apply(start as (reason: CarpReason) => void, this, [reason]);
      this.relinquish(reason, true);
      this.takeOver(reason);
    });
    await assert.rejects(
      play({ ...TWO, steps: [] }),
      /a blip was noticed[\s\S]*beta 1@eth0 BACKUP -> MASTER/,
    );
  });
  await t.test('a failover group that follows one member against a better MASTER', async (t) => {
    t.mock.getter(CarpMachine.prototype, 'knowsBetter', () => false);
    const plan: Plan = { ...TWO, skews: [20, 20], firewall: true, steps: [] };
    await assert.rejects(play(plan), /(?:inside|outside) alone divided[\s\S]*failover group/);
  });
  await t.test('a failover group that is divided between two hosts', async (t) => {
    // What fails over together does not know of each other.
    for (const name of ['impaired', 'serves'] as const)
      t.mock.method(FailoverGroups.prototype, name, () => false);
    t.mock.method(FailoverGroups.prototype, 'follow', () => {});
    const plan: Plan = {
      ...ROUTERS,
      steps: [
        { after: 9000, fault: { kind: 'ail', host: 0, leg: 0, ailment: { family: 6, kind: 'off' } } },
        { after: 9000, fault: { kind: 'heal' } },
      ],
      vrrp: { ...ROUTERS.vrrp!, carp: 'grouped', families: [6] },
    };
    await assert.rejects(play(plan), /1@eth0, 11v6@eth0 are with alpha, beta/);
  });
});

test('a MASTER that nobody hears, since it has no address, steps down when it hears its successor', async () => {
  const { reached } = await play({ ...TWO, steps: [], extras: { manageAddresses: false } });
  assert.ok(reached.has('cannot advertise'));
  // In a failover group it does so by the others. With preemption such a group once went to and fro for ever.
  await play({ ...TWO, steps: [], firewall: true, preempt: true, extras: { virtualMac: 'service' } });
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

test('networks with VRRP have it in both versions and families, alone, beside CARP and in one group with it', () => {
  const plans = fc.sample(mixed(0.2), 300);
  const kinds = plans.map(({ vrrp }) => `${vrrp!.carp} ${vrrp!.version} ${vrrp!.families.join()}`);
  const carps = ['none', 'beside', 'grouped'];
  const versions = ['2 4', '3 4', '3 6', '3 4,6'];
  const missing = carps.flatMap((carp) => versions.map((version) => `${carp} ${version}`));
  assert.deepEqual(
    missing.filter((kind) => !kinds.includes(kind)),
    [],
  );
  assert.ok(plans.some(({ steps }) => steps.some(({ fault }) => fault.kind === 'drain')));
  assert.ok(plans.every(({ attacked, vrrp }) => !attacked || vrrp!.extras.hmac !== undefined));
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
