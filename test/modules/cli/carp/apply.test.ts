/** What SIGHUP does to `carpet carp`, on the virtual LAN. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CarpVhidOptions } from '../../../../modules/carp/index.js';
import { applyPlan } from '../../../../modules/cli/carp/apply.js';
import type { CarpPlan } from '../../../../modules/cli/carp/plan.js';
import { World } from '../../carp/support/world.js';

const vhid = (options: Partial<CarpVhidOptions>): CarpVhidOptions => ({
  ifname: 'eth0',
  vhid: 1,
  password: 'secret',
  addresses: [`10.88.0.${100 + (options.vhid ?? 1)}/24`],
  ...options,
});

test('a plan that is read again makes, changes and removes vhids, and is no failover', async () => {
  await using world = new World();
  const { kernel, carp } = await world.host();
  const first: CarpPlan = { sysctl: {}, vhids: [vhid({ advskew: 50, preempt: true }), vhid({ vhid: 2 })] };
  await applyPlan(first, undefined, kernel, carp);
  world.advance(5000);
  world.history();
  const second: CarpPlan = {
    sysctl: { 'net.inet.carp.preempt': true },
    vhids: [vhid({}), vhid({ vhid: 3 })],
  };
  await applyPlan(second, first, kernel, carp);
  assert.deepEqual(carp.list().map(String), ['1@eth0', '3@eth0']);
  const [one] = carp.list();
  assert.deepEqual([one!.settings.advskew, one!.settings.preempt, one!.state], [0, undefined, 'MASTER']);
  assert.ok(!world.history().some((line) => line.includes('1@eth0')));
});

test('a plan with a setting that cannot be changes nothing', async () => {
  await using world = new World();
  const { kernel, carp } = await world.host();
  const first: CarpPlan = { sysctl: {}, vhids: [vhid({ advskew: 50 })] };
  await applyPlan(first, undefined, kernel, carp);
  const wrong: CarpPlan = {
    sysctl: { 'net.inet.carp.preempt': true },
    vhids: [vhid({ advskew: 60 }), vhid({ vhid: 2, addresses: [] })],
  };
  await assert.rejects(applyPlan(wrong, first, kernel, carp), {
    message: /^carp 2@eth0: addresses is empty/,
  });
  assert.deepEqual(
    carp.list().map(({ name, settings }) => [name, settings.advskew]),
    [['1@eth0', 50]],
  );
  assert.equal(kernel.sysctl.get('net.inet.carp.preempt')!.value, false);
});

test("the plan's demotion is its own part, beside what interfaces add", async () => {
  await using world = new World();
  const { kernel, carp } = await world.host();
  const plan = (demotion: number): CarpPlan => ({
    sysctl: { 'net.inet.carp.demotion': demotion },
    vhids: [vhid({})],
  });
  const none: CarpPlan = { sysctl: {}, vhids: [vhid({})] };
  const demotion = (): unknown => kernel.sysctl.get('net.inet.carp.demotion')!.value;
  await applyPlan(plan(10), undefined, kernel, carp);
  const [one] = carp.list();
  one!.ifp!.setUp(false);
  assert.equal(demotion(), 250);
  await applyPlan(plan(30), plan(10), kernel, carp);
  assert.equal(demotion(), 270);
  one!.ifp!.setUp(true);
  await applyPlan(none, plan(30), kernel, carp);
  assert.equal(demotion(), 0);
});
