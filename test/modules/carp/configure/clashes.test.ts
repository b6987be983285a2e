import assert from 'node:assert/strict';
import { test } from 'node:test';
import { vhidClashes } from '../../../../modules/carp/index.js';

const one = { ifname: 'eth0', vhid: 1, addresses: ['10.0.0.100/24', 'fd00::100/64'] };
const things = (other: object, first: object = one): string[] =>
  vhidClashes([first as typeof one, { ...one, ...other }]).map(({ thing }) => thing);

test('a vhid of an interface that stands there twice clashes', () => {
  assert.deepEqual(vhidClashes([one, { ...one, addresses: ['10.0.0.101/24'] }]), [
    { index: 1, owner: 0, thing: 'vhid 1 on eth0' },
  ]);
});

test('an address that two vhids of an interface put on it clashes, in whatever words', () => {
  assert.deepEqual(things({ vhid: 2, addresses: ['10.0.0.100/32'] }), ['10.0.0.100 on eth0']);
  assert.deepEqual(things({ vhid: 2, addresses: ['10.0.0.101', 'fd00:0::0100'] }), ['fd00::100 on eth0']);
});

test('a link-layer address that two vhids of an interface would serve from clashes', () => {
  const own = { ...one, virtualMac: 'service' };
  const other = { vhid: 2, addresses: ['10.0.0.101/24'], virtualMac: 'service' };
  assert.deepEqual(things({ ...other, lladdr: '00:00:5E:00:01:01' }, own), ['00:00:5e:00:01:01 on eth0']);
  const bytes = Uint8Array.of(0, 0, 0x5e, 0, 1, 1);
  assert.deepEqual(things({ ...other, lladdr: bytes }, own), ['00:00:5e:00:01:01 on eth0']);
  assert.deepEqual(things(other, own), []);
});

test('the same on another interface, not put on one, or wrong, is no clash', () => {
  assert.deepEqual(things({ ifname: 'eth1' }), []);
  assert.deepEqual(things({ vhid: 2, manageAddresses: false }), []);
  assert.deepEqual(things({ vhid: 2, addresses: ['nonsense'], virtualMac: 'service', lladdr: 'x' }), []);
});
