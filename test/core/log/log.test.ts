import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Log, type LogRecord } from '../../../core/log/index.js';
import { VirtualClock } from '../../../core/time/index.js';

function recording(): { log: Log; records: LogRecord[]; clock: VirtualClock } {
  const records: LogRecord[] = [];
  const clock = new VirtualClock(1000);
  return { log: new Log((record) => records.push(record), clock), records, clock };
}

test('a record carries level, wall time, module, message and fields', () => {
  const { log, records, clock } = recording();
  clock.advanceSync(5);
  log.child('carp').warning('bad digest', { vhid: 1 });
  assert.deepEqual(records, [
    { level: 'warning', time: 1005, module: 'carp', message: 'bad digest', fields: { vhid: 1 } },
  ]);
});

test('a limited log passes one line a cause and interval, and then tells how many it held back', () => {
  const { log, records, clock } = recording();
  for (let i = 0; i < 1000; i++) {
    log.limited('bad digest', 1000).warning(`bad digest ${i}`);
    clock.advanceSync(1.5);
  }
  assert.deepEqual(
    records.map(({ message }) => message),
    ['bad digest 0', 'bad digest 667 (and 666 more like it)'],
  );
});

test('causes do not hold each other back, nor do modules', () => {
  const { log, records } = recording();
  log.limited('a').info('1');
  log.limited('b').info('2');
  log.child('other').limited('a').info('3');
  log.limited('a').info('held back');
  assert.equal(records.length, 3);
});

test('a stranger who invents causes does not fill the memory, nor silence others', () => {
  const { log, records } = recording();
  for (let i = 0; i < 10_000; i++) log.limited(`cause ${i}`).info('x');
  assert.equal(records.length, 10_000);
  log.limited('cause 9999').info('held back');
  assert.equal(records.length, 10_000);
  log.limited('cause 0').info('forgotten, so printed again');
  assert.equal(records.length, 10_001);
});

test('the child of a limited log writes under its own name, within the same limit', () => {
  const { log, records } = recording();
  for (let i = 0; i < 3; i++) log.limited('noise').child('part').info('noisy');
  assert.deepEqual(
    records.map(({ module, message }) => `${module}: ${message}`),
    ['part: noisy'],
  );
});

test('a limited log makes the text of a line only if it prints the line', () => {
  const { log, records, clock } = recording();
  let made = 0;
  const flood = () => log.limited('flood', 1000).warning(() => `line ${++made}`);
  for (let i = 0; i < 1000; i++) flood();
  clock.advanceSync(1000);
  flood();
  assert.deepEqual(
    records.map(({ message }) => message),
    ['line 1', 'line 2 (and 999 more like it)'],
  );
});
