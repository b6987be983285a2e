/** What is hashed, in which order, and that nothing else is taken for it. */
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { hashingOrder, isScopeEmbedded } from '../../../modules/carp/wire/address-set.js';
import { CarpDigest } from '../../../modules/carp/wire/digest.js';
import { HmacWork, timingSafeEqual } from '../../../modules/carp/wire/hmac.js';
import { InetAddress } from '../../../modules/ifnet/index.js';
import { toHex } from './support/vectors.js';

const encoder = new TextEncoder();
const bytes = (...texts: string[]) => texts.map((text) => InetAddress.parse(text).bytes);
const texts = (addresses: Uint8Array[]) => addresses.map((address) => InetAddress.from(address).toString());

describe('the digest', () => {
  it('is the HMAC-SHA1 that node:crypto computes', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 20 }),
        fc.integer({ min: 1, max: 255 }),
        fc.array(fc.uint8Array({ minLength: 4, maxLength: 4 }), { maxLength: 40 }),
        fc.uint8Array({ minLength: 8, maxLength: 8 }),
        (key, vhid, addresses, counter) => {
          const expected = createHmac('sha1', key).update(Uint8Array.of(2, 1, vhid));
          for (const address of hashingOrder(addresses)) expected.update(address);
          const wanted = expected.update(counter).digest('hex');
          const digest = new CarpDigest({ key, vhid, addresses });
          const out = new Uint8Array(20);
          for (let round = 0; round < 2; round++) {
            digest.sign(counter, out);
            assert.equal(toHex(out), wanted);
          }
        },
      ),
    );
  });

  it('computes for many vhids in the same room', () => {
    const work = new HmacWork();
    const input = { key: encoder.encode('k'), addresses: bytes('10.0.0.1') };
    const shared = [1, 2].map((vhid) => new CarpDigest({ ...input, vhid }, work));
    const [first, second] = [new Uint8Array(20), new Uint8Array(20)];
    const counter = new Uint8Array(8);
    shared[0]!.sign(counter, first);
    shared[1]!.sign(counter, second);
    assert.ok(shared[0]!.verify(counter, first) && shared[1]!.verify(counter, second));
    assert.ok(!shared[0]!.verify(counter, second) && !shared[1]!.verify(counter, first));
  });

  it('orders IPv4 before IPv6, each by value, once, without the bounds', () => {
    const given = bytes('fe80::1', '192.0.2.200', '10.0.0.10', '::', '0.0.0.0', '10.0.0.9', '2001:db8::1');
    const twice = [
      ...given,
      ...bytes('255.255.255.255', '10.0.0.9', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'),
    ];
    assert.deepEqual(texts(hashingOrder(twice)), [
      '10.0.0.9',
      '10.0.0.10',
      '192.0.2.200',
      '2001:db8::1',
      'fe80::1',
    ]);
  });

  it('leaves out the addresses of embedded scope in the context nov6ll', () => {
    const scoped = bytes('fe80::1', 'febf::1', 'ff01::1', 'ff12::5');
    const plain = bytes('fec0::1', '2001:db8::1', 'ff05::1', 'ff0e::1', '10.0.0.1');
    assert.deepEqual(scoped.map(isScopeEmbedded), [true, true, true, true]);
    assert.deepEqual(plain.map(isScopeEmbedded), [false, false, false, false, false]);
    const input = { key: encoder.encode('k'), vhid: 9 };
    const with6ll = new CarpDigest({ ...input, addresses: [...plain, ...scoped], context: 'nov6ll' });
    const without = new CarpDigest({ ...input, addresses: plain });
    const counter = new Uint8Array(8);
    const digest = new Uint8Array(20);
    without.sign(counter, digest);
    assert.ok(with6ll.verify(counter, digest));
    assert.ok(!new CarpDigest({ ...input, addresses: [...plain, ...scoped] }).verify(counter, digest));
  });

  it('refuses a digest of another length, and one that differs anywhere', () => {
    const digest = new CarpDigest({ key: encoder.encode('k'), vhid: 1, addresses: bytes('10.0.0.1') });
    const counter = new Uint8Array(8);
    const right = new Uint8Array(20);
    digest.sign(counter, right);
    assert.ok(digest.verify(counter, right));
    assert.ok(!timingSafeEqual(right, right.subarray(0, 19)));
    for (let i = 0; i < 20; i++) {
      const wrong = right.slice();
      wrong[i]! ^= 0x80;
      assert.ok(!digest.verify(counter, wrong), `byte ${i}`);
    }
  });
});
