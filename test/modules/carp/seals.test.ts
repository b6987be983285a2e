/** What a vhid makes of seals, mode by mode, and what it leaves to its next life. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { VirtualClock } from '../../../core/index.js';
import type { CarpReplayMode } from '../../../modules/carp/link/replay/guard.js';
import { CarpSealCode } from '../../../modules/carp/seal/code.js';
import { highOf, lowOf, sealedLow, sequenceAt, sequenceOf } from '../../../modules/carp/seal/format.js';
import { CARP_SEAL_MODES, type CarpSealMode } from '../../../modules/carp/seal/mode.js';
import { CarpSeals, type CarpUnsealed } from '../../../modules/carp/seal/seals.js';
import { HmacWork } from '../../../modules/carp/wire/hmac.js';
import { InetAddress } from '../../../modules/ifnet/index.js';
import { memory } from './support/memory.js';

const WALL = Date.UTC(2030, 0, 1);
const NOW = sequenceAt(WALL);
const SAID = { advbase: 1, advskew: 0, demote: 0, source: InetAddress.parse('10.88.0.9') };
const OLD = 63;
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

interface Given {
  readonly seal?: CarpSealMode;
  readonly replay?: CarpReplayMode;
  readonly heard?: readonly string[];
  readonly store?: ReturnType<typeof memory>;
  readonly others?: CarpUnsealed;
}

/** A vhid with the password `secret`, and what it says to a peer's words. */
function made(given: Given = {}) {
  const { seal = 'auto', replay = 'window', heard = [], store = memory() } = given;
  const { others = { continues: () => false } } = given;
  const clock = new VirtualClock(WALL);
  const seals = new CarpSeals(
    { vhid: 1, settings: { ifname: 'eth0', seal, replay }, deadTime: 3000 },
    { clock, hmacWork: new HmacWork(), store },
    { own: bytes('secret'), heard: heard.map(bytes) },
    others,
  );
  /** One of a peer with this password, which has altered it afterwards if told to. */
  const says = (sequence: number, { altered = false, password = 'secret' } = {}): string => {
    const [high, low] = sealed(sequence, password);
    return seals.judge(high, low, clock.now(), altered ? { ...SAID, advskew: 1 } : SAID);
  };
  return { clock, seals, store, says };
}

function sealed(sequence: number, password = 'secret'): [high: number, low: number] {
  const [high, low] = [highOf(sequence), lowOf(sequence)];
  return [high, sealedLow(high, low, new CarpSealCode(new HmacWork(), bytes(password)).of(high, low, SAID))];
}

/** What each mode says, in the order off, send, auto, require. */
const inAllModes = (says: (of: ReturnType<typeof made>) => string, given: Given = {}): string[] =>
  CARP_SEAL_MODES.map((seal) => says(made({ ...given, seal })));

describe('an advertisement', () => {
  it('that is sealed counts once', () => {
    for (const seal of CARP_SEAL_MODES) {
      const { says } = made({ seal });
      assert.deepEqual([says(NOW), says(NOW), says(NOW + 1)], ['sealed', 'replayed', 'sealed'], seal);
    }
  });

  it('counts once though more were heard in its second than are remembered one by one', () => {
    const { says } = made();
    for (let i = 0; i <= 32; i++) assert.equal(says(NOW + i), 'sealed');
    assert.equal(says(NOW), 'replayed');
  });

  it('that was altered is refused where seals count, and its counter with it', () => {
    assert.deepEqual(
      inAllModes(({ says }) => `${says(NOW, { altered: true })}, ${says(NOW)}`),
      ['none, sealed', 'none, sealed', 'badseal, replayed', 'badseal, replayed'],
    );
  });

  it('that is old is refused if its seal is right, and where seals count in any case', () => {
    const old = (altered: boolean) =>
      inAllModes(({ says }) => {
        says(NOW);
        return says(NOW - OLD, { altered });
      });
    assert.deepEqual(old(false), ['replayed', 'replayed', 'replayed', 'replayed']);
    assert.deepEqual(old(true), ['none', 'none', 'replayed', 'replayed']);
  });

  it('without a seal is judged by its counter, unless seals are required', () => {
    const [high, low] = sealed(NOW);
    assert.deepEqual(
      inAllModes(({ seals }) => seals.judge(high, low ^ 1, 0, SAID)),
      ['none', 'none', 'none', 'unsealed'],
    );
  });

  it('of this host is known, also when repetitions are let in otherwise', () => {
    for (const replay of ['window', 'loop'] as const) {
      const own = inAllModes(
        ({ seals }) => {
          seals.next();
          return seals.judge(seals.high, seals.low(SAID), 0, SAID);
        },
        { replay },
      );
      assert.deepEqual(own, ['looped', 'looped', 'looped', 'looped']);
    }
  });

  it('is not judged where repetitions are let in, unless seals are required', () => {
    for (const replay of ['off', 'loop'] as const)
      assert.deepEqual(
        inAllModes(({ says }) => `${says(NOW)} ${says(NOW)}`, { replay }),
        ['none none', 'none none', 'none none', 'sealed replayed'],
      );
  });

  it('that is not judged puts our own above it all the same, if it is of a host with the password', () => {
    for (const replay of ['off', 'loop'] as const) {
      const { seals, says } = made({ replay });
      const next = (): number => {
        seals.next();
        return sequenceOf(seals.high, seals.low(SAID));
      };
      says(NOW + 500);
      assert.equal(next(), NOW + 501);
      says(NOW + 100);
      says(NOW + 900, { altered: true });
      const [high, low] = sealed(NOW + 900);
      seals.judge(high, low ^ 1, 0, SAID);
      assert.equal(next(), NOW + 502);
    }
  });

  it('that bears the mark by chance is let in: of no clock’s time, or going on from a known counter', () => {
    const year = (365 * 86_400_000) / 16;
    const far = NOW + 2 * year;
    assert.deepEqual(inAllModes(({ says }) => says(far, { altered: true })).slice(2), ['none', 'badseal']);
    const asked: unknown[] = [];
    const others: CarpUnsealed = {
      continues: (family, counter) => {
        asked.push([family, counter]);
        return true;
      },
    };
    assert.deepEqual(inAllModes(({ says }) => says(NOW, { altered: true }), { others }).slice(2), [
      'none',
      'badseal',
    ]);
    const [high, low] = sealed(NOW);
    assert.deepEqual(asked, [[4, (BigInt(high) << 32n) + BigInt(low)]]);
  });

  it('is not looked at after sixteen wrong seals in a second', () => {
    for (const [wrong, then] of [
      [15, 'sealed'],
      [16, 'badseal'],
    ] as const) {
      const { says } = made();
      for (let i = 0; i < wrong; i++) assert.equal(says(NOW + i, { altered: true }), 'badseal');
      assert.equal(says(NOW + 100), then);
    }
  });
});

describe('a password', () => {
  it('is one of those that are heard, and its own', () => {
    const { says } = made({ heard: ['old', 'older'] });
    assert.deepEqual(
      ['older', 'old', 'secret', 'other'].map((password, i) => says(NOW + i, { password })),
      ['sealed', 'sealed', 'sealed', 'badseal'],
    );
  });

  it('that is changed in steps keeps what was heard; one that is not begins anew', () => {
    for (const [anew, again] of [
      [false, 'replayed'],
      [true, 'sealed'],
    ] as const) {
      const { seals, says, store } = made();
      assert.deepEqual([says(NOW, { password: 'secret' }), store.writes], ['sealed', 1]);
      seals.setPasswords({ own: bytes('new'), heard: [bytes('secret')] }, anew);
      assert.equal(says(NOW - OLD), again);
      assert.equal(says(NOW), again);
      assert.equal(says(NOW + 1, { password: 'new' }), 'sealed');
      assert.equal(store.writes, 2, 'what was written is worth nothing under the new one');
    }
  });
});

describe('what is sent', () => {
  it('is sealed in all modes but off', () => {
    assert.deepEqual(
      CARP_SEAL_MODES.map((seal) => made({ seal }).seals.sends),
      [false, true, true, true],
    );
  });

  it('has the sequence of the clock, one for all families, and the next one the next', () => {
    const { seals } = made();
    for (const sequence of [NOW, NOW + 1]) {
      seals.next();
      for (let family = 0; family < 2; family++)
        assert.deepEqual([seals.high, seals.low(SAID)], sealed(sequence));
    }
  });
});

describe('the next life', () => {
  it('hears nothing that this one has heard or sent, and sends what is above it', () => {
    for (const sends of [false, true]) {
      const { seals, says, store } = made();
      if (sends) seals.next();
      else says(NOW);
      const again = made({ store });
      assert.equal(again.says(NOW), 'replayed');
      again.seals.next();
      assert.deepEqual([again.seals.high, again.seals.low(SAID)], sealed(NOW + 1));
    }
  });

  it('is left what it needs at the end of this one, if there is anything', () => {
    const { seals, store, says, clock } = made();
    seals.end();
    assert.equal(store.writes, 0);
    says(0);
    assert.equal(store.writes, 1);
    clock.advanceSync(100);
    seals.end();
    assert.equal(store.writes, 2, 'whatever was written when');
    assert.deepEqual(store.read('carp seal 1@eth0'), {
      fingerprint: new CarpSealCode(new HmacWork(), bytes('secret')).fingerprint,
      sequence: 0,
      wall: WALL,
    });
  });

  it('that takes over knows all that was heard', () => {
    const { seals, says } = made();
    says(NOW);
    seals.next();
    const own = [seals.high, seals.low(SAID)] as const;
    const heir = made();
    heir.seals.adopt(structuredClone(seals.capture()));
    assert.deepEqual([heir.says(NOW), heir.seals.judge(...own, 0, SAID)], ['replayed', 'looped']);
    assert.deepEqual(heir.seals.capture(), seals.capture());
  });

  it('of a machine that slept goes on with the time', () => {
    const { seals } = made();
    seals.next();
    seals.slept(16_000);
    seals.next();
    assert.deepEqual([seals.high, seals.low(SAID)], sealed(NOW + 1000));
  });
});
