/** The module in a kernel: sysctls, metrics of other modules, and what is left after unloading. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { defineModule, EventHandler, inject, Kernel, Module, VirtualClock } from '../../../core/index.js';
import { type Labelled, type MetricCounter, Metrics, MetricsModule } from '../../../modules/metrics/index.js';
import { strict } from '../../support/kernel.js';

declare module 'carpet-kernel' {
  interface EventHandlers {
    paged_event(who: string): void;
  }
}

@Module({ name: 'pager', depends: [MetricsModule] })
class Pager {
  readonly calls: Labelled<MetricCounter, 'who'>;
  depth = 4;

  constructor(@inject(Metrics) metrics: Metrics) {
    this.calls = metrics.counter({ name: 'pager_calls', help: 'people paged', labels: ['who'] });
    metrics.gauge({ name: 'pager_queue', help: 'people who wait', collect: () => this.depth });
    const delay = metrics.histogram({ name: 'pager_delay_seconds', help: 'delay', buckets: [1, 2] });
    delay.observe(1.5);
  }

  @EventHandler('paged_event')
  onPaged(who: string): void {
    this.calls.with({ who }).add();
    if (who === 'nobody') throw new Error('nobody to page');
  }
}

@Module({ name: 'careless' })
class Careless {
  constructor(@inject(Metrics) readonly metrics: Metrics) {}
}

function kernel(options = {}): Kernel {
  return new Kernel({ ...strict, clock: new VirtualClock(), ...options });
}

/** The samples, without comments; those of a prefix. */
function samples(of: Kernel, prefix = ''): string[] {
  const text = of.get(MetricsModule).registry.render('openmetrics');
  return text.split('\n').filter((line) => line !== '' && !line.startsWith('#') && line.startsWith(prefix));
}

describe('the module metrics', () => {
  it('shows every number and switch of the sysctl tree, and no text', async () => {
    await using host = kernel();
    await host.load(MetricsModule);
    const { sysctl } = host;
    sysctl.counter('net.test.packets', 'packets').add(7);
    sysctl.int('net.test.vlan0:1.count', { description: 'a count', value: -3 });
    sysctl.bool('net.test.on', { description: 'a switch', value: true });
    sysctl.string('net.test.password', { description: 'a text', value: 'hush' });
    sysctl.enum('net.test.mode', { description: 'a word', value: 'hush', values: ['hush', 'loud'] });
    assert.deepEqual(samples(host, 'carpet_sysctl_net_test'), [
      'carpet_sysctl_net_test_on 1',
      'carpet_sysctl_net_test_packets_total 7',
      'carpet_sysctl_net_test_vlan0_1_count_value -3',
    ]);
    assert.ok(!host.get(MetricsModule).registry.render('openmetrics').includes('hush'));
    sysctl.set('net.test.on', 0);
    sysctl.remove('net.test.packets');
    assert.deepEqual(samples(host, 'carpet_sysctl_net_test')[0], 'carpet_sysctl_net_test_on 0');
    assert.ok(samples(host, 'carpet_sysctl_net_test').every((line) => !line.includes('packets')));
  });

  it('is asked by verbs that say their media type', async () => {
    await using host = kernel();
    await host.load(MetricsModule);
    const call = { caller: {}, signal: new AbortController().signal };
    assert.match(String(await host.verbs.invoke('metrics', undefined, call)), /\n# EOF\n$/);
    assert.match(
      String(await host.verbs.invoke('metrics.prometheus', {}, call)),
      /# TYPE process_cpu_seconds_total/,
    );
    const types = host.verbs.list().map(({ name, contentType }) => [name, contentType]);
    assert.deepEqual(types, [
      ['metrics', 'application/openmetrics-text; version=1.0.0; charset=utf-8'],
      ['metrics.prometheus', 'text/plain; version=0.0.4; charset=utf-8'],
    ]);
  });

  it('takes the metrics of other modules while they are loaded', async () => {
    await using host = kernel();
    const pager = await host.load(Pager);
    host.eventhandler.invoke('paged_event', 'ann "a"');
    host.eventhandler.invoke('paged_event', 'ann "a"');
    assert.deepEqual(samples(host, 'pager'), [
      'pager_calls_total{who="ann \\"a\\""} 2',
      'pager_queue 4',
      'pager_delay_seconds_bucket{le="1.0"} 0',
      'pager_delay_seconds_bucket{le="2.0"} 1',
      'pager_delay_seconds_bucket{le="+Inf"} 1',
      'pager_delay_seconds_sum 1.5',
      'pager_delay_seconds_count 1',
    ]);
    pager.calls.delete({ who: 'ann "a"' });
    pager.depth = 5;
    assert.deepEqual(samples(host, 'pager_').slice(0, 1), ['pager_queue 5']);
    await assert.rejects(host.unload('metrics'), { code: 'EBUSY' });
    await host.unload('pager');
    await host.load(MetricsModule);
    assert.deepEqual(samples(host, 'pager'), []);
    await host.load(Pager);
    assert.ok(samples(host, 'pager').length > 0);
  });

  it('shows no more than 10,000 series of a family', async () => {
    await using host = kernel();
    const { calls } = await host.load(Pager);
    for (let i = 0; i < 10_050; i++) calls.with({ who: `caller ${i}` }).add();
    calls.with({ who: 'caller 1' }).add();
    const shown = samples(host, 'pager_calls');
    assert.equal(shown.length, 10_000);
    assert.ok(shown.includes('pager_calls_total{who="caller 1"} 2'));
  });

  it('refuses names that are none, taken, or made of sysctls', async () => {
    await using host = kernel();
    await host.load(MetricsModule);
    const named = (name: string, options: object = {}): Promise<unknown> => {
      @Module({ name: 'namer', depends: [MetricsModule] })
      class Namer {
        constructor(@inject(Metrics) metrics: Metrics) {
          metrics.counter({ name, help: 'help', ...options });
        }
      }
      return host.load(Namer);
    };
    await assert.rejects(named('a-b'), /"a-b" is no name of a metric/);
    await assert.rejects(named('calls_total'), /leave _total out/);
    for (const name of ['carpet_sysctl_x', 'carpet_carp_transitions'])
      await assert.rejects(named(name), /names that begin with carpet_\w+_ are the kernel's own/);
    await assert.rejects(
      named('process_cpu_seconds'),
      /exists already: give process_cpu_seconds another name/,
    );
    await assert.rejects(named('calls', { labels: ['le'] }), /"le" is no name of a label/);
  });

  it('says what a module lacks that does not depend on it', async () => {
    await using host = kernel();
    await assert.rejects(host.load(Careless), /add MetricsModule to depends/);
  });

  it('measures how late callouts are', async () => {
    await using host = kernel();
    await host.load(MetricsModule);
    (host.clock as VirtualClock).advanceSync(1000);
    assert.ok(samples(host).includes('carpet_event_loop_delay_seconds_count 4'));
    assert.match(samples(host, 'carpet_event_loop_active')[0]!, /_total \d/);
    assert.match(samples(host, 'process_resident')[0]!, / \d{7,}$/);
  });

  it('measures handlers only when it is told to', async () => {
    await using host = kernel({ onError: () => {} });
    await host.load(MetricsModule);
    await host.load(Pager);
    host.eventhandler.invoke('paged_event', 'ann');
    assert.deepEqual(samples(host, 'carpet_handler'), []);
    assert.deepEqual(await host.changes('metrics', { handlers: true }), ['handlers false -> true']);
    await host.reconfigure('metrics', { handlers: true });
    host.eventhandler.invoke('paged_event', 'ann');
    host.eventhandler.invoke('paged_event', 'nobody');
    const labels = '{list="paged_event",handler="pager.onPaged",module="pager"}';
    assert.deepEqual(samples(host, 'carpet_handler').toSorted(), [
      `carpet_handler_calls_total${labels} 2`,
      `carpet_handler_errors_total${labels} 1`,
      `carpet_handler_seconds_total${labels} 0`,
    ]);
    await host.reconfigure('metrics', {});
    assert.deepEqual(samples(host, 'carpet_handler'), []);
  });

  it('leaves nothing when it is unloaded', async () => {
    await using host = kernel();
    const before = { lists: host.eventhandler.lists().length, armed: host.clock.armed };
    for (let round = 0; round < 3; round++) {
      await host.load(MetricsModule, { handlers: true });
      await host.load(Pager);
      await host.unload('pager');
      await host.unload('metrics');
      assert.deepEqual(host.verbs.list(), []);
      assert.equal(host.clock.armed, before.armed);
      assert.ok(host.eventhandler.lists().every(({ entries }) => entries.length === 0));
    }
  });

  it('goes over to the new version of a module when that takes its place, and back if that fails', async () => {
    const version = (number: number, type: 'counter' | 'gauge') =>
      defineModule({
        name: 'door',
        inject: { module: MetricsModule, metrics: Metrics },
        state: ({ metrics }) => {
          const opened = metrics[type]({ name: 'door_opened', help: `version ${number}` });
          opened.add(number);
          return opened;
        },
      });
    const Room = defineModule({
      name: 'room',
      depends: ['door'],
      start: () => {
        if (broken) throw new Error('no light');
      },
    });
    let broken = false;
    await using host = kernel();
    await host.load(version(1, 'counter'));
    await host.load(Room);
    await host.reload(version(2, 'counter'));
    assert.deepEqual(samples(host, 'door'), ['door_opened_total 2']);
    await host.reload(version(3, 'gauge'));
    assert.deepEqual(samples(host, 'door'), ['door_opened 3'], 'another type has other names');
    await host.reload(version(4, 'counter'));
    broken = true;
    await assert.rejects(host.reload(version(5, 'gauge')), /no light/);
    assert.deepEqual(samples(host, 'door'), ['door_opened_total 4'], 'the one before goes on');
    const Other = defineModule({
      name: 'other',
      inject: { module: MetricsModule, metrics: Metrics },
      state: ({ metrics }) =>
        metrics.gauge({ name: 'door_opened', help: 'of another module', collect: () => 7 }),
    });
    await assert.rejects(host.load(Other), { code: 'EEXIST' });
    await host.unload('door');
    await host.load(Other);
    assert.deepEqual(samples(host, 'door'), ['door_opened 7']);
  });
});
