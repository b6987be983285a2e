/** What stands around a virtual router: records, metrics, hooks, checks, and hosts that use its addresses. */
import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, it } from 'node:test';
import { inject, Module, Scope } from '../../../core/index.js';
import { AcdModule } from '../../../modules/acd/index.js';
import { DevctlModule } from '../../../modules/devctl/index.js';
import { HealthModule } from '../../../modules/health/index.js';
import { type HookMessage, HooksModule } from '../../../modules/hooks/index.js';
import { MetricsModule } from '../../../modules/metrics/index.js';
import { waitFor } from '../../lab/support/wait.js';
import { arp } from '../acd/support/intruder.js';
import { type Host, SHARED, SHARED6, World } from './support/world.js';

const call = { caller: {}, signal: new AbortController().signal };
const folder = mkdtempSync(join(tmpdir(), 'carpet-vrrp-'));
after(() => rmSync(folder, { recursive: true }));

it('devctl has records of states, which a sysctl switches off', async () => {
  await using world = new World();
  const host = await world.host();
  const records: string[] = [];
  await host.kernel.load(DevctlModule);
  host.kernel.eventhandler.register('devctl_event', ({ text }) => records.push(text));
  const router = host.create();
  host.create({ addresses: SHARED6 });
  world.advance(5000);
  assert.deepEqual(
    records.filter((line) => line.startsWith('!system=VRRP')),
    [
      '!system=VRRP subsystem=7@eth0 type=BACKUP',
      '!system=VRRP subsystem=7v6@eth0 type=BACKUP',
      '!system=VRRP subsystem=7@eth0 type=MASTER',
      '!system=VRRP subsystem=7v6@eth0 type=MASTER',
    ],
  );
  host.kernel.sysctl.set('hw.bus.devctl.vrrp', 0);
  records.length = 0;
  router.setState('INIT');
  assert.deepEqual(
    records.filter((line) => line.includes('VRRP')),
    [],
  );
});

const samples = ({ kernel }: Host, prefix: string): string[] =>
  kernel
    .get(MetricsModule)
    .registry.render('openmetrics')
    .split('\n')
    .filter((line) => line.startsWith(`carpet_vrrp_${prefix}`));

it('metrics show states, priorities, gaps, lateness and another MASTER', async () => {
  await using world = new World();
  const [one, two] = [await world.host(), await world.host()];
  for (const host of [one, two]) await host.kernel.load(MetricsModule);
  assert.deepEqual(samples(one, ''), []);
  one.create({ priority: 150 });
  world.advance(5000);
  two.create();
  world.advance(10_000);
  assert.deepEqual(samples(one, 'state'), [
    'carpet_vrrp_state{router="7@eth0",state="INIT"} 0',
    'carpet_vrrp_state{router="7@eth0",state="BACKUP"} 0',
    'carpet_vrrp_state{router="7@eth0",state="MASTER"} 1',
  ]);
  assert.deepEqual(samples(one, 'priority'), ['carpet_vrrp_priority{router="7@eth0"} 150']);
  assert.ok(
    samples(one, 'transitions').includes(
      'carpet_vrrp_transitions_total{router="7@eth0",from="BACKUP",to="MASTER"} 1',
    ),
  );
  assert.match(samples(two, 'master_gap_seconds_count')[0]!, / (9|10)$/);
  assert.match(samples(one, 'advertisement_late_seconds_count')[0]!, / 1\d$/);
  assert.deepEqual(samples(one, 'other_master'), ['carpet_vrrp_other_master_heard{router="7@eth0"} 0']);
  for (const { vrrp } of [one, two]) vrrp.list()[0]!.configure({ ignoreLinkState: true });
  world.lan.cut('host2:eth0');
  world.advance(5000);
  assert.deepEqual(world.masters(), ['host1', 'host2']);
  world.lan.mend('host2:eth0');
  world.advance(1500);
  assert.deepEqual(world.masters(), ['host1']);
  assert.deepEqual(samples(one, 'other_master'), ['carpet_vrrp_other_master_heard{router="7@eth0"} 1']);
  world.advance(3000);
  assert.deepEqual(samples(one, 'other_master'), ['carpet_vrrp_other_master_heard{router="7@eth0"} 0']);
});

it('metrics and status show whether a MASTER knows of a host that would take over', async () => {
  await using world = new World();
  const [one, two] = [await world.host(), await world.host()];
  for (const host of [one, two]) await host.kernel.load(MetricsModule);
  const shown = (host: Host) => samples(host, 'successor_known').map((line) => line.slice(-2));
  const router = one.create({ priority: 150 });
  world.advance(5000);
  assert.deepEqual([shown(one), router.toJSON().successor], [[' 0'], 'unheard']);
  const other = two.create();
  world.advance(5000);
  assert.deepEqual([shown(one), shown(two)], [[' 0'], []], 'a BACKUP is silent, and is asked nothing');
  router.setState('BACKUP');
  world.advance(9000);
  assert.deepEqual([router.state, shown(one), router.toJSON().successor], ['MASTER', [' 1'], 'heard']);
  router.setState('INIT');
  world.advance(1000);
  assert.deepEqual([shown(two), other.toJSON().successor, shown(one)], [[' 0'], 'left', []]);
  const text = two.kernel.verbs.find('vrrp').text?.(await two.kernel.verbs.invoke('vrrp', undefined, call));
  assert.match(text ?? '', /MASTER +3 .* - \(all that were heard stopped\)/);
});

it("hooks are called in keepalived's form with the name of the instance and the priority that is sent", async () => {
  await using world = new World();
  const host = await world.host();
  const [out, script] = [join(folder, 'out'), join(folder, 'script')];
  writeFileSync(script, `#!/bin/sh\necho "$* $(cat)" >> ${out}\n`);
  chmodSync(script, 0o755);
  const router = host.create({ priority: 150, groups: ['vrrp'] });
  const hooks = { page: { form: 'keepalived', command: [script], instance: 'VI_1' } } as const;
  await host.kernel.load(HooksModule, { hooks });
  world.advance(5000);
  router.ifp!.setUp(false);
  const lines = (): string[] => (existsSync(out) ? readFileSync(out, 'utf8').split('\n').slice(0, -1) : []);
  await waitFor('three runs', 10_000, () => lines().length === 3);
  assert.deepEqual(
    lines().map((line) => line.slice(0, line.indexOf('{'))),
    ['INSTANCE VI_1 BACKUP 150 ', 'INSTANCE VI_1 MASTER 150 ', 'INSTANCE VI_1 FAULT 150 '],
  );
  const line = lines()[1]!;
  const message = JSON.parse(line.slice(line.indexOf('{'))) as HookMessage;
  assert.deepEqual(
    { ...message, time: 0 },
    {
      event: 'state',
      time: 0,
      state: 'MASTER',
      from: 'BACKUP',
      reason: 'master timed out',
      name: '7@eth0',
      protocol: 'vrrp',
      vhid: 7,
      ifname: 'eth0',
      addresses: [SHARED],
      priority: 150,
      preempt: true,
    },
  );
});

/** A kind of check of one's own. */
@Module({ name: 'lamp', depends: [HealthModule] })
class Lamp {
  green = true;
  constructor(@inject(HealthModule) health: HealthModule, @inject(Scope) scope: Scope) {
    scope.own(
      health.kinds.add('lamp', () => {
        if (!this.green) throw new Error('red');
      }),
    );
  }
}

const CHECK = { kind: 'module', of: 'lamp', interval: 1000, fall: 1, rise: 1, hold: 0 } as const;

it('checks move a priority by their weights as keepalived reckons them: up counts for, down against', async () => {
  await using world = new World();
  const host = await world.host();
  const router = host.create({ priority: 100 });
  const checks = {
    bonus: { ...CHECK, weight: 20 },
    malus: { ...CHECK, weight: -30 },
    other: { ...CHECK, weight: 50, vhids: ['8@eth0'] },
  };
  await host.kernel.load(HealthModule, { checks });
  assert.equal(router.priority, 70, 'nothing has succeeded yet');
  const lamp = await host.kernel.load(Lamp);
  await world.clock.advance(2500);
  assert.equal(router.priority, 120);
  lamp.green = false;
  await world.clock.advance(2500);
  assert.equal(router.priority, 70);
  router.configure({ priority: 20 });
  assert.equal(router.priority, 1, 'never 0');
  await host.kernel.unload(Lamp);
  await host.kernel.unload(HealthModule);
  assert.equal(router.priority, 20);
});

it('a check that is down stops a virtual router of IPv6 by its name', async () => {
  await using world = new World();
  const host = await world.host();
  const router = host.create({ addresses: SHARED6 });
  const other = host.create({ vrid: 8 });
  await host.kernel.load(HealthModule, { checks: { light: { ...CHECK, stop: true, vhids: ['7v6@eth0'] } } });
  const lamp = await host.kernel.load(Lamp);
  await world.clock.advance(8000);
  assert.equal(router.state, 'MASTER');
  lamp.green = false;
  await world.clock.advance(2500);
  assert.deepEqual([router.state, other.state], ['INIT', 'MASTER']);
  lamp.green = true;
  await world.clock.advance(8000);
  assert.equal(router.state, 'MASTER');
});

it('another host that uses the address of a MASTER is reported', async () => {
  await using world = new World();
  const host = await world.host();
  await host.kernel.load(AcdModule);
  const conflicts: string[] = [];
  host.kernel.eventhandler.register('address_conflict_event', (ifp, address) =>
    conflicts.push(`${ifp.name} ${address}`),
  );
  host.create({ virtualMac: false });
  world.advance(5000);
  assert.ok(host.holds(SHARED));
  const intruder = world.lan.connect('intruder', { receive() {}, carrierChanged() {} });
  intruder.transmit(arp({ sender: '10.88.0.100' }));
  world.advance(3000);
  assert.deepEqual(conflicts, ['eth0 10.88.0.100']);
});
