/** Whose words are taken for those of a host with the password: which digests count, and for how long. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { CarpDialect } from '../../../modules/carp/dialect.js';
import { CarpAuthenticator } from '../../../modules/carp/wire/authenticator.js';
import {
  CarpDigest,
  type CarpDigestSettings,
  type CarpHmacContext,
} from '../../../modules/carp/wire/digest.js';
import { HmacWork } from '../../../modules/carp/wire/hmac.js';
import { InetAddress } from '../../../modules/ifnet/index.js';

const COUNTER = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);
const MINUTE = 60_000;
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const over = (...addresses: string[]): CarpDigestSettings => ({
  vhid: 1,
  addresses: addresses.map((text) => InetAddress.parse(text).bytes),
});

/** Four lists of addresses, and one with an address that OpenBSD does not hash. */
const [A, B, C, D] = ['10.0.0.1', '10.0.0.2', '10.0.0.3', '10.0.0.4'].map((text) => over(text)) as [
  CarpDigestSettings,
  CarpDigestSettings,
  CarpDigestSettings,
  CarpDigestSettings,
];
const SCOPED = over('10.0.0.1', 'fe80::1');

function made(hashed = A, dialect: CarpDialect = 'auto', heard: readonly string[] = []): CarpAuthenticator {
  return new CarpAuthenticator(
    { hashed, key: bytes('secret'), heard: heard.map(bytes), dialect },
    new HmacWork(),
  );
}

function digest(
  hashed: CarpDigestSettings,
  password = 'secret',
  context: CarpHmacContext = 'orig',
): Uint8Array {
  const out = new Uint8Array(20);
  new CarpDigest({ ...hashed, key: bytes(password), context }).sign(COUNTER, out);
  return out;
}

/** Which of the lists a word may be made with at that time. */
function accepted(of: CarpAuthenticator, now: number, password?: string): CarpDigestSettings[] {
  return [A, B, C, D].filter((hashed) => of.verify(COUNTER, digest(hashed, password), now));
}

function signed(by: CarpAuthenticator): Uint8Array {
  const out = new Uint8Array(20);
  by.sign(COUNTER, out);
  return out;
}

describe('former addresses', () => {
  it('are accepted for a minute each, and the last two at most', () => {
    const own = made();
    assert.deepEqual(accepted(own, 0), [A]);
    own.setHashed(B, 0);
    assert.deepEqual(accepted(own, 0), [A, B]);
    own.setHashed(C, 1000);
    assert.deepEqual(accepted(own, MINUTE), [A, B, C]);
    assert.deepEqual(accepted(own, MINUTE + 1), [B, C]);
    assert.deepEqual(accepted(own, MINUTE + 1000), [B, C]);
    assert.deepEqual(accepted(own, MINUTE + 1001), [C]);
    own.setHashed(A, 100_000);
    own.setHashed(B, 100_000);
    own.setHashed(D, 100_000);
    assert.deepEqual(accepted(own, 100_000), [A, B, D]);
  });

  it('are two others than those that count now, however often one comes and goes', () => {
    const own = made();
    for (const hashed of [B, C, B]) own.setHashed(hashed, 0);
    assert.deepEqual(accepted(own, 0), [A, B, C]);
  });

  it('are none if the new ones are the same', () => {
    const own = made();
    own.setHashed(over('10.0.0.1'), 0);
    assert.deepEqual(own.former, []);
  });

  it('count with all passwords that are given, and no other', () => {
    const own = made(A, 'auto', ['old']);
    own.setHashed(B, 0);
    for (const password of ['secret', 'old']) assert.deepEqual(accepted(own, 0, password), [A, B]);
    assert.deepEqual(accepted(own, 0, 'new'), []);
    own.setKeys(bytes('new'), [bytes('secret')]);
    for (const password of ['new', 'secret']) assert.deepEqual(accepted(own, 0, password), [A, B]);
    assert.deepEqual(accepted(own, 0, 'old'), []);
    assert.deepEqual(signed(own), digest(B, 'new'));
  });

  it('are known to a successor, with what its predecessor had if that is another now', () => {
    const own = made();
    own.setHashed(B, 0);
    const [same, other] = [made(B), made(C)];
    for (const heir of [same, other]) heir.succeed(own.hashed, own.former, 1000);
    assert.deepEqual(accepted(same, MINUTE), [A, B]);
    assert.deepEqual(accepted(same, MINUTE + 1), [B]);
    assert.deepEqual(accepted(other, MINUTE), [A, B, C]);
    assert.deepEqual(accepted(other, MINUTE + 1000), [B, C]);
    assert.deepEqual(accepted(other, MINUTE + 1001), [C]);
  });

  it('are accepted with and without those of embedded scope', () => {
    const own = made(SCOPED);
    own.setHashed(B, 0);
    for (const context of ['orig', 'nov6ll'] as const)
      assert.ok(own.verify(COUNTER, digest(SCOPED, 'secret', context), 0));
    assert.equal(own.heard, 'orig', 'what is sent depends on what counts now');
  });
});

describe('an address of embedded scope', () => {
  const orig = digest(SCOPED);
  const nov6ll = digest(SCOPED, 'secret', 'nov6ll');

  it('is hashed as the dialect says; auto does as it heard last', () => {
    for (const [dialect, before, after] of [
      ['bsd', orig, orig],
      ['openbsd', nov6ll, nov6ll],
      ['auto', orig, nov6ll],
    ] as const) {
      const own = made(SCOPED, dialect);
      assert.deepEqual(signed(own), before, dialect);
      assert.ok(own.verify(COUNTER, nov6ll, 0));
      assert.deepEqual(signed(own), after, dialect);
      assert.ok(own.verify(COUNTER, orig, 0));
      assert.deepEqual(signed(own), before, dialect);
    }
  });

  it('may be missing in words made with a password that is heard only, which do not change what is sent', () => {
    const own = made(SCOPED, 'auto', ['old']);
    for (const context of ['nov6ll', 'orig'] as const)
      assert.ok(own.verify(COUNTER, digest(SCOPED, 'old', context), 0));
    assert.deepEqual(signed(own), orig);
  });

  it('is hashed otherwise when another dialect is set, or a predecessor has heard otherwise', () => {
    const own = made(SCOPED);
    own.heard = 'nov6ll';
    assert.deepEqual([own.heard, signed(own)], ['nov6ll', nov6ll]);
    own.setDialect('bsd');
    assert.deepEqual(signed(own), orig);
  });

  it('makes no difference where there is none', () => {
    for (const dialect of ['bsd', 'openbsd', 'auto'] as const)
      assert.deepEqual(signed(made(A, dialect)), digest(A));
  });
});
