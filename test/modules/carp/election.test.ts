import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { seededRandom } from '../../../core/index.js';
import type { CarpDialect } from '../../../modules/carp/dialect.js';
import { type CarpContest, contest, winsTie } from '../../../modules/carp/election/election.js';
import {
  advertInterval,
  deadTime,
  deadTimeUnitsOf,
  intervalUnits,
} from '../../../modules/carp/election/interval.js';
import { CarpCounter, counterOf } from '../../../modules/carp/wire/counter.js';
import { InetAddress } from '../../../modules/ifnet/index.js';

const address = (text: string) => InetAddress.parse(text);
const DIALECTS: CarpDialect[] = ['auto', 'bsd', 'openbsd', 'ucarp', 'ucarp-be'];

interface Given {
  own?: [advbase: number, advskew: number, demote?: number];
  peer?: [advbase: number, advskew: number, demote?: number];
  preempt?: boolean;
  dialect?: CarpDialect;
  dualStack?: boolean;
}

function verdict(
  state: 'BACKUP' | 'MASTER',
  { own = [1, 0], peer = [1, 0], preempt = false, dialect = 'auto', dualStack = false }: Given,
) {
  const input: CarpContest = {
    state,
    own: { units: intervalUnits(own[0], own[1]), demote: own[2] ?? 0, source: address('10.0.0.1') },
    peer: { units: intervalUnits(peer[0], peer[1]), demote: peer[2] ?? 0, source: address('10.0.0.2') },
    deadUnits: 3 * own[0] * 256 + own[1],
    preempt,
    dialect,
    dualStack,
  };
  const answer = contest(input);
  return answer.action === 'master' ? answer.reason : answer.action;
}

describe('the election as BACKUP', () => {
  for (const dialect of DIALECTS) {
    it(`${dialect}: preempts a slower master only when told to`, () => {
      assert.equal(verdict('BACKUP', { dialect, peer: [1, 1] }), 'wait');
      assert.equal(verdict('BACKUP', { dialect, peer: [1, 1], preempt: true }), 'preempting a slower master');
      assert.equal(verdict('BACKUP', { dialect, preempt: true }), 'wait');
      assert.equal(verdict('BACKUP', { dialect, own: [1, 1], preempt: true }), 'wait');
    });

    it(`${dialect}: takes over from a master that will time out, and from one that bows out`, () => {
      assert.equal(verdict('BACKUP', { dialect, peer: [3, 0] }), 'wait');
      assert.equal(verdict('BACKUP', { dialect, peer: [3, 1] }), 'master will time out');
      for (const preempt of [false, true])
        for (const demote of [0, 1])
          assert.equal(
            verdict('BACKUP', { dialect, own: [10, 0], peer: [255, 255, demote], preempt }),
            'master will time out',
          );
    });
  }

  it('waits for a master that is slower than its timeout, and yet better, because it is demoted itself', () => {
    const slow: Given = { own: [0, 20, 1], peer: [0, 100] };
    for (const dialect of DIALECTS) {
      const obeys = dialect === 'auto' || dialect === 'openbsd';
      assert.equal(verdict('BACKUP', { dialect, ...slow }), obeys ? 'wait' : 'master will time out');
      assert.equal(verdict('BACKUP', { dialect, ...slow, peer: [255, 255] }), 'master will time out');
    }
  });

  it('obeys the demotion byte as OpenBSD does, and only where peers speak that way', () => {
    for (const dialect of DIALECTS) {
      const obeys = dialect === 'auto' || dialect === 'openbsd';
      assert.equal(
        verdict('BACKUP', { dialect, peer: [1, 0, 1] }),
        obeys ? 'preempting a demoted master' : 'wait',
      );
      const lessDemoted = { dialect, own: [1, 0, 1], peer: [1, 9, 0], preempt: true } as const;
      assert.equal(
        verdict('BACKUP', { ...lessDemoted, own: [1, 0, 1], peer: [1, 9, 0] }),
        obeys ? 'wait' : 'preempting a slower master',
      );
    }
  });
});

describe('the election as MASTER', () => {
  it('stays before one that bows out, however it is demoted', () => {
    for (const dialect of DIALECTS)
      assert.equal(verdict('MASTER', { dialect, own: [1, 0, 1], peer: [255, 255] }), 'stay');
  });

  for (const dialect of DIALECTS) {
    it(`${dialect}: yields to the faster, stays before the slower`, () => {
      assert.equal(verdict('MASTER', { dialect, own: [1, 1] }), 'backup');
      assert.equal(verdict('MASTER', { dialect, own: [2, 0], peer: [1, 254] }), 'backup');
      assert.equal(verdict('MASTER', { dialect, peer: [1, 1] }), 'stay');
      assert.equal(verdict('MASTER', { dialect, peer: [255, 255] }), 'stay');
    });
  }

  it('settles equal timers by the dialect', () => {
    assert.equal(verdict('MASTER', { dialect: 'bsd' }), 'backup');
    assert.equal(verdict('MASTER', { dialect: 'openbsd' }), 'backup');
    assert.equal(verdict('MASTER', { dialect: 'ucarp' }), 'stay');
    assert.equal(verdict('MASTER', { dialect: 'auto' }), 'tie');
  });

  it('compares no address alone where a vhid has those of two families', () => {
    for (const dialect of ['ucarp', 'ucarp-be', 'auto'] as const)
      assert.equal(verdict('MASTER', { dialect, dualStack: true }), 'tie');
    assert.equal(verdict('MASTER', { dialect: 'bsd', dualStack: true }), 'backup');
    assert.equal(verdict('MASTER', { dialect: 'ucarp', dualStack: true, own: [1, 1] }), 'backup');
    assert.equal(verdict('MASTER', { dialect: 'ucarp', dualStack: true, peer: [1, 1] }), 'stay');
  });

  it('follows the group from an equal master that would lose the tie, and from no other', () => {
    const follows = (
      dialect: CarpDialect,
      given: { last?: number; demote?: number; serves?: boolean; units?: number; preempt?: boolean } = {},
    ) => {
      const { last = 1, demote = 0, serves = true, units = 256, preempt = true } = given;
      const found = contest({
        state: 'BACKUP',
        own: { units, demote, source: address(`10.88.0.${last}`) },
        peer: { units: 256, demote: 0, source: address('10.88.0.5') },
        deadUnits: 768,
        preempt,
        groupServes: serves,
        dialect,
      });
      return found.action === 'master' && found.reason === 'failover group';
    };
    for (const dialect of ['auto', 'ucarp', 'ucarp-be'] as const) {
      assert.ok(follows(dialect));
      assert.ok(!follows(dialect, { last: 9 }));
      assert.ok(!follows(dialect, { serves: false }));
      assert.ok(!follows(dialect, { units: 257 }), 'the master is faster');
      assert.ok(!follows(dialect, { preempt: false }), 'its preemptDelay is not over');
    }
    assert.ok(!follows('auto', { demote: 1 }));
    assert.ok(follows('ucarp', { demote: 1 }), 'ucarp does not say how demoted it is');
    // A BSD that hears us yields, but we would yield to it as well.
    assert.ok(!follows('bsd') && !follows('openbsd'));
  });

  it("has each ucarp compare addresses in its machine's own byte order", () => {
    const tie = (dialect: CarpDialect, own: string, peer: string) =>
      contest({
        state: 'MASTER',
        own: { units: 256, demote: 0, source: address(own) },
        peer: { units: 256, demote: 0, source: address(peer) },
        deadUnits: 768,
        preempt: false,
        dialect,
      });
    const reason = 'more frequent advertisement received';
    const yields = (crossing: boolean) => ({ action: 'backup', reason, crossing });
    for (const [dialect, lower, higher] of [
      ['ucarp', '10.88.1.2', '10.88.0.9'],
      ['ucarp-be', '10.88.0.9', '10.88.1.2'],
    ] as const) {
      assert.deepEqual(tie(dialect, lower, higher), { action: 'stay' });
      // ucarp goes on advertising until it has heard: none of the two yields to one that yields.
      assert.deepEqual(tie(dialect, higher, lower), yields(false));
    }
    // A BSD yields whatever the addresses are, and so may its peer at the same moment.
    assert.deepEqual(tie('bsd', '10.88.0.1', '10.88.0.2'), yields(true));
    assert.deepEqual(tie('auto', '10.88.1.2', '10.88.0.9'), { action: 'tie', won: true });
    assert.deepEqual(tie('auto', '10.88.0.9', '10.88.1.2'), { action: 'tie', won: false });
  });

  it('puts demotion before timers where it counts', () => {
    assert.equal(verdict('MASTER', { dialect: 'openbsd', own: [1, 0, 1], peer: [1, 9, 0] }), 'backup');
    assert.equal(verdict('MASTER', { dialect: 'openbsd', own: [1, 9, 0], peer: [1, 0, 1] }), 'stay');
    assert.equal(verdict('MASTER', { dialect: 'bsd', own: [1, 0, 1], peer: [1, 9, 0] }), 'stay');
  });

  it('says whether the timers or the demotion decide, and when the peer, which may not see it, may yield too', () => {
    const yields = (own: number, peer: number) => {
      const contender = (units: number, demote: number) => ({ units, demote, source: address('10.0.0.1') });
      const verdict = contest({
        state: 'MASTER',
        own: contender(own, 1),
        peer: contender(peer, 0),
        deadUnits: 768,
        preempt: false,
        dialect: 'auto',
      });
      return verdict.action === 'backup' && [verdict.reason, verdict.crossing];
    };
    for (const own of [255, 256])
      assert.deepEqual(yields(own, 256), ['less demoted advertisement received', true]);
    assert.deepEqual(yields(257, 256), ['more frequent advertisement received', false]);
  });

  it("compares addresses in ucarp's byte order", () => {
    const wins = (own: string, peer: string, order: 'little' | 'big') =>
      winsTie(address(own), address(peer), order);
    assert.ok(wins('10.88.1.2', '10.88.0.9', 'little'));
    assert.ok(wins('10.88.0.9', '10.88.0.10', 'little'));
    assert.ok(wins('10.88.0.9', '10.88.1.2', 'big'));
    assert.ok(wins('fe80::1', 'fe80::2', 'little'));
    // The last octet counts most, the first least.
    assert.ok(wins('11.0.0.1', '10.0.0.2', 'little'));
    assert.ok(wins('10.0.0.1', '11.0.0.1', 'little'));
    assert.ok(!wins('11.0.0.1', '10.0.0.1', 'little'));
    for (const order of ['little', 'big'] as const) assert.ok(!wins('10.0.0.1', '10.0.0.1', order));
    assert.ok(!wins('fe80::1', 'fe80::1', 'little'));
    assert.ok(!wins('fe80::2:1', 'fe80::1:2', 'little'), 'IPv6 addresses are big-endian numbers');
    assert.ok(!winsTie(undefined, address('10.0.0.1'), 'little'));
    assert.ok(!winsTie(address('10.0.0.1'), undefined, 'little'));
  });
});

describe('times', () => {
  it('are advbase + advskew/256 s, and 3 × advbase + advskew/256 s', () => {
    assert.equal(advertInterval(1, 0), 1000);
    assert.equal(advertInterval(1, 128), 1500);
    assert.equal(deadTime(1, 100, 3), 3390.625);
    assert.equal(deadTime(2, 254, 5), 10992.1875);
  });

  it('follow from what a peer says of its interval', () => {
    assert.equal(deadTimeUnitsOf(intervalUnits(1, 101), 3), 3 * 256 + 101);
    assert.equal(deadTimeUnitsOf(intervalUnits(0, 101), 3), 303);
  });

  it('have a floor of 1/256 s, and three intervals with advbase 0', () => {
    assert.equal(advertInterval(0, 0), 3.90625);
    assert.equal(deadTime(0, 0, 3), 11.71875);
    assert.equal(deadTime(0, 5, 3), 58.59375);
  });
});

describe('the counter', () => {
  const next = (counter: CarpCounter): bigint => {
    counter.next();
    return counterOf(counter.high, counter.low);
  };
  const sentBy = (counter: CarpCounter, value: bigint): boolean =>
    counter.sent(Number(value >> 32n), Number(value & 0xffffffffn));

  it('rises, across restarts too, and knows its own', () => {
    const counter = new CarpCounter(seededRandom(1), 1_700_000_000_000);
    let last = 0n;
    const sent: bigint[] = [];
    for (let i = 0; i < 1000; i++) {
      const value = next(counter);
      assert.ok(value > last);
      last = value;
      sent.push(value);
    }
    assert.ok(sent.every((value) => sentBy(counter, value)));
    assert.ok(!sentBy(counter, last + 1n) && !sentBy(counter, last - 1n));
    assert.ok(!sentBy(counter, last + 2n ** 20n) && !sentBy(counter, sent[0]! - 2n ** 20n));
    // A second later, after 1000 advertisements: a restarted process is still ahead.
    assert.ok(next(new CarpCounter(seededRandom(2), 1_700_000_001_000)) > last);
  });

  it('stays within 64 bits whatever the wall clock says', () => {
    for (const wall of [-1, 0, 2 ** 44, Number.MAX_SAFE_INTEGER]) {
      const counter = new CarpCounter(seededRandom(1), wall);
      for (let i = 0; i < 10; i++) assert.ok(next(counter) < 2n ** 64n);
    }
  });
});
