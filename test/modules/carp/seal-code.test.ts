/** What every version of carpet puts into a counter: hosts of two versions run side by side, and one goes on from another's file. */
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { describe, it } from 'node:test';
import { CarpSealCode, type CarpSealed } from '../../../modules/carp/seal/code.js';
import {
  bearsMark,
  codeOf,
  highOf,
  lowOf,
  sealedLow,
  sequenceAt,
  sequenceOf,
} from '../../../modules/carp/seal/format.js';
import { HmacWork } from '../../../modules/carp/wire/hmac.js';
import { compressSha1 } from '../../../modules/carp/wire/sha1.js';
import { InetAddress } from '../../../modules/ifnet/index.js';

const PASSWORD = new TextEncoder().encode('secret');
const [HIGH, LOW] = [0x12345678, 0xfedcba98];
const MASTER = { advbase: 3, advskew: 5, demote: 7, source: InetAddress.parse('10.88.0.9') };

/** The first word of SHA-1 over one block, begun with what HMAC makes of the password. */
function wordOver(block: Buffer): number {
  const key = createHmac('sha1', PASSWORD).update('carpet seal 1').digest();
  const words = [0, 4, 8, 12, 16].map((at) => key.readInt32BE(at));
  const state = [0, 0, 0, 0, 0];
  compressSha1(words, 0, new DataView(Uint8Array.from(block).buffer), 0, state);
  return state[0]! >>> 0;
}

/** The upper 18 bits of that, over the sequence and what the digest leaves out. */
function codeOver({ advbase, advskew, demote, source }: CarpSealed): number {
  const block = Buffer.alloc(64);
  block.writeUInt32BE(HIGH, 0);
  block.writeUInt32BE((LOW & 0xf8000000) >>> 0, 4);
  block.set([advbase, advskew, demote, source.family, ...source.bytes], 8);
  return wordOver(block) >>> 14;
}

describe('the code of a seal', () => {
  it('is over the sequence, the timers, the demotion, the family and the source, whichever came before', () => {
    const code = new CarpSealCode(new HmacWork(), PASSWORD);
    const over6 = { ...MASTER, source: InetAddress.parse('fe81:1122:3344:5566:7788:99aa:bbcc:ddee') };
    for (const sealed of [MASTER, over6, MASTER]) assert.equal(code.of(HIGH, LOW, sealed), codeOver(sealed));
  });

  it('is of a key by whose print the next life knows what it may go by', () => {
    assert.equal(new CarpSealCode(new HmacWork(), PASSWORD).fingerprint, wordOver(Buffer.alloc(64, 0xff)));
  });
});

describe('the counter', () => {
  it('has the sequence, the code and the mark in their places, in every version', () => {
    for (const [sequence, code, high, low] of [
      [0, 0, 0, 0],
      [1, 1, 0, 0x080002e6],
      [7_889_400_000, 0x2a5c3, 0x0eb1f586, 0x054b8677],
      [7_889_400_002, 0x00005, 0x0eb1f586, 0x10000bb6],
      [2 ** 37 - 1, 0x3ffff, 0xffffffff, 0xfffffe15],
    ] as const) {
      assert.deepEqual([highOf(sequence), sealedLow(high, lowOf(sequence), code)], [high, low]);
      assert.deepEqual([sequenceOf(high, low), codeOf(low), bearsMark(high, low)], [sequence, code, true]);
    }
  });

  it('begins with the first 16 ms after 2025', () => {
    assert.deepEqual(
      [-16, 15, 16, 31, 32].map((ms) => sequenceAt(Date.UTC(2026) + ms)),
      [0, 0, 1, 1, 2],
    );
    assert.deepEqual(
      [2 ** 37 - 1, 2 ** 37].map((units) => sequenceAt(Date.UTC(2026) + 16 * units)),
      [2 ** 37 - 1, 0],
    );
  });
});
