import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  formatLladdr,
  InetAddress,
  InetPrefix,
  multicastLladdr,
  parseLladdr,
} from '../../../modules/ifnet/index.js';

const refusal = (text: string) => (error: unknown) =>
  error instanceof Error && 'code' in error && error.code === 'EADDR' && error.message.includes(`'${text}'`);

describe('InetAddress', () => {
  it('reads and writes both families', () => {
    assert.deepEqual([...InetAddress.parse('10.88.0.9').bytes], [10, 88, 0, 9]);
    for (const text of ['10.88.0.9', '::', '::1', 'fe80::1', '2001:db8::1:0:0:1', '::ffff:102:304'])
      assert.equal(InetAddress.parse(text).toString(), text);
    assert.equal(InetAddress.parse('FE80:0:0:0::1').toString(), 'fe80::1');
    assert.equal(InetAddress.parse('::1').family, 6);
    assert.equal(InetAddress.parse('::1.0.0.0').toString(), '::100:0');
    assert.equal(InetAddress.parse('::ffff:1.2.3.4').toString(), '::ffff:102:304');
    assert.equal(InetAddress.parse('64:ff9b::1.2.3.4').toString(), '64:ff9b::102:304');
  });

  for (const text of [
    '',
    '10.1',
    '010.0.0.1',
    '10.0.0.256',
    '1.2.3.4.5',
    '0x7f.0.0.1',
    'fe80::1%eth0',
    ':::',
    'a',
    '1::2::3',
  ])
    it(`refuses '${text}' and names it`, () => assert.throws(() => InetAddress.parse(text), refusal(text)));

  it('orders as big-endian numbers, IPv4 first', () => {
    const sorted = ['fd00::2', '10.88.1.2', '10.88.0.10', 'fd00::1', '10.88.0.9', '200.0.0.0']
      .map((text) => InetAddress.parse(text))
      .toSorted((a, b) => a.compare(b));
    assert.deepEqual(sorted.map(String), [
      '10.88.0.9',
      '10.88.0.10',
      '10.88.1.2',
      '200.0.0.0',
      'fd00::1',
      'fd00::2',
    ]);
  });

  it('knows its kind', () => {
    const is = (text: string) => {
      const a = InetAddress.parse(text);
      return [a.isMulticast, a.isLinkLocal, a.isUnspecified, a.isLoopback, a.isBroadcast]
        .map(Number)
        .join('');
    };
    const kinds = [
      '224.0.0.18',
      'ff02::12',
      '169.254.1.1',
      'fe80::1',
      'febf::1',
      '0.0.0.0',
      '127.9.9.9',
      '::1',
    ];
    assert.deepEqual(kinds.map(is), ['10000', '10000', '01000', '01000', '01000', '00100', '00010', '00010']);
    assert.equal(is('255.255.255.255'), '00001');
    assert.equal(is('fec0::1'), '00000');
  });

  it('copies the bytes it is made from', () => {
    const bytes = Uint8Array.of(1, 2, 3, 4);
    const address = InetAddress.from(bytes);
    bytes[0] = 9;
    assert.equal(address.toString(), '1.2.3.4');
    assert.throws(() => InetAddress.from([1, 2, 3]), { code: 'EADDR' });
  });
});

describe('InetPrefix', () => {
  it('reads a length, or takes the whole address', () => {
    assert.equal(InetPrefix.parse('10.0.0.1/24').toString(), '10.0.0.1/24');
    assert.equal(InetPrefix.parse('10.0.0.1').length, 32);
    assert.equal(InetPrefix.parse('fd00::1').length, 128);
    for (const text of ['10.0.0.1/33', '10.0.0.1/', '10.0.0.1/-1', '10.0.0.1/1e1', 'fd00::/129'])
      assert.throws(() => InetPrefix.parse(text), refusal(text), text);
  });

  it('contains what shares its network', () => {
    const net = InetPrefix.parse('10.88.0.1/23');
    assert.ok(net.contains(InetAddress.parse('10.88.1.255')));
    assert.ok(!net.contains(InetAddress.parse('10.88.2.0')));
    assert.ok(!net.contains(InetAddress.parse('fd00::')));
    assert.ok(InetPrefix.parse('0.0.0.0/0').contains(InetAddress.parse('9.9.9.9')));
  });

  it('computes the directed broadcast', () => {
    assert.equal(String(InetPrefix.parse('10.88.0.1/24').broadcast), '10.88.0.255');
    assert.equal(String(InetPrefix.parse('10.88.0.1/13').broadcast), '10.95.255.255');
    assert.equal(String(InetPrefix.parse('10.88.0.1/30').broadcast), '10.88.0.3');
    assert.equal(InetPrefix.parse('10.88.0.1/31').broadcast, undefined);
    assert.equal(InetPrefix.parse('fd00::1/64').broadcast, undefined);
  });
});

describe('link-layer addresses', () => {
  it('read and write', () => {
    assert.equal(formatLladdr(parseLladdr('02-0A:0:00:ff:1')), '02:0a:00:00:ff:01');
    for (const text of ['', '02:00:00:00:00', '02:00:00:00:00:00:00', '0g:00:00:00:00:00', '020000000001'])
      assert.throws(() => parseLladdr(text), refusal(text), text);
  });

  it('follow the group', () => {
    assert.equal(formatLladdr(multicastLladdr(InetAddress.parse('224.128.0.18'))), '01:00:5e:00:00:12');
    assert.equal(formatLladdr(multicastLladdr(InetAddress.parse('ff02::12'))), '33:33:00:00:00:12');
  });
});
