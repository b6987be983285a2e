/** CARP's metrics on the virtual LAN: states, transitions, gaps, lateness, and another master. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { LanIfnet } from '../../../modules/ifnet/lan/index.js';
import { MetricsModule } from '../../../modules/metrics/index.js';
import { type Host, World } from '../carp/support/world.js';

function samples({ kernel }: Host, prefix: string): string[] {
  const text = kernel.get(MetricsModule).registry.render('openmetrics');
  assert.ok(!text.includes('secret'));
  return text.split('\n').filter((line) => line.startsWith(`carpet_carp_${prefix}`));
}

function value(host: Host, name: string): number {
  const [line] = samples(host, name);
  assert.ok(line !== undefined, name);
  return Number(line.split(' ').at(-1));
}

describe('metrics of CARP', () => {
  it('show the states and transitions of each vhid, while it exists', async () => {
    await using world = new World();
    const host = await world.host();
    await host.kernel.load(MetricsModule);
    assert.deepEqual(samples(host, ''), []);
    const vhid = host.create();
    world.advance(5000);
    assert.deepEqual(samples(host, 'state'), [
      'carpet_carp_state{vhid="1@eth0",state="INIT"} 0',
      'carpet_carp_state{vhid="1@eth0",state="BACKUP"} 0',
      'carpet_carp_state{vhid="1@eth0",state="MASTER"} 1',
    ]);
    vhid.setState('BACKUP');
    world.advance(5000);
    assert.deepEqual(samples(host, 'transitions'), [
      'carpet_carp_transitions_total{vhid="1@eth0",from="INIT",to="BACKUP"} 1',
      'carpet_carp_transitions_total{vhid="1@eth0",from="BACKUP",to="MASTER"} 2',
      'carpet_carp_transitions_total{vhid="1@eth0",from="MASTER",to="BACKUP"} 1',
    ]);
    (vhid.ifp as LanIfnet).rename('lan0');
    assert.match(samples(host, 'other_master')[0]!, /\{vhid="1@lan0"\} 0$/, 'a label follows the interface');
    host.carp.remove(vhid);
    assert.deepEqual(samples(host, ''), []);
    await host.kernel.unload('carp');
    assert.deepEqual(samples(host, ''), []);
  });

  it('measure the gaps that a BACKUP hears and the lateness of a MASTER', async () => {
    await using world = new World();
    const { hosts } = await world.pair({}, { advskew: 100 });
    for (const host of hosts) await host.kernel.load(MetricsModule);
    world.advance(13_500);
    const [master, backup] = hosts as [Host, Host];
    assert.equal(value(backup, 'master_gap_seconds_count'), 10);
    assert.ok(samples(backup, 'master_gap').includes('carpet_carp_master_gap_seconds_bucket{le="0.9"} 0'));
    assert.ok(samples(backup, 'master_gap').includes('carpet_carp_master_gap_seconds_bucket{le="1.1"} 10'));
    assert.equal(value(backup, 'advertisement_late_seconds_count'), 0);
    // The first one is sent by the change of state, not by the timer.
    assert.equal(value(master, 'advertisement_late_seconds_count'), 10);
    assert.equal(value(master, 'master_gap_seconds_count'), 0);
    assert.equal(value(backup, 'peer_heard_timestamp_seconds') * 1000, world.clock.wallTime() - 500 + 0.5);
    assert.deepEqual(samples(master, 'peer_heard_timestamp_seconds'), []);
    assert.equal(value(master, 'successor_known'), 0);
    assert.deepEqual(samples(backup, 'successor_known'), []);
  });

  it('are told of advertisements, with the interval of their sender, and not of bow-outs', async () => {
    await using world = new World();
    const { hosts, vhids } = await world.pair({}, { advskew: 100 });
    world.advance(10_000);
    const heard: string[] = [];
    hosts[1]!.kernel.eventhandler.register('carp_heard_event', (vhid, peer, interval) => {
      heard.push(`${vhid.state} ${peer} ${interval}`);
    });
    world.advance(500);
    vhids[0]!.setState('BACKUP');
    world.advance(10);
    assert.deepEqual(world.masters(), ['host2']);
    assert.deepEqual(heard, ['BACKUP 10.88.0.1 1000']);
  });

  it('say that a MASTER hears another MASTER, for two intervals', async () => {
    await using world = new World();
    const { hosts, vhids } = await world.pair({}, { advskew: 100 });
    for (const host of hosts) await host.kernel.load(MetricsModule);
    const [first, second] = hosts as [Host, Host];
    world.advance(10_000);
    assert.deepEqual([value(first, 'other_master_heard'), value(second, 'other_master_heard')], [0, 0]);
    vhids[1]!.setState('MASTER');
    world.advance(10);
    assert.deepEqual(world.masters(), ['host1']);
    assert.equal(value(first, 'other_master_heard'), 1, 'its advertisement was heard, and it has yielded');
    // It repeats its last word twice.
    world.advance(4000);
    world.advance(2700);
    assert.equal(value(first, 'other_master_heard'), 1);
    world.advance(200);
    assert.equal(value(first, 'other_master_heard'), 0, 'two of its intervals later');
    vhids[1]!.setState('MASTER');
    world.advance(10);
    await second.kernel.unload('metrics');
    vhids[0]!.setState('BACKUP');
    assert.equal(value(first, 'other_master_heard'), 0, 'it is not MASTER');
  });
});
