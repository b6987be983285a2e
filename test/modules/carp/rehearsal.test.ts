/** What a BACKUP does shortly before it takes its master for dead. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { machine } from './support/machine.js';
import { World } from './support/world.js';

test('a BACKUP rehearses its takeover 50 ms before the deadline, and keeps the deadline', () => {
  const { clock, hear, log, rehearsed, sent } = machine();
  clock.advanceSync(2000);
  hear(256);
  clock.advanceSync(2949);
  assert.deepEqual([rehearsed, sent], [[], []]);
  clock.advanceSync(1);
  assert.deepEqual([rehearsed, sent], [[4950], []]);
  clock.advanceSync(49);
  assert.deepEqual(sent, []);
  clock.advanceSync(1);
  assert.deepEqual(sent, [5000]);
  assert.match(log.at(-1)!, /^5000 MASTER master timed out$/);
  assert.deepEqual(rehearsed, [4950]);
});

test('a master that is heard after the rehearsal is not taken for dead', () => {
  const { clock, hear, self, rehearsed, sent } = machine();
  clock.advanceSync(2970);
  hear(256);
  clock.advanceSync(2949);
  assert.deepEqual([self.state, rehearsed, sent], ['BACKUP', [2950], []]);
});

test('who waits less than 200 ms does not rehearse', () => {
  const { clock, rehearsed, sent } = machine(16, false, { settings: { advbase: 0 } });
  clock.advanceSync(188);
  assert.deepEqual([rehearsed, sent.length], [[], 1]);
});

test('what is rehearsed is not sent, and its number is not used again', async () => {
  await using world = new World();
  const host = await world.host();
  const vhid = host.create();
  const seen = () => world.seen.filter(({ kind }) => kind === 'carp4');
  world.advance(2999);
  assert.deepEqual([vhid.state, seen().length], ['BACKUP', 0]);
  world.advance(2100);
  assert.equal(vhid.state, 'MASTER');
  const counters = seen().map(({ payload }) =>
    new DataView(payload.buffer, payload.byteOffset).getBigUint64(8),
  );
  assert.equal(new Set(counters).size, counters.length);
});
