/** What refuses advertisements that were recorded and sent again. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InetAddress } from '../../../modules/ifnet/index.js';
import { SequenceGuard } from '../../../modules/vrrp/link/sequence-guard.js';

const at = (seconds: number) => ({ seconds, fraction: 0, counter: 1 });
const sender = (number: number) => InetAddress.parse(`10.0.0.${number}`);
const senders = Array.from({ length: 8 }, (_, i) => sender(i + 1));

test('of each of eight hosts only what is newer than all before it is fresh, also for a successor', () => {
  const guard = new SequenceGuard();
  for (const each of senders) assert.ok(guard.isFresh(each, at(100)));
  const successor = new SequenceGuard();
  successor.adopt(guard.capture());
  for (const each of senders) {
    assert.equal(successor.isFresh(each, at(100)), false, `${each} repeated`);
    assert.equal(successor.isFresh(each, at(99)), false, `${each} of before`);
    assert.ok(successor.isFresh(each, at(101)));
  }
});
