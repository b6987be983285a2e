/** What SIGHUP does to `carpet carp`, on the virtual LAN. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CarpVhidOptions } from '../../../../modules/carp/index.js';
import { PlanApplier } from '../../../../modules/cli/carp/apply.js';
import type { CarpPlan } from '../../../../modules/cli/carp/plan.js';
import { UsageError } from '../../../../modules/cli/failure.js';
import { World } from '../../carp/support/world.js';

const PREEMPT = 'net.inet.carp.preempt';
const DEMOTION = 'net.inet.carp.demotion';

const vhid = (options: Partial<CarpVhidOptions>): CarpVhidOptions => ({
  ifname: 'eth0',
  vhid: 1,
  password: 'secret',
  addresses: [`10.88.0.${100 + (options.vhid ?? 1)}/24`],
  ...options,
});

const plan = (sysctl: CarpPlan['sysctl'], ...vhids: CarpVhidOptions[]): CarpPlan => ({ sysctl, vhids });

/** A host with the means to apply plans to it, and a sysctl to look at. */
async function host(world: World, name: string) {
  const { kernel, carp } = await world.host();
  return { kernel, carp, applier: new PlanApplier(kernel), value: () => kernel.sysctl.get(name)!.value };
}

test('a plan that is read again makes, changes and removes vhids, and is no failover', async () => {
  await using world = new World();
  const { carp, applier } = await host(world, PREEMPT);
  await applier.apply(plan({}, vhid({ advskew: 50, preempt: true }), vhid({ vhid: 2 })));
  world.advance(5000);
  world.history();
  await applier.apply(plan({ [PREEMPT]: true }, vhid({}), vhid({ vhid: 3 })));
  assert.deepEqual(carp.list().map(String), ['1@eth0', '3@eth0']);
  const [one] = carp.list();
  assert.deepEqual([one!.settings.advskew, one!.settings.preempt, one!.state], [0, undefined, 'MASTER']);
  assert.ok(!world.history().some((line) => line.includes('1@eth0')));
});

test('a plan with a setting that cannot be changes nothing', async () => {
  await using world = new World();
  const { carp, applier, value } = await host(world, PREEMPT);
  await applier.apply(plan({}, vhid({ advskew: 50 })));
  const vhids = [vhid({ advskew: 60 }), vhid({ vhid: 2, addresses: [] })];
  await assert.rejects(applier.apply(plan({ [PREEMPT]: true }, ...vhids)), {
    message: /^carp 2@eth0: addresses is empty/,
  });
  assert.deepEqual(
    carp.list().map(({ name, settings }) => [name, settings.advskew]),
    [['1@eth0', 50]],
  );
  assert.equal(value(), false);
});

test("the plan's demotion is its own part, beside what interfaces add", async () => {
  await using world = new World();
  const { carp, applier, value } = await host(world, DEMOTION);
  await applier.apply(plan({ [DEMOTION]: 10 }, vhid({})));
  const [one] = carp.list();
  one!.ifp!.setUp(false);
  assert.equal(value(), 250);
  await applier.apply(plan({ [DEMOTION]: 30 }, vhid({})));
  assert.equal(value(), 270);
  one!.ifp!.setUp(true);
  await applier.apply(plan({}, vhid({})));
  assert.equal(value(), 0);
});

test('a refused plan leaves the demotion alone, and the mended one brings it', async () => {
  await using world = new World();
  const { applier, value } = await host(world, DEMOTION);
  await applier.apply(plan({}, vhid({})));
  await assert.rejects(applier.apply(plan({ [DEMOTION]: 240 }, vhid({ advbase: 300 }))));
  assert.equal(value(), 0);
  await applier.apply(plan({ [DEMOTION]: 240 }, vhid({})));
  assert.equal(value(), 240);
  await applier.apply(plan({ [DEMOTION]: 0 }, vhid({})));
  assert.equal(value(), 0);
});

test('a plan that the kernel refuses takes its sysctls back', async () => {
  await using world = new World();
  const { kernel, carp, applier, value } = await host(world, DEMOTION);
  await applier.apply(plan({ [DEMOTION]: 10 }, vhid({})));
  carp.create(vhid({ vhid: 2 })); // by a program, so the plan cannot have it
  const refused = plan({ [DEMOTION]: 240, [PREEMPT]: true }, vhid({}), vhid({ vhid: 2 }));
  await assert.rejects(applier.apply(refused), { code: 'EEXIST', message: /^carp 2@eth0: exists already/ });
  assert.deepEqual([value(), kernel.sysctl.get(PREEMPT)!.value], [10, false]);
});

test('a sysctl that the plan no longer names has its default again', async () => {
  await using world = new World();
  const { applier, value } = await host(world, PREEMPT);
  await applier.apply(plan({ [PREEMPT]: 1 }, vhid({})));
  assert.equal(value(), true);
  await applier.apply(plan({}, vhid({})));
  assert.equal(value(), false);
});

test('a sysctl that is unknown, read-only or wrong is a mistake in the settings', async () => {
  await using world = new World();
  const { applier } = await host(world, PREEMPT);
  const refused = (name: string, value: string, message: string) =>
    assert.rejects(
      applier.apply(plan({ [name]: value }, vhid({}))),
      (error) => error instanceof UsageError && error.message === message,
    );
  const unknown = 'no module of this kernel has such a sysctl; did you mean net.inet.carp.preempt?';
  await refused('net.inet.carp.preemt', '1', `sysctl net.inet.carp.preemt: ${unknown}`);
  await refused(PREEMPT, 'maybe', `sysctl ${PREEMPT}: "maybe" is not 0 or 1`);
  const counter = 'net.inet.carp.stats.badauth';
  await refused(counter, '0', `sysctl ${counter}: is read-only`);
});
