/** The text formats, byte for byte, and what the instruments count. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Kernel } from '../../../core/index.js';
import {
  MetricCounter,
  type MetricFamily,
  MetricGauge,
  MetricHistogram,
} from '../../../modules/metrics/index.js';
import { MetricRegistry } from '../../../modules/metrics/registry.js';
import { strict } from '../../support/kernel.js';

function counting(name: string, help = 'help', labels = ''): MetricFamily {
  return { name, help, type: 'counter', write: (sink) => sink.sample('_total', labels, 3) };
}

describe('the text', () => {
  it('is OpenMetrics, or the older format', () => {
    const registry = new MetricRegistry(new Kernel(strict).log);
    registry.add(counting('a', 'says "hi"\\\nand more'));
    const gauge = new MetricGauge();
    registry.add({ name: 'b', help: 'b', type: 'gauge', write: (sink) => gauge.write(sink, 'x="y"') });
    gauge.set(Number.POSITIVE_INFINITY);
    assert.equal(
      registry.render('openmetrics'),
      '# HELP a says \\"hi\\"\\\\\\nand more\n# TYPE a counter\na_total 3\n' +
        '# HELP b b\n# TYPE b gauge\nb{x="y"} +Inf\n# EOF\n',
    );
    gauge.set(undefined);
    assert.equal(
      registry.render('prometheus'),
      '# HELP a_total says "hi"\\\\\\nand more\n# TYPE a_total counter\na_total 3\n# HELP b b\n# TYPE b gauge\n',
    );
  });

  it('leaves out what throws and what has the name of another, with a log line, and keeps the rest', () => {
    const lines: string[] = [];
    const kernel = new Kernel({ ...strict, log: ({ message }) => lines.push(message) });
    const registry = new MetricRegistry(kernel.log);
    registry.add(counting('a'));
    registry.add({
      name: 'b',
      help: 'b',
      type: 'gauge',
      write(sink) {
        sink.sample('', '', 1);
        throw new Error('no reading');
      },
    });
    registry.addSource({ prefix: 'c', families: () => [counting('c'), counting('c'), counting('c2')] });
    registry.addSource({
      prefix: 'd',
      families() {
        throw new Error('no source');
      },
    });
    assert.deepEqual(registry.render('openmetrics').match(/^[^#].*/gm), [
      'a_total 3',
      'c_total 3',
      'c2_total 3',
    ]);
    assert.deepEqual(lines.length, 3, lines.join('\n'));
    assert.ok(lines.includes('the metric b is left out: no reading'));
    assert.ok(lines.includes('the metric c is left out: another metric has its name'));
  });

  it('refuses a second family of a name, until the first has gone', () => {
    const registry = new MetricRegistry(new Kernel(strict).log);
    const first = registry.add(counting('a'));
    assert.throws(() => registry.add({ ...counting('a_total'), type: 'gauge' }), { code: 'EEXIST' });
    first[Symbol.dispose]();
    registry.add({ ...counting('a_total'), type: 'gauge' });
  });
});

describe('the instruments', () => {
  it('a counter only rises', () => {
    const counter = new MetricCounter();
    counter.add();
    counter.add(2.5);
    assert.equal(counter.value, 3.5);
    assert.throws(() => counter.add(-1), RangeError);
    assert.throws(() => counter.add(Number.NaN), RangeError);
    assert.equal(counter.value, 3.5);
  });

  it('a histogram counts a value in every bucket that holds it', () => {
    const histogram = new MetricHistogram([0.1, 1]);
    for (const value of [0.1, 0.5, 7, Number.NaN]) histogram.observe(value);
    const lines: string[] = [];
    histogram.write(
      { sample: (suffix, labels, value) => lines.push(`${suffix}{${labels}} ${value}`) },
      'a="b"',
    );
    assert.deepEqual(lines, [
      '_bucket{a="b",le="0.1"} 1',
      '_bucket{a="b",le="1.0"} 2',
      '_bucket{a="b",le="+Inf"} 3',
      '_sum{a="b"} 7.6',
      '_count{a="b"} 3',
    ]);
    assert.throws(() => new MetricHistogram([1, 1]), { code: 'EINVAL' });
    assert.throws(() => new MetricHistogram([]), { code: 'EINVAL' });
  });
});
