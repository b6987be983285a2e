/** HMAC-SHA1 with padding of its own, against the library that Node brings along. */
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { HMAC_SHA1_LEN, HmacSha1, HmacWork } from '../../../modules/carp/wire/hmac.js';
import { toHex } from './support/vectors.js';

const LONGEST_KEY = 64;
const LONGEST_END = 64 - 9;
/** Three whole blocks and some. */
const LONGEST_BEGINNING = 200;

function expected(key: Uint8Array, beginning: Uint8Array, end: Uint8Array): string {
  return createHmac('sha1', key).update(beginning).update(end).digest('hex');
}

function computed(hmac: HmacSha1, end: Uint8Array): string {
  const out = new Uint8Array(HMAC_SHA1_LEN);
  hmac.digest(end, out);
  return toHex(out);
}

/** No byte of it is zero, and no two neighbours are equal: a byte lost, doubled or padded shows. */
function bytes(length: number, from: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => 1 + ((from + i * 7) % 255));
}

describe('HMAC-SHA1', () => {
  it('is right for every length of beginning and end: wherever the message ends in its block', () => {
    const work = new HmacWork();
    const key = bytes(20, 3);
    for (let length = 0; length <= LONGEST_BEGINNING; length++) {
      const beginning = bytes(length, length);
      const hmac = new HmacSha1(work, key, beginning);
      // The longest first: what it leaves in the shared room must not get into the shorter ones.
      for (let rest = LONGEST_END; rest >= 0; rest--) {
        const end = bytes(rest, 11);
        assert.equal(computed(hmac, end), expected(key, beginning, end), `${length} + ${rest} bytes`);
      }
    }
  });

  it('is right for every length of key', () => {
    const work = new HmacWork();
    const end = bytes(8, 1);
    for (let length = 0; length <= LONGEST_KEY; length++) {
      for (const beginning of [0, 55, 56, 63, 64, 128].map((size) => bytes(size, 5))) {
        const key = bytes(length, 2);
        const hmac = new HmacSha1(work, key, beginning);
        assert.equal(computed(hmac, end), expected(key, beginning, end), `a key of ${length} bytes`);
      }
    }
  });

  it('is right for many keys in turn in the same room, digests and verifications mixed', () => {
    const part = (maxLength: number) => fc.uint8Array({ maxLength, size: 'max' });
    const keyed = fc.record({ key: part(LONGEST_KEY), beginning: part(LONGEST_BEGINNING) });
    const use = fc.record({ which: fc.nat(4), end: part(LONGEST_END), verify: fc.boolean() });
    fc.assert(
      fc.property(fc.array(keyed, { minLength: 5, maxLength: 5 }), fc.array(use), (inputs, uses) => {
        const work = new HmacWork();
        const hmacs = inputs.map(({ key, beginning }) => new HmacSha1(work, key, beginning));
        for (const { which, end, verify } of uses) {
          const { key, beginning } = inputs[which]!;
          const wanted = expected(key, beginning, end);
          if (!verify) assert.equal(computed(hmacs[which]!, end), wanted);
          const digest = Uint8Array.from(Buffer.from(wanted, 'hex'));
          assert.ok(hmacs[which]!.verify(end, digest));
          digest[end.length % HMAC_SHA1_LEN]! ^= 1 << which;
          assert.ok(!hmacs[which]!.verify(end, digest));
        }
      }),
    );
  });

  it('refuses a key that would have to be hashed first', () => {
    assert.throws(() => new HmacSha1(new HmacWork(), bytes(65, 1), bytes(8, 2)), RangeError);
  });

  it('keeps nothing of the arrays it was given', () => {
    const [key, beginning, end] = [bytes(20, 1), bytes(100, 2), bytes(8, 3)];
    const hmac = new HmacSha1(new HmacWork(), key, beginning);
    const wanted = expected(key, beginning, end);
    key.fill(0);
    beginning.fill(0);
    assert.equal(computed(hmac, end), wanted);
  });
});
