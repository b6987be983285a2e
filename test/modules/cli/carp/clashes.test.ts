import assert from 'node:assert/strict';
import { test } from 'node:test';
import { refuseClashes } from '../../../../modules/cli/carp/clashes.js';

const one = { ifname: 'eth0', vhid: 1, addresses: ['10.0.0.100/24', 'fd00::100/64'] };
const refusal = (other: object): string | undefined => {
  try {
    refuseClashes('carp.json', [one, { ...one, ...other }]);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
};

test('a settings file that has a vhid of an interface twice is refused', () => {
  assert.equal(
    refusal({ addresses: ['10.0.0.101/24'] }),
    'carp.json: vhids[1]: vhid 1 on eth0 belongs to vhids[0] already: take it out of one of them',
  );
});

test('an address that two vhids of an interface share is refused, in whatever words', () => {
  assert.equal(
    refusal({ vhid: 2, addresses: ['10.0.0.100/32'] }),
    'carp.json: vhids[1]: 10.0.0.100 on eth0 belongs to vhids[0] already: take it out of one of them',
  );
  assert.equal(
    refusal({ vhid: 2, addresses: ['10.0.0.101', 'fd00:0::0100'] }),
    'carp.json: vhids[1]: fd00::100 on eth0 belongs to vhids[0] already: take it out of one of them',
  );
});

test('a link-layer address that two vhids of an interface would serve from is refused', () => {
  const other = { vhid: 2, addresses: ['10.0.0.101/24'], virtualMac: 'service' };
  const own = { ...one, virtualMac: 'service' };
  const lladdr = '00:00:5E:00:01:01';
  assert.throws(() => refuseClashes('carp.json', [own, { ...one, ...other, lladdr }]), {
    message:
      'carp.json: vhids[1]: 00:00:5e:00:01:01 on eth0 belongs to vhids[0] already: take it out of one of them',
  });
  refuseClashes('carp.json', [own, { ...one, ...other }]);
  refuseClashes('carp.json', [own, { ...one, ...other, lladdr, virtualMac: true }]);
  refuseClashes('carp.json', [own, { ...one, ...other, lladdr: 'nonsense' }]);
});

test('vhids that put no addresses on may share them, as the nodes of an OpenBSD balancing carp do', () => {
  assert.equal(refusal({ vhid: 2, manageAddresses: false }), undefined);
});

test('the same vhid or address on another interface is none of that, nor what is no address', () => {
  assert.equal(refusal({ ifname: 'eth1' }), undefined);
  assert.equal(refusal({ vhid: 2, addresses: ['10.0.0.101/24', 'nonsense', 7] }), undefined);
  refuseClashes('carp.json', [{ ...one, addresses: ['nonsense', 'nonsense', '10.0.0.1', '10.0.0.1/24'] }]);
});
