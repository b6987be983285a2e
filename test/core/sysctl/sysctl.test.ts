import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Sysctl, SysctlError } from '../../../core/sysctl/index.js';

const refused =
  (code: string, text: RegExp) =>
  (error: unknown): boolean =>
    error instanceof SysctlError && error.code === code && text.test(error.message);

test('values are read by the node and by the name, written by text as sysctl(8) does', () => {
  const sysctl = new Sysctl();
  const log = sysctl.int('net.inet.carp.log', { description: 'verbosity', value: 1, min: 0, max: 2 });
  const preempt = sysctl.bool('net.inet.carp.preempt', { description: 'preempt', value: false });
  sysctl.set('net.inet.carp.log', ' 2 ');
  sysctl.set('net.inet.carp.preempt', '1');
  assert.equal(log.value, 2);
  assert.equal(preempt.value, true);
  assert.equal(sysctl.get('net.inet.carp.log')?.value, 2);
  assert.equal(log.default, 1);
});

test('a value that does not fit is refused with the name, and nothing changes', () => {
  const sysctl = new Sysctl();
  const log = sysctl.int('a.log', { description: '', value: 1, min: 0, max: 2 });
  sysctl.bool('a.on', { description: '', value: false });
  sysctl.enum('a.mode', { description: '', value: 'bsd', values: ['bsd', 'ucarp'] });
  assert.throws(() => sysctl.set('a.log', 3), refused('ERANGE', /a\.log: 3 is not within 0 to 2/));
  assert.throws(() => sysctl.set('a.log', 'x'), refused('EINVAL', /a\.log: "x" is not a whole number/));
  assert.throws(() => sysctl.set('a.log', '1.5'), refused('EINVAL', /a\.log/));
  assert.throws(() => sysctl.set('a.on', 'maybe'), refused('EINVAL', /a\.on: "maybe" is not 0 or 1/));
  assert.throws(() => sysctl.set('a.mode', 'vrrp'), refused('EINVAL', /one of bsd, ucarp/));
  assert.throws(() => sysctl.set('a.nothing', 1), refused('ENOENT', /a\.nothing/));
  assert.equal(log.value, 1);
});

test('a handler turns what is written into what is stored: demotion adds', () => {
  const sysctl = new Sysctl();
  const demotion = sysctl.int('net.inet.carp.demotion', {
    description: '',
    value: 0,
    set: (written, old) => old + written,
  });
  sysctl.set('net.inet.carp.demotion', 240);
  sysctl.set('net.inet.carp.demotion', '240');
  sysctl.set('net.inet.carp.demotion', '-240');
  assert.equal(demotion.value, 240);
});

test('listeners hear of changes only, until disposed', () => {
  const sysctl = new Sysctl();
  const node = sysctl.int('a.b', { description: '', value: 1 });
  const seen: number[][] = [];
  const listening = node.onChange((value, old) => seen.push([value, old]));
  node.value = 2;
  node.value = 2;
  listening[Symbol.dispose]();
  node.value = 3;
  assert.deepEqual(seen, [[2, 1]]);
});

test('counters are read-only to others, names are unique, list goes below a prefix', () => {
  const sysctl = new Sysctl();
  const counter = sysctl.counter('net.inet.carp.stats.badttl', 'discarded for wrong TTL');
  sysctl.counter('net.inet.carpet.x', '');
  counter.add();
  counter.add(2);
  assert.equal(sysctl.get('net.inet.carp.stats.badttl')?.value, 3);
  assert.throws(() => sysctl.set('net.inet.carp.stats.badttl', 0), refused('EPERM', /read-only/));
  assert.throws(() => sysctl.counter('net.inet.carp.stats.badttl', ''), refused('EEXIST', /badttl/));
  assert.throws(() => sysctl.counter('no dots', ''), refused('EINVAL', /no dots/));
  assert.deepEqual(
    sysctl.list('net.inet.carp').map(({ name }) => name),
    ['net.inet.carp.stats.badttl'],
  );
});

test('every listener is told of a change, even after one that throws', () => {
  const node = new Sysctl().int('a.n', { description: '', value: 1 });
  const seen: number[] = [];
  node.onChange(() => {
    throw new Error('cannot');
  });
  node.onChange((value) => seen.push(value));
  assert.throws(() => node.write('2'), /cannot/);
  assert.deepEqual([node.value, seen], [2, [2]]);
});

test('a listener that writes leaves nobody with the older value', () => {
  const node = new Sysctl().int('a.n', { description: '', value: 1 });
  const seen: number[] = [];
  node.onChange((value) => {
    if (value === 2) node.value = 3;
  });
  node.onChange((value) => seen.push(value));
  node.write(2);
  assert.deepEqual(seen, [3]);
});

test('whatever is written that does not fit is refused in words, and -0 is no change of 0', () => {
  const sysctl = new Sysctl();
  const limit = sysctl.int('dev.limit', { description: 'l', value: 0 });
  const on = sysctl.bool('dev.on', { description: 'o', value: false });
  const circle: { self?: object } = {};
  circle.self = circle;
  const values = [circle, Object.create(null), Symbol('s'), undefined, Number.NaN, [1, 2], 1.5];
  for (const value of values) {
    for (const name of ['dev.limit', 'dev.on'])
      assert.throws(() => sysctl.set(name, value), refused('EINVAL', /is not/));
    assert.throws(() => (limit.value = value as never), refused('EINVAL', /is not a whole number/));
    assert.throws(() => (on.value = value as never), refused('EINVAL', /is not 0 or 1/));
  }
  assert.throws(() => (limit.value = 5n as never), refused('EINVAL', /: 5 is not/));
  assert.throws(() => (limit.value = Number.NaN), refused('EINVAL', /: NaN is not/));
  let changes = 0;
  limit.onChange(() => changes++);
  sysctl.set('dev.limit', '-0');
  assert.equal(changes, 0);
  assert.ok(Object.is(limit.value, 0));
});
