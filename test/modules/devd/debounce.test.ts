/** Of a source that flaps, only the state in which it comes to rest is acted on. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VirtualClock } from '../../../core/index.js';
import { Debouncer } from '../../../modules/devd/daemon/debounce.js';
import { readRecord } from '../../../modules/devd/index.js';

function setUp() {
  const clock = new VirtualClock();
  const acted: string[] = [];
  const debouncer = new Debouncer<string>(
    clock,
    (text, suppressed) => void acted.push(`${clock.now()} ${text} +${suppressed}`),
  );
  const push = (text: string, ms: number): void => debouncer.push(readRecord(text).variables, text, ms);
  return { clock, acted, debouncer, push };
}
const up = (ifname: string): string => `!system=IFNET subsystem=${ifname} type=LINK_UP`;
const down = (ifname: string): string => `!system=IFNET subsystem=${ifname} type=LINK_DOWN`;

test('off, every record acts at once', () => {
  const { acted, push } = setUp();
  push(down('a'), 0);
  push(up('a'), 0);
  assert.deepEqual(acted, [`0 ${down('a')} +0`, `0 ${up('a')} +0`]);
});

test('each source rests on its own, and what cannot flap is not held', async () => {
  const { clock, acted, push } = setUp();
  push(down('a'), 100);
  await clock.advance(60);
  push(up('a'), 100);
  push(down('b'), 100);
  push('!system=kernel subsystem=power type=resume', 100);
  await clock.advance(60);
  push(down('a'), 100);
  await clock.advance(1000);
  assert.deepEqual(acted, [
    '60 !system=kernel subsystem=power type=resume +0',
    `160 ${down('b')} +0`,
    `220 ${down('a')} +2`,
  ]);
});

test('two addresses of an interface are two sources', async () => {
  const { clock, acted, push } = setUp();
  const add = (address: string): string => `!system=IFNET subsystem=a type=ADDR_ADD address=${address}`;
  push(add('10.0.0.1'), 100);
  push(add('10.0.0.2'), 100);
  await clock.advance(100);
  assert.equal(acted.length, 2);
});

test('the interfaces of two USB devices are two sources, though neither has a node when it goes', async () => {
  const { clock, acted, push } = setUp();
  const gone = (parent: string, port: number): string =>
    `!system=USB subsystem=INTERFACE type=DETACH vendor=0x046d mode=host bus=1 port=${port} parent=${parent} interface=0`;
  for (const record of [gone('1-2', 2), gone('1-4.2', 2), gone('1-4.3', 3)]) push(record, 100);
  await clock.advance(100);
  assert.equal(acted.length, 3);
});

test('what is held can be let go, or forgotten', async () => {
  const { clock, acted, debouncer, push } = setUp();
  push(up('a'), 100);
  debouncer.flush();
  assert.deepEqual(acted, [`0 ${up('a')} +0`]);
  push(down('a'), 100);
  debouncer[Symbol.dispose]();
  await clock.advance(1000);
  assert.equal(acted.length, 1);
});

test('switched off, what is held acts before what comes now', async () => {
  const { clock, acted, push } = setUp();
  push(down('a'), 100);
  push(up('b'), 100);
  push(up('a'), 0);
  await clock.advance(1000);
  assert.deepEqual(acted, [`0 ${down('a')} +0`, `0 ${up('b')} +0`, `0 ${up('a')} +0`]);
});
